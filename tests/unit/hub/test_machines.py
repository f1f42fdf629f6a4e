# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of a node is left for servers, and what that means for choices."""

from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.data import table
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.machines import ALLOCATABLE, room
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.pools import user_pool
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.profiles import server_resources
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import with_defaults

NOTHING = {"cpu": "1m", "memory": "1Mi"}
POOLS = {
    "core": {"purpose": "core", "machine": "n2-highmem-2"},
    "gpu": {"purpose": "user", "machine": "g2-standard-4"},
    "user": {"purpose": "user", "machine": "n2-highmem-4"},
    "large": {"purpose": "user", "machine": "n2-highmem-16"},
}
CLUSTER = {"cluster_provider": "gke", "cluster_node_pools": POOLS}


@pytest.mark.parametrize(
    ("provider", "machine", "cpu", "memory"),
    [
        ("eks", "r5.xlarge", 3920, 32123604992),
        ("eks", "r5.4xlarge", 15890, 130451771392),
        ("gke", "n1-highmem-4", 3920, 23829102592),
        ("gke", "n2-highmem-4", 3920, 29783904256),
        ("gke", "n2-highmem-32", 31850, 257783492608),
    ],
)
def test_allocatable_is_what_was_measured(provider: str, machine: str, cpu: int, memory: int) -> None:
    """The figures are 2i2c's (node-capacity-info.json of their infrastructure, in millicores and bytes)."""
    left = room({"machine": machine}, provider, NOTHING, "pool")
    assert left.cpu == pytest.approx(cpu, abs=2)
    assert left.memory * 2**20 == pytest.approx(memory, rel=0.001)
    assert left.memory * 2**20 <= memory


@pytest.mark.parametrize("provider", ALLOCATABLE)
def test_every_machine_of_the_table_leaves_room(provider: str) -> None:
    for machine, about in table("machines")[provider].items():
        left = room({"machine": machine}, provider, {}, "pool")
        assert 0 < left.cpu < about["cpu"] * 1000, machine
        assert 0 < left.memory < about["memory"] * 1024, machine


def test_daemonsets_take_their_part() -> None:
    pool = {"allocatable": {"cpu": "4", "memory": "10Gi"}}
    assert room(pool, "", {}, "pool") == (4000 - 450, 10240 - 800, 95)
    assert room(pool, "", {"cpu": "1", "memory": "1Gi"}, "pool") == (3000, 9216, 95)


def test_an_unknown_machine_is_described_in_the_inventory() -> None:
    with pytest.raises(FleetError, match=r"pool.machine is 'x9'.*describe a node in pool.allocatable"):
        room({"machine": "x9"}, "gke", {}, "pool")


def test_servers_run_on_the_first_pool_for_users_without_gpus() -> None:
    pool = user_pool(with_defaults(CLUSTER), None, 0, "")
    assert pool
    assert pool.name == "user"
    values = server_resources(with_defaults(CLUSTER))
    assert values["nodeSelector"] == {"openhubs.fleet/pool": "user"}


def test_a_server_with_gpus_runs_where_they_are() -> None:
    pool = user_pool(with_defaults(CLUSTER), None, 1, "")
    assert pool
    assert (pool.name, pool.gpus) == ("gpu", 1)
    with pytest.raises(FleetError, match="has no pool for users with 2 GPUs"):
        user_pool(with_defaults(CLUSTER), None, 2, "")


def test_more_gpus_than_a_node_has_are_refused() -> None:
    profiles = [{"name": "X", "pool": "user", "gpu": 1}]
    with pytest.raises(FleetError, match=r"profiles.0..gpu is 1, but a node of pool user .n2-highmem-4. has 0"):
        server_resources(with_defaults({**CLUSTER, "jupyterhub_profiles": profiles}))


def test_a_pool_that_is_not_for_users_is_refused() -> None:
    with pytest.raises(FleetError, match=r"is 'core': choose a pool for users, one of gpu, user, large"):
        user_pool(with_defaults(CLUSTER), "core", 0, "jupyterhub_profiles[0].pool")


def test_without_pools_nothing_is_said_about_nodes() -> None:
    assert user_pool(with_defaults({}), None, 0, "") is None
    with pytest.raises(FleetError, match="describes no pools"):
        user_pool(with_defaults({}), "user", 0, "jupyterhub_profiles[0].pool")


def titles(**settings: Any) -> dict[str, list[str]]:
    (profile,) = server_resources(with_defaults({**CLUSTER, **settings}))["profileList"]
    return {
        key: [choice["display_name"] for choice in option["choices"].values()]
        for key, option in profile["profile_options"].items()
    }


def test_each_choice_says_how_many_fit_on_a_node() -> None:
    assert titles(hub_distribution="education") == {
        "memory": ["1 GB (26 on a node)", "2 GB (13 on a node)", "4 GB (6 on a node)"],
        "cpu": ["1 CPU (34 on a node)", "2 CPU (17 on a node)"],
    }


def test_no_more_servers_fit_on_a_node_than_it_runs_pods() -> None:
    pools = {"user": {"purpose": "user", "machine": "n2-highmem-64"}}
    made = titles(hub_distribution="education", cluster_node_pools=pools)
    assert made["memory"][0] == "1 GB (95 on a node)"


def test_what_the_distribution_offers_and_no_node_holds_is_left_out() -> None:
    memory = titles()["memory"]
    assert [title.split(" (")[0] for title in memory] == ["2 GB", "4 GB", "8 GB", "16 GB"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"jupyterhub_memory": ["2Gi", "32Gi"]}, "offers 32Gi, which no node of pool user .n2-highmem-4. can hold"),
        ({"jupyterhub_cpu": ["4"]}, "offers 4, which no node of pool user"),
        ({"jupyterhub_profiles": [{"name": "X", "pool": "large", "memory": ["128Gi"]}]}, "profiles.0..memory offers"),
    ],
)
def test_what_an_operator_offers_and_no_node_holds_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(FleetError, match=message):
        server_resources(with_defaults({**CLUSTER, **settings}))


def test_a_cluster_whose_nodes_hold_nothing_is_refused() -> None:
    pools = {"user": {"purpose": "user", "allocatable": {"cpu": "1", "memory": "2Gi"}}}
    with pytest.raises(FleetError, match="leaves nothing to choose on pool user"):
        server_resources(with_defaults({"cluster_node_pools": pools}))
