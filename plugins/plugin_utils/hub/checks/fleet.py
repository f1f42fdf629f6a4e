# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hubs do to each other."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.checks.capacity import expected_users, seats
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.checks.network import covers, host_paths
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Path
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding, error, warning
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, as_mapping

Found = tuple[Hub, Finding]


def _cluster(hub: Hub) -> str:
    return str(hub.variable("cluster_name") or hub.host.partition(".")[2])


def _shared(hubs: list[Hub], places: dict[Any, list[tuple[Hub, Path]]], sentence: str) -> Iterator[Found]:
    """Yield a finding for each hub of every group of several; ``{value}`` and ``{others}`` are filled in."""
    for value, users in places.items():
        names = list(dict.fromkeys(hub.host for hub, dummy in users))
        if len(names) > 1:
            for hub, path in users:
                others = ", ".join(name for name in names if name != hub.host)
                yield hub, Finding(path, sentence.format(value=value, others=others))


def _known_hosts(hub: Hub) -> dict[str, Path]:
    """Return the host names of a hub, each once."""
    return {name: path for path, name in reversed(list(host_paths(hub)))}


@error(
    "FLT001",
    "Give each hub a domain of its own.",
    source="two routes for one host: users reach either",
    rows=(57,),
    fleet=True,
)
def domain_twice(hubs: list[Hub]) -> Iterator[Found]:
    """No two hubs have one host name."""
    places: dict[Any, list[tuple[Hub, Path]]] = defaultdict(list)
    for hub in hubs:
        for name, path in _known_hosts(hub).items():
            places[name].append((hub, path))
    yield from _shared(hubs, places, "{value} is the host of {others} too.")


@error(
    "FLT002",
    "Name the hosts one by one.",
    source="a wildcard's route takes the other hub's traffic",
    rows=(57,),
    fleet=True,
)
def domain_under_wildcard(hubs: list[Hub]) -> Iterator[Found]:
    """No hub's wildcard host covers another hub's host."""
    exact: dict[str, list[Hub]] = defaultdict(list)
    for hub in hubs:
        for name in _known_hosts(hub):
            exact[name.partition(".")[2]].append(hub)
    for hub in hubs:
        for pattern, path in _known_hosts(hub).items():
            for other in exact[pattern[2:]] if pattern.startswith("*.") else ():
                names = [name for name in _known_hosts(other) if name != pattern and covers(pattern, name)]
                if other is not hub and names:
                    yield hub, Finding(path, f"{pattern} covers {names[0]} of {other.host}.")


@error(
    "FLT003",
    "Rename one hub, or put it on another cluster.",
    source="Helm: releases and cluster-wide objects",
    rows=(67,),
    fleet=True,
)
def release_twice(hubs: list[Hub]) -> Iterator[Found]:
    """Names of hubs, which are their releases and namespaces, are unique in a cluster."""
    places: dict[Any, list[tuple[Hub, Path]]] = defaultdict(list)
    for hub in hubs:
        name = hub.variable("hub_namespace") or hub.variable("hub_name")
        if name:
            places[f"{name} on {_cluster(hub)}"].append((hub, ("hub_name",)))
    yield from _shared(hubs, places, "the release and namespace {value} is also that of {others}.")


@error("FLT004", "Let each hub have its own.", source="logins end at the other hub", rows=(48,), fleet=True)
def callback_twice(hubs: list[Hub]) -> Iterator[Found]:
    """No two hubs have one oauth_callback_url."""
    places: dict[Any, list[tuple[Hub, Path]]] = defaultdict(list)
    for hub in hubs:
        found = hub.auth("oauth_callback_url")
        if isinstance(found.value, str) and found.value:
            places[str(found.value)].append((hub, found.path))
    yield from _shared(hubs, places, "{value} is the callback of {others} too.")


@warning(
    "FLT005", "Give it a record of its own.", source="Temple outage 2025-08-20 (RFC 4592)", incidents=(18,), fleet=True
)
def wildcard_shadows(hubs: list[Hub]) -> Iterator[Found]:
    """A record *.x hides x from a wildcard record above it: the hub at x needs a record of its own."""
    names = {name: (hub, path) for hub in hubs for name, path in _known_hosts(hub).items()}
    for name in names:
        if name.startswith("*.") and name[2:] in names:
            hub, path = names[name[2:]]
            yield hub, Finding(path, f"the record {name} hides {name[2:]} from wildcards above it.")


@warning(
    "FLT006",
    "Raise max of the pools, or plan the events apart.",
    source="mybinder outage 2020-07-09",
    incidents=(9,),
    fleet=True,
)
def cluster_too_small(hubs: list[Hub]) -> Iterator[Found]:
    """The users' pools of a cluster hold the servers of all its hubs at once."""
    clusters: dict[str, list[Hub]] = defaultdict(list)
    for hub in hubs:
        clusters[_cluster(hub)].append(hub)
    for name, members in clusters.items():
        wanted, places = [expected_users(hub) or 0 for hub in members], [seats(hub) for hub in members]
        known = [place for place in places if place is not None]
        if len(members) > 1 and known and max(wanted) <= min(known) < sum(wanted):
            yield (
                members[0],
                Finding(
                    ("cluster_node_pools",),
                    f"the hubs of {name} are sized for {sum(wanted)} servers together, its pools hold {min(known)}.",
                ),
            )


@error("FLT007", "Give each an own disk or claim.", source="two hubs write the same homes", fleet=True)
def volume_twice(hubs: list[Hub]) -> Iterator[Found]:
    """No two hubs keep their homes in one place."""
    places: dict[Any, list[tuple[Hub, Path]]] = defaultdict(list)
    for hub in hubs:
        source = as_mapping(hub.variable("cluster_volumes", "homes"))
        nfs = as_mapping(source.get("nfs"))
        if nfs.get("server") and nfs.get("path"):
            places[f"{nfs['server']}:{nfs['path']}"].append((hub, ("cluster_volumes", "homes")))
    yield from _shared(hubs, places, "{value} holds the homes of {others} too.")
