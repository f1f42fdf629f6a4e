# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Size classes, limits of distributions and what layers lose."""

from itertools import pairwise
from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.amounts import cpu_millicores, memory_mebibytes
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.data import table
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.distributions import beyond_limits
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.merge import lost
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import with_defaults
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.sizes import size_values

DATABASE = {"url": "postgresql+psycopg2://hub@db/hub", "password": "shh"}


def values(size: str, **settings: Any) -> dict[str, Any]:
    return size_values(with_defaults({"jupyterhub_size": size, "jupyterhub_database": DATABASE, **settings}))


@pytest.mark.parametrize("size", ["small", "medium", "large", "xlarge"])
def test_a_size_is_given_to_hub_proxy_and_culler(size: str) -> None:
    made = values(size)
    assert set(made["hub"]["resources"]) == {"requests", "limits"}
    assert made["proxy"]["chp"]["resources"]["limits"]["memory"] == table("sizes")[size]["proxy"]["memory"][1]
    assert made["hub"]["concurrentSpawnLimit"] == table("sizes")[size]["spawns"]
    assert made["cull"] == table("sizes")[size]["cull"]
    interval = made["hub"]["config"]["JupyterHub"]["last_activity_interval"]
    assert made["singleuser"]["extraEnv"] == {"JUPYTERHUB_ACTIVITY_INTERVAL": str(interval)}


def test_sizes_grow() -> None:
    sizes = list(table("sizes").values())
    for smaller, larger in pairwise(sizes):
        assert smaller["users"] < larger["users"]
        assert smaller["spawns"] < larger["spawns"]
        assert smaller["activity"] < larger["activity"]
        for part in ("hub", "proxy"):
            for bound in (0, 1):
                amounts = [memory_mebibytes(size[part]["memory"][bound], "") for size in (smaller, larger)]
                assert amounts[0] < amounts[1]


@pytest.mark.parametrize("size", table("sizes").values())
def test_requests_are_within_limits(size: dict[str, Any]) -> None:
    for part in ("hub", "proxy"):
        assert memory_mebibytes(size[part]["memory"][0], "") <= memory_mebibytes(size[part]["memory"][1], "")
        assert cpu_millicores(size[part]["cpu"][0], "") <= cpu_millicores(size[part]["cpu"][1], "")


def test_a_short_idle_time_has_reports_in_time() -> None:
    made = values("xlarge", jupyterhub_idle_timeout="10m")
    assert made["hub"]["config"]["JupyterHub"]["last_activity_interval"] == 200


def test_the_largest_hubs_need_a_database_server() -> None:
    with pytest.raises(FleetError, match="jupyterhub_database is empty"):
        values("xlarge", jupyterhub_database={})
    assert values("xlarge")["hub"]["db"] == {"type": "postgres", "upgrade": True, **DATABASE}
    assert values("large", jupyterhub_database={})["hub"]["db"]["type"] == "sqlite-pvc"


def test_a_size_that_does_not_exist_is_refused() -> None:
    with pytest.raises(FleetError, match="jupyterhub_size is 'huge': choose one of small, medium, large, xlarge"):
        values("huge")


@pytest.mark.parametrize(
    ("settings", "sentences"),
    [
        ({"hub_distribution": "education"}, []),
        ({"hub_distribution": "research"}, []),
        (
            {"hub_distribution": "education", "jupyterhub_memory": ["1Gi", "8Gi"], "jupyterhub_cpu": ["500m", "4"]},
            [
                ("jupyterhub_memory", "offers 8Gi, more than the 4Gi of education hubs."),
                ("jupyterhub_cpu", "offers 500m, less than the 1 of education hubs."),
                ("jupyterhub_cpu", "offers 4, more than the 2 of education hubs."),
            ],
        ),
        (
            {"jupyterhub_profiles": [{"name": "X", "memory": ["1Gi"]}], "storage_home_size": "50Gi"},
            [
                ("jupyterhub_profiles[0].memory", "offers 1Gi, less than the 2Gi of research hubs."),
                ("storage_home_size", "offers 50Gi, more than the 20Gi of research hubs."),
            ],
        ),
        (
            {"hub_distribution": "education", "jupyterhub_allowed_teams": ["uni"]},
            [("jupyterhub_allowed_teams", "is not offered on education hubs.")],
        ),
    ],
)
def test_what_is_beyond_the_limits_is_told(settings: dict[str, Any], sentences: list[tuple[str, str]]) -> None:
    assert list(beyond_limits(with_defaults(settings))) == sentences


def test_what_a_layer_takes_away_is_told() -> None:
    base = {"a": {"list": [1, 2], "mounts": {"home": {}, "shared": {}}, "kept": [1]}, "b": 1}
    layer = {"a": {"list": [2, 3], "mounts": [{"name": "x"}], "kept": None}, "b": [1]}
    assert list(lost(base, layer)) == [(("a", "list"), [1]), (("a", "mounts"), ["home", "shared"])]
