# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""User placeholders: pods that keep room for users who come at once."""

from collections.abc import Iterator

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.quantity import spawner_memory
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding, warning
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, as_mapping

PLACEHOLDERS = ("scheduling", "userPlaceholder")


def _replicas(hub: Hub) -> bool:
    replicas = hub.get(*PLACEHOLDERS, "replicas")
    return bool(hub.get(*PLACEHOLDERS, "enabled")) and isinstance(replicas, int) and replicas > 0


@warning(
    "PLA001",
    "Set scheduling.userPlaceholder.resources in Kubernetes units (Mi, Gi).",
    source="z2jh 4.4.0 renders singleuser.memory into the placeholders unchanged, tried",
    rows=(8,),
)
def placeholder_units(hub: Hub) -> Iterator[Finding]:
    """Placeholders read 1G as 10^9 bytes where servers read 2^30: without own resources they keep too little room."""
    own = as_mapping(hub.get(*PLACEHOLDERS, "resources")).get("requests")
    guarantee = hub.get("singleuser", "memory", "guarantee")
    if _replicas(hub) and not own and spawner_memory(guarantee):
        yield Finding(
            (*PLACEHOLDERS, "replicas"),
            f"placeholders are sized by singleuser.memory.guarantee {guarantee}, which they read as less than"
            " servers do.",
        )


@warning(
    "PLA002",
    "Set scheduling.podPriority.enabled: true.",
    source="z2jh 4.4.0 templates/NOTES.txt",
    rows=(9,),
)
def placeholder_priority(hub: Hub) -> Iterator[Finding]:
    """Placeholders make way for users only when pod priorities are on; else they take up the room themselves."""
    if _replicas(hub) and not hub.get("scheduling", "podPriority", "enabled"):
        yield Finding((*PLACEHOLDERS, "replicas"), "pod priorities are off, so that no placeholder ever makes way.")
