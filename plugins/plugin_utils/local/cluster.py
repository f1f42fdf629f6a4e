# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A local cluster made present or absent: what has to be done is found first, so that check mode can say it."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from ansible_collections.openhubs.fleet.plugins.plugin_utils.cache import digest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import (
    api,
    build,
    components,
    configuration,
    images,
    objects,
    pki,
    preflight,
    processes,
    tools,
)
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.cgroup import FORWARDER, NODE
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.once import Say
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.settings import API, CONTAINERD, Cluster, Programs

_READY_TIMEOUT = 180.0  # seconds; on 2 cores the API server takes 5, the node 5, CoreDNS 3


def present(cluster: Cluster, forwards: Iterable[int], say: Say, *, check: bool) -> list[str]:
    """Make the cluster run as described; return what was done, or with `check` what would be.

    Errors: FleetError with all that this machine lacks, before anything is changed; or with what did not get ready.
    """
    refusal = f"This machine cannot run the local cluster {cluster.name}"
    if not preflight.can_look():
        _refuse(refusal, preflight.findings(cluster, [*forwards, cluster.api_port]))
    wanted = fingerprints(cluster)
    running = {leaf: processes.find(cluster, leaf) for leaf in wanted}
    outdated = [leaf for leaf, process in running.items() if process is None or process.digest != wanted[leaf]]
    if not cluster.path(preflight.MARKER).exists():
        outdated = [NODE]  # its folder was removed by hand: what still runs is of no use
    if NODE in outdated:
        outdated = [NODE, FORWARDER]  # they share a cgroup, which is emptied
    new_ports = [port for port in forwards if not cluster.path("forwards", str(port)).exists()]
    actions = [f"{'restart' if running[leaf] else 'start'} the {leaf}" for leaf in outdated]
    actions += [f"forward 127.0.0.1:{port}" for port in new_ports]
    if actions:
        _refuse(refusal, preflight.findings(cluster, new_ports + _api_port(cluster, running[FORWARDER])))
    if check:
        return actions
    binaries = build.ensure_binaries(say)
    programs = tools.ensure_tools(binaries, say, node=cluster.node)
    layout = images.ensure_images(binaries, say) if cluster.node else None
    if outdated:
        _prepare(cluster, programs)
        _restart(cluster, {leaf: wanted[leaf] for leaf in outdated})
    for port in new_ports:
        cluster.path("forwards", str(port)).touch()
    api.wait(cluster, api.API, _READY_TIMEOUT)
    if layout is not None:
        actions += _fill_node(cluster, programs, layout, say, apply=NODE in outdated)
    return actions + _set_fake_nodes(cluster, programs)


def absent(cluster: Cluster, *, check: bool) -> list[str]:
    """Remove the cluster with all that it holds; return what was removed, or with `check` what would be.

    Errors: FleetError when the state folder is not a local cluster's, or is still mounted on.
    """
    group = processes.cgroup_of(cluster)
    running = [processes.find(cluster, leaf) for leaf in (NODE, FORWARDER)]
    if not any(running):  # which would show whose the folder is
        _refuse(f"The local cluster {cluster.name} cannot be removed", preflight.ownership(cluster))
    actions = ["remove the processes and cgroups"] if any(folder.exists() for folder in group.folders) else []
    if cluster.state_dir.exists():
        actions.append(f"remove {cluster.state_dir}")
    if actions and not check:
        group.kill()
        group.remove()
        shutil.rmtree(cluster.state_dir, onexc=_unless_gone)
    return actions


def fingerprints(cluster: Cluster) -> dict[str, str]:
    """Return the digest of what each of the two processes is started with: another one means start again."""
    # Keys stand for folders of the cache, which need not be there yet.
    stand_in = Programs(Path(build.key()), (Path(tools.key(node=cluster.node)),), (), Path("cni"))
    files = _files(cluster, stand_in)
    forwarder = files.pop("forwarder.json")
    return {
        NODE: digest(json.dumps(files), repr(components.IDENTITIES), processes.SCRIPTS[NODE]),
        FORWARDER: digest(forwarder, processes.SCRIPTS[FORWARDER]),
    }


def _refuse(what: str, findings: list[str]) -> None:
    if findings:
        listed = "".join(f"\n  * {finding}" for finding in findings)
        raise FleetError(f"{what}; nothing was changed.{listed}")


def _api_port(cluster: Cluster, forwarder: processes.Process | None) -> list[int]:
    """Return the API's port when it has to be free: not when our own forwarder listens on it."""
    spec = cluster.path("config", "forwarder.json")
    ours = forwarder is not None and spec.exists() and json.loads(spec.read_text())["api_port"] == cluster.api_port
    return [] if ours else [cluster.api_port]


def _prepare(cluster: Cluster, programs: Programs) -> None:
    """Write everything that the processes read."""
    cluster.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    cluster.state_dir.chmod(0o700)
    cluster.path(preflight.MARKER).write_text(json.dumps({"name": cluster.name}) + "\n")
    for folder in cluster.folders:
        folder.mkdir(exist_ok=True)
    _link(cluster.path("bin"), programs.binaries)
    pki.ensure_pki(cluster.path("pki"), components.IDENTITIES)
    for user in components.IDENTITIES:
        pki.write_kubeconfig(cluster.path("kubeconfigs", user), cluster.path("pki"), user, API)
    outside = f"https://127.0.0.1:{cluster.api_port}"
    pki.write_kubeconfig(cluster.path("kubeconfig"), cluster.path("pki"), "admin", outside)
    for name, text in _files(cluster, programs).items():
        file = cluster.path("config", name)
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)


def _link(link: Path, target: Path) -> None:
    """Make a symbolic link, or let the one that is there lead to another target."""
    new = link.with_name(link.name + ".new")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.rename(link)


def _files(cluster: Cluster, programs: Programs) -> dict[str, str]:
    """Return the text of each file in the state folder's `config` by its name."""
    group = processes.cgroup_of(cluster)
    specs = {
        "node.json": components.node_spec(cluster, programs, group.leaf(NODE)),
        "forwarder.json": components.forwarder_spec(cluster, group.leaf(FORWARDER), group.leaf(NODE)[0]),
    }
    restrict_oom = not preflight.has_sys_resource(Path("/proc/self/status").read_text())
    pause = images.image_refs()["pause"]
    texts = {name: json.dumps(spec, indent=2) for name, spec in specs.items()}
    return texts | configuration.config_files(cluster, programs, pause, restrict_oom=restrict_oom)


def _restart(cluster: Cluster, digests: dict[str, str]) -> None:
    """Stop what is running of the processes and start them."""
    group = processes.cgroup_of(cluster)
    if NODE in digests:
        group.kill()
        group.remove()  # the kubelet would look for 3 s for each container of a cgroup that is left
    else:
        processes.stop(cluster, FORWARDER)
    group.create()
    for leaf, wanted in digests.items():
        processes.start(cluster, leaf, wanted)


def _fill_node(cluster: Cluster, programs: Programs, layout: Path, say: Say, *, apply: bool) -> list[str]:
    """Import the images and apply the manifests, each when they changed, and wait until the node can be used."""
    actions = []
    imported = cluster.path("images")
    if not imported.exists() or imported.read_text() != layout.name:
        say("Importing the images into the cluster")
        _import_images(cluster, programs, layout)
        imported.write_text(layout.name)
        actions.append("import images")
    if apply or not api.DNS.is_met(api.Api(cluster)):
        _apply(cluster, programs, objects.node_manifests(images.image_refs()["coredns"]))
    api.wait(cluster, api.NODE, _READY_TIMEOUT)
    api.wait(cluster, api.DNS, _READY_TIMEOUT)
    return actions


def _set_fake_nodes(cluster: Cluster, programs: Programs) -> list[str]:
    """Make the fake nodes exactly as many as wanted."""
    items = api.Api(cluster).get(f"/api/v1/nodes?labelSelector={objects.KWOK_LABEL}").get("items", [])
    wanted = objects.fake_nodes(cluster.kwok_nodes, real_node=cluster.node)
    there, names = {item["metadata"]["name"] for item in items}, {node["metadata"]["name"] for node in wanted}
    if names - there:
        _apply(cluster, programs, "\n---\n".join(map(json.dumps, wanted)))
    if there - names:
        _kubectl(cluster, programs, "delete", "nodes", *sorted(there - names))
    return [f"set the number of fake nodes to {cluster.kwok_nodes}"] if there != names else []


def _import_images(cluster: Cluster, programs: Programs, layout: Path) -> None:
    """Stream an OCI layout into containerd, whose socket is in the node's mount namespace."""
    process = processes.find(cluster, NODE)
    socket = f"/proc/{process.pid if process else 0}/root{CONTAINERD}"
    environment = programs.environment(cluster.state_dir)
    ctr = shutil.which("ctr", path=environment["PATH"]) or "ctr"
    command = [ctr, "--address", socket, "--namespace", "k8s.io", "images", "import", "--all-platforms", "-"]
    with subprocess.Popen(["tar", "-C", str(layout), "-cf", "-", "."], stdout=subprocess.PIPE) as tar:
        result = subprocess.run(command, stdin=tar.stdout, env=environment, capture_output=True, text=True, check=False)
    if result.returncode or tar.returncode:
        raise FleetError(f"The images in {layout} could not be imported: {result.stderr.strip()}")


def _apply(cluster: Cluster, programs: Programs, manifests: str) -> None:
    _kubectl(cluster, programs, "apply", "--server-side", "--force-conflicts", "-f", "-", text=manifests)


def _kubectl(cluster: Cluster, programs: Programs, *arguments: str, text: str = "") -> None:
    places = {"kubeconfig": cluster.path("kubeconfig"), "cache-dir": cluster.path("kubectl")}
    options = [f"--{name}={value}" for name, value in places.items()]
    command = [str(programs.binaries / "kubectl"), *options, *arguments]
    result = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if result.returncode:
        raise FleetError(
            f"`kubectl {arguments[0]}` failed in the local cluster {cluster.name}: {result.stderr.strip()}"
        )


def _unless_gone(_function: object, path: str, error: BaseException) -> None:
    """Raise what went wrong in removing a folder, unless it is not there."""
    if not isinstance(error, FileNotFoundError):
        raise FleetError(f"{path} cannot be removed: {error}. Remove the cause and try again.") from error
