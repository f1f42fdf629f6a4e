# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the chart hands to Kubernetes unread: resources of the hub's own pods, shapes of volumes."""

from collections.abc import Iterator, Mapping

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Path
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.quantity import kubernetes
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding, error
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, as_list, as_mapping

KUBERNETES = "Kubernetes refuses the object when the chart is installed"
PODS: tuple[tuple[str, ...], ...] = (
    ("hub",),
    ("proxy", "chp"),
    ("proxy", "traefik"),
    ("proxy", "secretSync"),
    ("prePuller",),
    ("prePuller", "hook"),
    ("scheduling", "userScheduler"),
    ("scheduling", "userPlaceholder"),
    ("singleuser", "networkTools"),
)
"""The sections with the resources of a pod of the chart's own."""


def _resources(hub: Hub) -> Iterator[tuple[Path, Mapping[str, object]]]:
    """Yield the resources of the chart's own pods."""
    for pod in PODS:
        path = (*pod, "resources")
        yield path, hub.mapping(*path)


@error("QTY001", "Write a quantity, such as 500m or 512Mi.", source=KUBERNETES)
def resource_quantity(hub: Hub) -> Iterator[Finding]:
    """Requests and limits of the chart's own pods are Kubernetes quantities."""
    for path, resources in _resources(hub):
        for kind in ("requests", "limits"):
            if resources.get(kind) is not None and not isinstance(resources[kind], Mapping):
                yield Finding((*path, kind), f"{kind} is no mapping.")
            for name, amount in as_mapping(resources.get(kind)).items():
                if amount is not None and kubernetes(amount) is None:
                    shown = repr(amount) if isinstance(amount, (str, bool)) else type(amount).__name__
                    yield Finding((*path, kind, name), f"{name} is {shown}, which is no quantity.")


@error("QTY002", "Raise the limit.", source=KUBERNETES)
def request_above_limit(hub: Hub) -> Iterator[Finding]:
    """What a pod of the chart requests does not exceed its limit."""
    for path, resources in _resources(hub):
        limits = as_mapping(resources.get("limits"))
        for name, amount in as_mapping(resources.get("requests")).items():
            low, high = kubernetes(amount), kubernetes(limits.get(name))
            if low is not None and high is not None and low > high:
                yield Finding((*path, "limits", name), f"the limit {limits[name]} is below the request {amount}.")


NEEDED = {
    ("storage", "extraVolumes"): ("name",),
    ("storage", "extraVolumeMounts"): ("name", "mountPath"),
    ("initContainers",): ("name", "image"),
    ("extraContainers",): ("name", "image"),
}
"""What each item of these sections of ``singleuser`` has, as text."""


@error("VOL008", "Complete it.", source="z2jh 4.4.0 and KubeSpawner 7.0.0", rows=(27,))
def volume_shapes(hub: Hub) -> Iterator[Finding]:
    """Each volume, mount and container of servers is a mapping with a name, and with a path or an image."""
    for keys, needed in NEEDED.items():
        path = ("singleuser", *keys)
        value = hub.get(*path)
        pairs = list(value.items()) if isinstance(value, Mapping) else list(enumerate(as_list(value)))
        for key, item in pairs:
            if not isinstance(item, Mapping):
                yield Finding((*path, key), f"{key} is no mapping.")
                continue
            for name in needed:
                if not isinstance(item.get(name), str):
                    yield Finding((*path, key, name), f"{name} is {'no text' if name in item else 'missing'}.")
