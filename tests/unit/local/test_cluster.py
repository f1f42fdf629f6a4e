# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster is given, and how its processes are told from others."""

from pathlib import Path

import pytest
import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import cgroup, cluster, objects, processes, tools
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.processes import Process
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.settings import Cluster


@pytest.mark.parametrize("count", [0, 1, 4])
def test_there_are_as_many_fake_nodes_as_wanted(count: int) -> None:
    names = [node["metadata"]["name"] for node in objects.fake_nodes(count, real_node=False)]
    assert names == [f"kwok-{number}" for number in range(count)]


def test_fake_nodes_are_those_of_the_pools() -> None:
    core, user, worker = objects.fake_nodes(3, real_node=False)
    assert core["metadata"]["labels"]["hub.jupyter.org/node-purpose"] == "core"
    assert core["spec"]["taints"] == []
    assert user["metadata"]["labels"]["hub.jupyter.org/node-purpose"] == "user"
    assert user["spec"]["taints"] == [{"key": "hub.jupyter.org_dedicated", "value": "user", "effect": "NoSchedule"}]
    assert worker["metadata"]["labels"]["k8s.dask.org/node-purpose"] == "worker"
    assert worker["spec"]["taints"][0]["key"] == "k8s.dask.org_dedicated"


def test_beside_a_real_node_nothing_goes_to_a_fake_one_by_accident() -> None:
    for node in objects.fake_nodes(3, real_node=True):
        assert {"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"} in node["spec"]["taints"]


def test_manifests_are_complete() -> None:
    documents = yaml.safe_load_all(objects.node_manifests("localhost/coredns:1"))
    made = {item["kind"]: item for document in documents for item in document.get("items", [document])}
    assert made["Deployment"]["spec"]["template"]["spec"]["containers"][0]["image"] == "localhost/coredns:1"
    assert made["StorageClass"]["metadata"]["name"] == "local"
    assert made["Service"]["spec"]["clusterIP"] == "10.96.0.10"


@pytest.mark.parametrize(
    ("command_line", "found"),
    [
        ([".venv/bin/python", "-I", "/x/node.py", "/state", "abc"], Process(7, Path("/state"), "abc")),
        (["python", "-I", "/x/forward.py", "/state", "abc"], None),
        (["python", "-I", "/x/node.py", "/state"], None),
        (["vim", "/x/node.py"], None),
        ([""], None),
    ],
)
def test_only_our_process_is_ours(command_line: list[str], found: Process | None) -> None:
    assert processes.parse(7, command_line, "node.py") == found


@pytest.fixture
def described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """A cluster on a machine whose cgroups are a folder."""
    (tmp_path / "cgroup").mkdir()
    monkeypatch.setattr(processes, "hierarchies", lambda _mounts: cgroup.Hierarchies(False, (tmp_path / "cgroup",)))
    return Cluster("a", tmp_path / "state", 26443, node=True, kwok_nodes=0)


def run_in(described: Cluster, monkeypatch: pytest.MonkeyPatch, state_dir: Path, digest: str) -> None:
    """Let a node of the cluster's name seem to run."""
    (file,) = processes.cgroup_of(described).leaf(cgroup.NODE)
    file.parent.mkdir(parents=True)
    file.write_text("7\n")
    command_line = ["python", "-I", "/x/node.py", str(state_dir), digest]
    monkeypatch.setattr(processes, "_command_line", lambda _pid: command_line)


def test_a_cluster_of_the_same_name_elsewhere_is_left_alone(
    described: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_in(described, monkeypatch, tmp_path / "other", "abc")
    with pytest.raises(FleetError, match="give this one another name"):
        processes.find(described, cgroup.NODE)
    with pytest.raises(FleetError, match="give this one another name"):
        cluster.absent(described, check=False)


def test_what_runs_is_found_by_its_cgroup(described: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    assert processes.find(described, cgroup.NODE) is None
    run_in(described, monkeypatch, described.state_dir, "abc")
    assert processes.find(described, cgroup.NODE) == Process(7, described.state_dir, "abc")


def test_a_folder_of_somebody_else_is_not_removed(described: Cluster) -> None:
    described.state_dir.mkdir()
    (described.state_dir / "thesis.tex").touch()
    with pytest.raises(FleetError, match="something else"):
        cluster.absent(described, check=False)
    assert (described.state_dir / "thesis.tex").exists()


def test_absent_is_done_once_and_check_mode_only_says_it(described: Cluster) -> None:
    described.path("etcd").mkdir(parents=True)
    described.path("cluster.json").write_text('{"name": "a"}')
    (folder,) = processes.cgroup_of(described).folders
    (folder / cgroup.NODE).mkdir(parents=True)
    said = cluster.absent(described, check=True)
    assert said == ["remove the processes and cgroups", f"remove {described.state_dir}"]
    assert described.path("etcd").exists()
    assert cluster.absent(described, check=False) == said
    assert (described.state_dir.exists(), folder.exists()) == (False, False)
    assert cluster.absent(described, check=False) == []


def test_check_mode_of_present_writes_nothing(
    described: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENHUBS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cluster.preflight, "can_look", lambda: True)
    monkeypatch.setattr(cluster.preflight, "findings", lambda *_: [])
    before = sorted(tmp_path.rglob("*"))
    actions = cluster.present(described, [30080], lambda _line: None, check=True)
    assert actions == ["start the node", "start the forwarder", "forward 127.0.0.1:30080"]
    assert sorted(tmp_path.rglob("*")) == before


def test_what_is_missing_stops_it_before_anything_changes(
    described: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENHUBS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cluster.preflight, "can_look", lambda: True)
    monkeypatch.setattr(cluster.preflight, "findings", lambda *_: ["no veth", "no root"])
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(FleetError, match=r"nothing was changed.\n  \* no veth\n  \* no root"):
        cluster.present(described, [], lambda _line: None, check=False)
    assert sorted(tmp_path.rglob("*")) == before


def test_only_what_a_process_reads_restarts_it(described: Cluster) -> None:
    before = cluster.fingerprints(described)
    assert cluster.fingerprints(described) == before
    other_port = Cluster("a", described.state_dir, 26444, node=True, kwok_nodes=0)
    assert cluster.fingerprints(other_port)[cgroup.NODE] == before[cgroup.NODE]
    assert cluster.fingerprints(other_port)[cgroup.FORWARDER] != before[cgroup.FORWARDER]
    more_nodes = Cluster("a", described.state_dir, 26443, node=True, kwok_nodes=2)
    assert cluster.fingerprints(more_nodes)[cgroup.NODE] != before[cgroup.NODE]  # kwok is started
    assert cluster.fingerprints(more_nodes) == cluster.fingerprints(
        Cluster("a", described.state_dir, 26443, node=True, kwok_nodes=5)
    )


def test_a_machine_with_everything_needs_no_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools.shutil, "which", lambda name, path=None: f"/usr/bin/{name}")
    monkeypatch.setattr(tools, "_has_plugins", lambda folder: folder == Path("/opt/cni/bin"))
    programs = tools.ensure_tools(Path("/bin"), lambda _line: None, node=True)
    assert (programs.libraries, programs.cni) == ((), Path("/opt/cni/bin"))


def test_without_a_node_only_ip_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools.shutil, "which", lambda name, path=None: None)
    assert tools.missing(node=False) == ["ip"]
    assert "CNI plugin ptp" in tools.missing(node=True)
