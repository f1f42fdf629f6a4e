# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong later: culling, disks that are deleted, code, versions, what expires."""

import ast
import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.data import table
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Path
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.quantity import kubernetes
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding, error, warning
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, as_mapping, dig

Z2JH = "z2jh 4.4.0"
DAYS = 30
"""Two of Toronto's outages came from a secret that had expired: a month is time to renew one."""


@warning("CUL001", "Make maxAge longer, or leave it 0.", source="jupyterhub-idle-culler 1.4.0", rows=(72,))
def idle_longer_than_age(hub: Hub) -> Iterator[Finding]:
    """A server is stopped for being idle before it is stopped for its age: cull.timeout is less than cull.maxAge."""
    idle, age = hub.get("cull", "timeout"), hub.get("cull", "maxAge")
    if not hub.get("cull", "enabled") or hub.variable("jupyterhub_idle_timeout") == "never":
        return
    if isinstance(idle, int) and isinstance(age, int) and 0 < age <= idle:
        yield Finding(
            ("cull", "timeout"), f"servers are stopped after {age} s anyway, idle or not: {idle} s has no effect."
        )


def _homes_deleted(hub: Hub) -> bool:
    """Say whether deleting a user deletes the user's home."""
    return hub.get("singleuser", "storage", "type") == "dynamic" and hub.spawner("delete_pvc").value is not False


@warning("CUL002", "Set cull.users: false.", source="jupyterhub-idle-culler 1.4.0, KubeSpawner 7.0.0", rows=(72,))
def users_culled(hub: Hub) -> Iterator[Finding]:
    """cull.users deletes users who were away, and with dynamic volumes their homes."""
    if hub.get("cull", "enabled") and hub.get("cull", "users") and hub.get("singleuser", "storage", "type") != "none":
        lost = "users and their homes are" if _homes_deleted(hub) else "users are"
        yield Finding(("cull", "users"), f"{lost} deleted after {hub.get('cull', 'timeout')} s without a server.")


@warning(
    "STO001", "Set hub.config.KubeSpawner.delete_pvc: false.", source="KubeSpawner 7.0.0 (delete_forever)", rows=(73,)
)
def homes_deleted(hub: Hub) -> Iterator[Finding]:
    """With dynamic volumes, deleting a user in the admin panel deletes the home at once, unless delete_pvc is false."""
    if _homes_deleted(hub):
        yield Finding(hub.spawner("delete_pvc").path, "deleting a user deletes the user's data.")


@lru_cache(maxsize=1024)
def _syntax_problem(text: str) -> tuple[str, int]:
    """Return what is wrong with Python code, and in which of its lines; an empty text when it compiles."""
    try:
        ast.parse(text)
    except SyntaxError as problem:
        return str(problem.msg), problem.lineno or 0
    except ValueError as problem:
        return str(problem), 0
    return "", 0


@error("PYT001", "Correct it.", source="EarthScope outage 2025-10-16", rows=(70,), incidents=(23,))
def code_broken(hub: Hub) -> Iterator[Finding]:
    """Python that goes to the hub compiles; else the hub does not start."""
    for path, text in hub.code():
        message, line = _syntax_problem(str(text))
        if message:
            yield Finding(path, f"line {line} of it: {message}.")


@warning("PYT002", "Set it under custom, or give get_config a default.", source=f"{Z2JH} z2jh.get_config", rows=(70,))
def custom_missing(hub: Hub) -> Iterator[Finding]:
    """Code reads only keys of custom that are set, or gives a default."""
    for path, text in hub.code():
        for name in re.findall(r"""get_config\(\s*["']custom\.([\w.-]+)["']\s*\)""", text):
            if dig(hub.merged, ("custom", *name.split("."))) is None:
                yield Finding(path, f"it reads custom.{name}, which is not set.")


SUPPORTED_UNTIL = {
    "1.28": "2024-10-28",
    "1.29": "2025-02-28",
    "1.30": "2025-06-28",
    "1.31": "2025-10-28",
    "1.32": "2026-02-28",
    "1.33": "2026-06-28",
    "1.34": "2026-10-27",
    "1.35": "2027-02-28",
}
"""The end of the project's own support for each minor version (kubernetes.io/releases/patch-releases)."""


def version(text: object) -> tuple[int, int] | None:
    """Return major and minor of a Kubernetes version; None for what is none."""
    match = re.match(r"v?(\d+)\.(\d+)", str(text))
    return (int(match[1]), int(match[2])) if match else None


KUBERNETES = ("cluster_kubernetes_version",)


@warning(
    "CLU001", "Set scheduling.userScheduler.enabled: false.", source=f"{Z2JH} ships kube-scheduler 1.30", rows=(71,)
)
def old_scheduler(hub: Hub) -> Iterator[Finding]:
    """The chart's scheduler is of Kubernetes 1.30: from 1.34 on it is too old for the cluster."""
    cluster = version(hub.variable(*KUBERNETES))
    tag = version(hub.get("scheduling", "userScheduler", "image", "tag"))
    far = 4
    if hub.get("scheduling", "userScheduler", "enabled") and cluster and tag and cluster[1] - tag[1] >= far:
        yield Finding(
            ("scheduling", "userScheduler", "enabled"),
            f"the scheduler is of Kubernetes {tag[0]}.{tag[1]}, the cluster of {cluster[0]}.{cluster[1]}.",
        )


@error("CLU002", "Upgrade the cluster first.", source="carbonplan outage 2023-01-23", rows=(74,), incidents=(22,))
def chart_too_new(hub: Hub) -> Iterator[Finding]:
    """The chart takes the cluster's version of Kubernetes: Helm refuses it otherwise."""
    cluster, least = version(hub.variable(*KUBERNETES)), re.match(r">=\s*(.*)", hub.chart.kube_version)
    wanted = version(least[1]) if least else None
    if cluster and wanted and cluster < wanted:
        yield Finding(
            KUBERNETES, f"the cluster has {cluster[0]}.{cluster[1]}, the chart wants {hub.chart.kube_version}."
        )


@warning("CLU003", "Upgrade the cluster.", source="Pythia outage 2026-03-03", incidents=(21,))
def kubernetes_unsupported(hub: Hub) -> Iterator[Finding]:
    """The cluster's version of Kubernetes is supported; an old one loses its certificates and its way to upgrade."""
    cluster = version(hub.variable(*KUBERNETES))
    end = SUPPORTED_UNTIL.get(f"{cluster[0]}.{cluster[1]}") if cluster else None
    if cluster and hub.today and (cluster < (1, 28) or (end and end < hub.today)):
        yield Finding(
            KUBERNETES,
            f"Kubernetes {cluster[0]}.{cluster[1]} is no longer supported{f' (since {end})' if end else ''}.",
        )


@error("CLU008", "Use Helm 3.20.1 or newer.", source="Pythia outage 2026-01-29", incidents=(20,))
def helm_drops_nulls(hub: Hub) -> Iterator[Finding]:
    """Helm 3.17.1 to 3.20.0 handle null wrongly: values with null need another version."""
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", hub.helm)
    if match and (3, 17, 1) <= tuple(map(int, match.groups())) <= (3, 20, 0):
        for path in nulls((), hub.values):
            yield Finding(path, f"Helm {hub.helm} does not delete the default here.")


def nulls(path: Path, tree: object) -> Iterator[Path]:
    """Yield the paths of null in mappings."""
    for key, value in as_mapping(tree).items():
        if value is None:
            yield (*path, key)
        else:
            yield from nulls((*path, key), value)


@warning("SEC006", "Renew it, and write the new date.", source="Toronto outage 2022-09", incidents=(16,))
def secret_expires(hub: Hub) -> Iterator[Finding]:
    """No secret that a provider lets expire (hub_secrets_expire: name and date) does so within a month."""
    for name, day in as_mapping(hub.variable("hub_secrets_expire")).items():
        text = str(day)[:10]
        if hub.today and re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            left = (date.fromisoformat(text) - date.fromisoformat(hub.today)).days
            if left <= DAYS:
                verb = "expires" if left >= 0 else "expired"
                yield Finding(("hub_secrets_expire", name), f"{name} {verb} on {text}.")


@warning(
    "STO002",
    "Log to standard output, which the cluster collects.",
    source="Toronto outage 2022: the disk was full",
    incidents=(14,),
)
def log_on_database_disk(hub: Hub) -> Iterator[Finding]:
    """Nothing but the database is on the hub's disk: a log fills it, and the hub stops."""
    found = as_mapping(hub.config.get("JupyterHub")).get("extra_log_file")
    if found and hub.get("hub", "db", "type") == "sqlite-pvc":
        yield Finding(
            ("hub", "config", "JupyterHub", "extra_log_file"), f"the log {found} grows on the database's disk."
        )


@warning(
    "STO003",
    "Make storage_size larger, or the quota smaller.",
    source="full disks at CloudBank, Toronto and others",
    incidents=(14,),
)
def homes_outgrow_disk(hub: Hub) -> Iterator[Finding]:
    """The disk holds the homes of the users of the hub's size class, each filled to a quarter of its quota."""
    disk, quota = kubernetes(hub.variable("storage_size")), kubernetes(hub.variable("storage_home_size"))
    users = as_mapping(table("sizes").get(str(hub.variable("jupyterhub_size")))).get("users")
    quarter = 4
    if disk and quota and users and disk * quarter < quota * users:
        yield Finding(
            ("storage_size",),
            f"{hub.variable('storage_size')} for {users} users with {hub.variable('storage_home_size')} each.",
        )
