# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a valid configuration says, the chart accepts its values, and they are the same each time."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.data import table
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.merge import deep_merge
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.values import hub_values

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not installed: make venv")
st = pytest.importorskip("hypothesis.strategies")

CHART = Path(__file__).parents[4] / "shared/corpus/charts/jupyterhub-4.4.0"
CLIENT = {"client_id": "id", "client_secret": "made-up"}

names = st.from_regex(r"[a-z][a-z0-9.@_-]{0,20}[a-z0-9]", fullmatch=True)
people = st.lists(names, max_size=4, unique=True)
some = st.lists(names, min_size=1, max_size=4, unique=True)
texts = st.text(max_size=30)
memory = st.lists(st.sampled_from(["512Mi", "1Gi", "1536Mi", "2Gi", "4Gi", "8Gi"]), max_size=4, unique=True)
cpu = st.lists(st.sampled_from(["100m", "500m", "1", "1.5", "2"]), max_size=3, unique=True)
images = st.builds("quay.io/{}/{}:{}".format, *[st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True)] * 3)
slugs = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8})?", fullmatch=True).filter(lambda slug: slug != "default")
durations = st.sampled_from(["10m", "1h", "7d", "never"])


def login(kind: str, rule: Any, **auth: Any) -> Any:
    """Return a strategy of the variables of one kind of login, let in by a rule of other variables."""
    return st.fixed_dictionaries({"jupyterhub_auth": st.just({"kind": kind, **auth}), **rule})


logins = st.one_of(
    login("github", {"jupyterhub_allowed_users": some, "jupyterhub_admins": people}, **CLIENT),
    login("github", {"jupyterhub_allowed_teams": st.just(["uni:staff"]), "jupyterhub_admins": people}, **CLIENT),
    login("google", {"jupyterhub_admins": people}, **CLIENT, domains=["uni.edu"]),
    login("cilogon", {"jupyterhub_admins": some}, **CLIENT, idps={"google": {}, "github": {"prefix": "github"}}),
    login("auth0", {"jupyterhub_allowed_users": some}, **CLIENT, domain="uni.eu.auth0.com"),
    login("oidc", {}, **CLIENT, provider="keycloak", url="https://sso.uni.edu/realms/x", groups=["hub"]),
    login("native", {"jupyterhub_admins": some}, admin_password="made-up-for-admins"),
    login("shared_password", {"jupyterhub_allowed_users": people}, user_password="made-up-1"),
    login("ephemeral", {}),
)

image = st.fixed_dictionaries({"image": images}, optional={"title": texts, "allowed_groups": people})
profile = st.fixed_dictionaries(
    {"name": st.from_regex(r"[A-Z][a-z]{1,12}", fullmatch=True)},
    optional={
        "description": texts,
        "image": images,
        "memory": memory,
        "cpu": cpu,
        "allowed_groups": people,
        "interface": st.sampled_from(["lab", "notebook", "rstudio"]),
    },
)
content = st.fixed_dictionaries(
    {"repository": st.just("https://github.com/uni/course")},
    optional={"branch": texts, "directory": texts, "at_start": st.booleans()},
)
machines = st.sampled_from([(cloud, name) for cloud, known in table("machines").items() for name in known])
pools = st.builds(
    lambda machine: {
        "cluster_provider": machine[0],
        "cluster_node_pools": {"user": {"purpose": "user", "machine": machine[1], "gpu": 0}},
    },
    machines.filter(lambda machine: "gpu" not in table("machines")[machine[0]][machine[1]]),
)
others = st.fixed_dictionaries(
    {"hub_name": st.just("prod"), "hub_url": st.just("https://prod.uni.example.org")},
    optional={
        "hub_distribution": st.sampled_from(["research", "education"]),
        "hub_title": texts,
        "hub_contacts": st.lists(st.fixed_dictionaries({"name": texts}), max_size=2),
        "jupyterhub_image": images,
        "jupyterhub_images": st.dictionaries(slugs, image, max_size=3),
        "jupyterhub_image_choice": texts.map(re.escape),
        "jupyterhub_interface": st.sampled_from(["lab", "notebook", "rstudio"]),
        "jupyterhub_memory": memory.filter(bool),
        "jupyterhub_cpu": cpu.filter(bool),
        "jupyterhub_profiles": st.lists(profile, max_size=3, unique_by=lambda entry: entry["name"].lower()),
        "jupyterhub_content": st.lists(content, max_size=2),
        "jupyterhub_idle_timeout": durations,
        "jupyterhub_max_age": durations,
        "jupyterhub_named_servers": st.integers(0, 5),
        "jupyterhub_size": st.sampled_from(["small", "medium", "large"]),
        "storage_shared_size": st.sampled_from(["", "10Gi"]),
    },
)
hubs = st.builds(lambda *parts: {key: value for part in parts for key, value in part.items()}, logins, others)


def schema() -> tuple[dict[str, Any], dict[str, Any]]:
    if not CHART.is_dir():
        pytest.skip(f"no chart in {CHART}")
    return yaml.safe_load((CHART / "values.yaml").read_text()), json.loads((CHART / "values.schema.json").read_text())


def without_nulls(value: Any) -> Any:
    """What Helm does to merged values before it validates them: a null deletes its key."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return value


@hypothesis.settings(deadline=None, max_examples=100)
@hypothesis.given(settings=hubs)
def test_the_chart_accepts_every_valid_hub(settings: dict[str, Any]) -> None:
    defaults, accepted = schema()
    jsonschema.validate(without_nulls(deep_merge(defaults, hub_values(settings))), accepted)


@hypothesis.settings(deadline=None, max_examples=100)
@hypothesis.given(settings=hubs)
def test_values_are_the_same_each_time(settings: dict[str, Any]) -> None:
    again = json.loads(json.dumps(settings))
    assert json.dumps(hub_values(settings)) == json.dumps(hub_values(again))


@hypothesis.settings(deadline=None, max_examples=100)
@hypothesis.given(settings=hubs)
def test_every_option_has_one_default_and_sorted_keys(settings: dict[str, Any]) -> None:
    for entry in hub_values(settings)["singleuser"].get("profileList", []):
        for option in entry.get("profile_options", {}).values():
            keys = list(option["choices"])
            assert keys == sorted(keys)
            assert sum(choice.get("default", False) for choice in option["choices"].values()) == 1


@hypothesis.settings(deadline=None, max_examples=50)
@hypothesis.given(settings=hubs, cluster=pools, kind=st.sampled_from(["research", "education"]))
def test_every_choice_of_a_distribution_fits_a_node(
    settings: dict[str, Any], cluster: dict[str, Any], kind: str
) -> None:
    plain = {key: value for key, value in settings.items() if key not in ("jupyterhub_memory", "jupyterhub_cpu")}
    plain |= {**cluster, "hub_distribution": kind, "jupyterhub_profiles": []}
    machine = table("machines")[cluster["cluster_provider"]][cluster["cluster_node_pools"]["user"]["machine"]]
    hypothesis.assume(machine["cpu"] > 2)
    for entry in hub_values(plain)["singleuser"].get("profileList", []):
        for option in entry["profile_options"].values():
            for choice in option["choices"].values():
                override = choice["kubespawner_override"]
                assert override.get("cpu_guarantee", 0) < machine["cpu"]
                assert int(override.get("mem_guarantee", "0G").removesuffix("G")) < machine["memory"]
