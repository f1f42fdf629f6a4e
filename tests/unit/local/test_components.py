# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs in a local cluster, and that it keeps to its own folder."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import components, configuration
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.settings import Cluster, Programs

STATE = Path("/state/a")
PROGRAMS = Programs(
    Path("/cache/bin/1"), (Path("/cache/tools/usr/bin"), Path("/usr/bin")), (Path("/cache/lib"),), Path("/cni")
)


def cluster(*, node: bool = True, kwok_nodes: int = 0) -> Cluster:
    return Cluster("a", STATE, 26443, node, kwok_nodes)


def spec(described: Cluster) -> dict[str, Any]:
    return components.node_spec(described, PROGRAMS, [Path("/sys/fs/cgroup/openhubs-a/node/cgroup.procs")])


def names(described: Cluster) -> set[str]:
    return {component["name"] for component in spec(described)["components"]}


CONTROL_PLANE = {"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"}
NODE = {"containerd", "kubelet", "kube-proxy", "netpol"}


@pytest.mark.parametrize(
    ("described", "wanted"),
    [
        (cluster(), CONTROL_PLANE | NODE),
        (cluster(kwok_nodes=1), CONTROL_PLANE | NODE | {"kwok"}),
        (cluster(node=False), CONTROL_PLANE | {"kwok"}),
    ],
    ids=["node", "node and fake nodes", "fake nodes only"],
)
def test_each_kind_of_cluster_has_its_components(described: Cluster, wanted: set[str]) -> None:
    assert names(described) == wanted


def test_components_write_only_into_the_state_folder_and_what_lies_over_the_machines() -> None:
    paths = {
        path
        for component in spec(cluster())["components"]
        for argument in component["argv"]
        for path in re.findall(r"(?<![:/\w])/[\w/.-]+", argument)
    }
    assert paths
    assert [
        path for path in sorted(paths) if not Path(path).is_relative_to(STATE) and not path.startswith("/run/")
    ] == []


def test_only_what_the_api_needs_starts_before_it() -> None:
    early = {component["name"] for component in spec(cluster())["components"] if not component["after_api"]}
    assert early == {"etcd", "kube-apiserver", "containerd"}


def test_programs_are_found_before_the_machines() -> None:
    environment = spec(cluster())["environment"]
    assert environment["PATH"] == "/cache/bin/1:/cache/tools/usr/bin:/usr/bin"
    assert environment["LD_LIBRARY_PATH"] == "/cache/lib"


def test_the_kubelet_cannot_change_the_machines_kernel_parameters() -> None:
    over = spec(cluster())["binds"]
    files = configuration.config_files(cluster(), PROGRAMS, "pause", restrict_oom=False)
    for name in ("vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys"):
        assert Path(over[f"/proc/sys/{name}"]).relative_to(STATE / "config").as_posix() in files


def test_the_kubelet_runs_on_both_versions_of_cgroups_and_below_the_clusters() -> None:
    kubelet = json.loads(configuration.config_files(cluster(), PROGRAMS, "pause", restrict_oom=False)["kubelet.json"])
    assert kubelet["failCgroupV1"] is False
    assert kubelet["cgroupDriver"] == "cgroupfs"
    assert kubelet["cgroupRoot"] == "/openhubs-a"


@pytest.mark.parametrize("restrict", [True, False])
def test_scores_of_the_oom_killer_are_restricted_on_demand(*, restrict: bool) -> None:
    text = configuration.config_files(cluster(), PROGRAMS, "localhost/pause:1", restrict_oom=restrict)[
        "containerd.toml"
    ]
    assert f"restrict_oom_score_adj = {str(restrict).lower()}" in text
    assert 'sandbox_image = "localhost/pause:1"' in text


def test_without_a_node_nothing_is_configured_for_one() -> None:
    assert configuration.config_files(cluster(node=False), PROGRAMS, "pause", restrict_oom=False) == {}
    assert spec(cluster(node=False))["binds"] == {}


def test_ipv6_is_off_because_policies_are_for_ipv4() -> None:
    assert spec(cluster())["sysctls"]["net/ipv6/conf/default/disable_ipv6"] == "1"
