# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Choices of memory and CPU: the form a user sees and the reservations it makes."""

from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.data import table
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.profiles import server_resources
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import with_defaults


def resources(**settings: Any) -> dict[str, Any]:
    return server_resources(with_defaults(settings))


def options(**settings: Any) -> dict[str, Any]:
    (profile,) = resources(**settings)["profileList"]
    choices: dict[str, Any] = profile["profile_options"]
    return choices


def test_the_first_choice_is_the_only_default() -> None:
    choices = options(jupyterhub_memory=["4Gi", "512Mi", "16Gi"])["memory"]["choices"]
    assert [choice["display_name"] for choice in choices.values()] == ["512 MB", "4 GB", "16 GB"]
    assert [choice["display_name"] for choice in choices.values() if "default" in choice] == ["4 GB"]


def test_keys_sort_by_size_in_every_order_of_keys() -> None:
    choices = options(jupyterhub_memory=["512Mi", "2Gi", "16Gi"], jupyterhub_cpu=["500m", "2", "10"])
    assert list(choices["memory"]["choices"]) == ["mem_0000512", "mem_0002048", "mem_0016384"]
    assert list(choices["cpu"]["choices"]) == ["cpu_000500", "cpu_002000", "cpu_010000"]


def test_memory_is_reserved_as_a_whole_in_the_units_of_kubespawner() -> None:
    choices = options(jupyterhub_memory=["2Gi", "1536Mi"])["memory"]["choices"]
    assert choices["mem_0002048"]["kubespawner_override"] == {"mem_guarantee": "2G", "mem_limit": "2G"}
    assert choices["mem_0001536"]["kubespawner_override"] == {"mem_guarantee": "1536M", "mem_limit": "1536M"}


@pytest.mark.parametrize(
    ("distribution", "override"),
    [
        ("research", {"cpu_guarantee": 2, "cpu_limit": 2}),
        ("education", {"cpu_guarantee": 0.2, "cpu_limit": 2}),
    ],
)
def test_cpu_is_reserved_as_the_distribution_shares_it(distribution: str, override: dict[str, Any]) -> None:
    choices = options(hub_distribution=distribution, jupyterhub_cpu=["2", "4"])["cpu"]["choices"]
    assert choices["cpu_002000"]["kubespawner_override"] == override


def test_one_choice_is_no_question() -> None:
    values = resources(hub_distribution="research", jupyterhub_memory=["1Gi"], jupyterhub_cpu=["500m"])
    assert values == {"memory": {"guarantee": "1G", "limit": "1G"}, "cpu": {"guarantee": 0.5, "limit": 0.5}}


def test_the_chart_itself_knows_the_default() -> None:
    values = resources(hub_distribution="research", jupyterhub_memory=["4Gi", "2Gi"])
    assert values["memory"] == {"guarantee": "4G", "limit": "4G"}


@pytest.mark.parametrize(
    ("own", "generated"),
    [
        ({"cpu": {"limit": 1}}, ["memory"]),
        ({"memory": {"limit": "4G"}}, ["cpu"]),
        ({"profileList": []}, []),
        ({"defaultUrl": "/lab"}, ["memory", "cpu"]),
    ],
)
def test_resources_that_only_the_values_describe_are_left_to_them(own: dict[str, Any], generated: list[str]) -> None:
    values = resources(jupyterhub_values={"singleuser": own})
    assert [name for name in values if name != "profileList"] == generated
    assert [name for entry in values.get("profileList", []) for name in entry["profile_options"]] == generated


def test_a_list_of_choices_counts_beside_values_of_ones_own() -> None:
    values = resources(jupyterhub_memory=["1Gi"], jupyterhub_values={"singleuser": {"memory": {"limit": "4G"}}})
    assert values["memory"] == {"guarantee": "1G", "limit": "1G"}


@pytest.mark.parametrize("name", ["research", "education"])
def test_a_distribution_offers_its_choices(name: str) -> None:
    choices = options(hub_distribution=name)
    assert len(choices["memory"]["choices"]) == len(table("distributions")[name]["memory"])
    assert len(choices["cpu"]["choices"]) == len(table("distributions")[name]["cpu"])


@pytest.mark.parametrize("quantity", ["2", "2G", "2GB", "0Gi", "1.5Gi", ""])
def test_memory_of_two_meanings_is_refused(quantity: str) -> None:
    with pytest.raises(FleetError, match=f"jupyterhub_memory is '{quantity}'.*Mi, Gi or Ti"):
        resources(jupyterhub_memory=[quantity])


@pytest.mark.parametrize("quantity", ["0", "2 cores", "-1", "0m"])
def test_cpu_that_is_none_is_refused(quantity: str) -> None:
    with pytest.raises(FleetError, match=f"jupyterhub_cpu is '{quantity}'"):
        resources(jupyterhub_cpu=[quantity])


def test_an_unknown_distribution_is_refused() -> None:
    with pytest.raises(FleetError, match="hub_distribution is 'teaching': choose one of research, education"):
        resources(hub_distribution="teaching")


def profiles(*entries: dict[str, Any], **settings: Any) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = resources(jupyterhub_profiles=list(entries), **settings)["profileList"]
    return made


def test_a_profile_has_its_own_image_interface_resources_and_groups() -> None:
    entry = {"name": "Big R", "image": "r:1", "interface": "rstudio", "memory": ["8Gi"], "cpu": ["2"]}
    (made,) = profiles({**entry, "allowed_groups": ["stats"]}, jupyterhub_image_choice=".+:.+")
    assert made == {
        "display_name": "Big R",
        "slug": "big-r",
        "default": True,
        "allowed_groups": ["stats"],
        "kubespawner_override": {
            "mem_guarantee": "8G",
            "mem_limit": "8G",
            "cpu_guarantee": 2,
            "cpu_limit": 2,
            "image": "r:1",
            "default_url": "/rstudio",
        },
    }


def test_what_a_profile_does_not_say_is_what_the_hub_says() -> None:
    (made,) = profiles({"name": "X"}, jupyterhub_memory=["4Gi", "1Gi"], jupyterhub_image_choice=".+:.+")
    assert list(made["profile_options"]["memory"]["choices"]) == ["mem_0001024", "mem_0004096"]
    assert "unlisted_choice" in made["profile_options"]["image"]


def test_gpus_are_reserved_and_their_nodes_are_tolerated() -> None:
    override = profiles({"name": "GPU", "gpu": 2})[0]["kubespawner_override"]
    assert override["extra_resource_limits"] == override["extra_resource_guarantees"] == {"nvidia.com/gpu": 2}
    assert [toleration["key"] for toleration in override["tolerations"]] == [
        "hub.jupyter.org/dedicated",
        "hub.jupyter.org_dedicated",
        "nvidia.com/gpu",
    ]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([{"memory": ["1Gi"]}], r"jupyterhub_profiles.0..name is missing"),
        ([{"name": "Small (2 GB)"}, {"name": "small 2-GB"}], r"profiles.1..slug is 'small-2-gb': give each"),
        ([{"name": "☕"}], r"profiles.0..slug is ''"),
        ([{"name": "A", "default": True}, {"name": "B", "default": True}], "2 defaults .A, B.: keep one"),
        ([{"name": "A", "interface": "vscode"}], r"profiles.0..interface is 'vscode': choose one of lab"),
        ([{"name": "A", "image": "python"}], r"profiles.0..image is 'python': end it with a tag"),
        ([{"name": "A", "memory": ["2G"]}], r"profiles.0..memory is '2G': write memory"),
    ],
)
def test_profiles_that_cannot_be_are_refused(entries: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(FleetError, match=message):
        profiles(*entries)


def test_one_profile_is_the_default() -> None:
    assert [made.get("default") for made in profiles({"name": "A"}, {"name": "B"})] == [True, None]
    assert [made.get("default") for made in profiles({"name": "A"}, {"name": "B", "default": True})] == [None, True]
