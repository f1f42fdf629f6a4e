# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a hub's variables to the chart's values: every promise of the role jupyterhub that values can keep."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.images import image_reference
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.merge import deep_merge
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.values import hub_values

ROOT = Path(__file__).parents[3]
HUBS: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("golden").joinpath("hubs.yml").read_text())
UPSTREAM = ROOT.parent / "shared/corpus/charts/jupyterhub-4.4.0"
STANDIN = ROOT / "roles/local/files/charts/jupyterhub"

PASSWORD: dict[str, Any] = {
    "hub_name": "prod",
    "hub_distribution": "education",
    "jupyterhub_auth": {"kind": "shared_password", "user_password": "correct horse"},
}
GITHUB: dict[str, Any] = {
    "hub_name": "prod",
    "hub_url": "https://prod.uni.example.org",
    "jupyterhub_admins": ["ada"],
    "jupyterhub_allowed_users": ["Grace"],
    "jupyterhub_auth": {"kind": "github", "client_id": "Iv1.01", "client_secret": "shh"},
}
POOLS: dict[str, Any] = {
    "cluster_provider": "gke",
    "cluster_node_pools": {
        "core": {"purpose": "core", "machine": "n2-highmem-2"},
        "user": {"purpose": "user", "machine": "n2-highmem-4"},
    },
}


def without_nulls(value: Any) -> Any:
    """What Helm does to merged values before it validates them: a null deletes its key."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return value


@pytest.fixture(params=[UPSTREAM, STANDIN], ids=["upstream", "stand-in"])
def chart(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.param
    if not (folder / "values.schema.json").is_file():
        pytest.skip(f"no chart in {folder}")
    return folder


@pytest.mark.parametrize("name", HUBS)
def test_the_chart_accepts_the_values(name: str, chart: Path) -> None:
    defaults = yaml.safe_load((chart / "values.yaml").read_text())
    schema = json.loads((chart / "values.schema.json").read_text())
    jsonschema.validate(without_nulls(deep_merge(defaults, hub_values(HUBS[name]))), schema)


def test_values_are_the_same_byte_for_byte() -> None:
    assert json.dumps(hub_values(GITHUB)) == json.dumps(hub_values(json.loads(json.dumps(GITHUB))))


def test_provider_overrides_what_is_generated_and_the_operator_overrides_both() -> None:
    values = hub_values(
        PASSWORD
        | {
            "cluster_jupyterhub_values": {"hub": {"image": {"name": "local/hub"}, "concurrentSpawnLimit": 3}},
            "jupyterhub_values": {
                "hub": {"concurrentSpawnLimit": 5},
                "singleuser": {"profileList": [], "defaultUrl": None},
            },
        }
    )
    assert values["hub"]["image"] == {"name": "local/hub"}
    assert values["hub"]["concurrentSpawnLimit"] == 5
    assert values["singleuser"]["profileList"] == []
    assert values["singleuser"]["defaultUrl"] is None
    assert values["singleuser"]["storage"]["type"] == "static"


@pytest.mark.parametrize(("interface", "url"), [("lab", "/lab"), ("notebook", "/tree"), ("rstudio", "/rstudio")])
def test_interface_is_where_a_server_opens(interface: str, url: str) -> None:
    assert hub_values(PASSWORD | {"jupyterhub_interface": interface})["singleuser"]["defaultUrl"] == url


@pytest.mark.parametrize(
    ("image", "name", "tag"),
    [
        ("quay.io/uni/notebook:2026.11", "quay.io/uni/notebook", "2026.11"),
        ("localhost:5000/notebook:1", "localhost:5000/notebook", "1"),
        ("quay.io/uni/notebook@sha256:0a1b", "quay.io/uni/notebook@sha256", "0a1b"),
    ],
)
def test_image_is_split_as_the_chart_joins_it(image: str, name: str, tag: str) -> None:
    assert image_reference(image, "jupyterhub_image") == {"name": name, "tag": tag}


@pytest.mark.parametrize("image", ["quay.io/uni/notebook", "localhost:5000/notebook"])
def test_image_without_a_tag_is_refused(image: str) -> None:
    with pytest.raises(FleetError, match="end it with a tag or a digest"):
        image_reference(image, "jupyterhub_image")


def test_no_image_is_the_one_of_the_chart() -> None:
    assert "image" not in hub_values(PASSWORD)["singleuser"]


def test_homes_are_directories_of_one_claim_named_by_the_safe_slug() -> None:
    storage = hub_values(PASSWORD)["singleuser"]["storage"]
    assert storage["type"] == "static"
    assert storage["static"] == {"pvcName": "home", "subPath": "{safe_username}"}


def test_database_claim_binds_the_volume_made_for_it() -> None:
    def claim(volumes: dict[str, Any]) -> dict[str, Any]:
        database = hub_values(PASSWORD | {"cluster_volumes": volumes})["hub"]["db"]
        assert database["type"] == "sqlite-pvc"
        assert database["pvc"].pop("annotations") == {"helm.sh/resource-policy": "keep"}
        return dict(database["pvc"])

    assert claim({}) == {"storage": "1Gi"}
    assert claim({"hub_db": {"local": {"path": "/x"}}}) == {"storage": "1Gi", "storageClassName": ""}
    assert claim({"hub_db": {"storageClassName": "ssd"}}) == {"storage": "1Gi", "storageClassName": "ssd"}


def test_servers_are_isolated_whatever_the_chart_defaults_become() -> None:
    values = hub_values(PASSWORD)
    for policy in (
        values["hub"]["networkPolicy"],
        values["proxy"]["chp"]["networkPolicy"],
        values["singleuser"]["networkPolicy"],
    ):
        assert policy["enabled"] is True
    assert values["singleuser"]["networkPolicy"]["egressAllowRules"] == {
        "cloudMetadataServer": False,
        "privateIPs": False,
        "nonPrivateIPs": True,
    }
    assert values["singleuser"]["cloudMetadata"] == {"blockWithIptables": True}
    assert values["singleuser"]["allowPrivilegeEscalation"] is False
    assert values["hub"]["config"]["KubeSpawner"] == {"automount_service_account_token": False}


def test_pods_keep_to_their_pools_where_the_collection_makes_the_pools() -> None:
    def purpose(settings: dict[str, Any]) -> set[str]:
        scheduling = hub_values(settings)["scheduling"]
        return {scheduling[pods]["nodeAffinity"]["matchNodePurpose"] for pods in ("corePods", "userPods")}

    assert purpose(PASSWORD) == {"prefer"}
    assert purpose(PASSWORD | POOLS) == {"require"}


def test_nothing_is_published_by_the_chart_itself() -> None:
    assert hub_values(PASSWORD)["proxy"]["service"] == {"type": "ClusterIP"}


@pytest.mark.parametrize(
    ("idle", "age", "culling"),
    [
        ("1h", "7d", {"enabled": True, "users": False, "timeout": 3600, "maxAge": 604800}),
        ("30m", "never", {"enabled": True, "users": False, "timeout": 1800, "maxAge": 0}),
        ("never", "1d", {"enabled": True, "users": False, "timeout": 86400, "maxAge": 86400}),
        ("never", "never", {"enabled": False}),
    ],
)
def test_servers_are_culled(idle: str, age: str, culling: dict[str, Any]) -> None:
    assert (
        culling.items()
        <= hub_values(PASSWORD | {"jupyterhub_idle_timeout": idle, "jupyterhub_max_age": age})["cull"].items()
    )


@pytest.mark.parametrize("duration", ["60", "1 h", "0m", "1w"])
def test_a_duration_without_a_unit_is_refused(duration: str) -> None:
    with pytest.raises(FleetError, match=f"jupyterhub_idle_timeout is '{duration}'"):
        hub_values(PASSWORD | {"jupyterhub_idle_timeout": duration})


def test_the_hub_knows_its_public_url() -> None:
    assert hub_values(GITHUB)["hub"]["config"]["JupyterHub"]["public_url"] == "https://prod.uni.example.org/"
    assert "public_url" not in hub_values(PASSWORD)["hub"]["config"]["JupyterHub"]


@pytest.mark.parametrize(
    ("names", "url"),
    [
        ({"cluster_name": "uni", "cluster_domain": "hubs.org"}, "https://prod.uni.hubs.org/"),
        ({"cluster_name": "uni", "cluster_domain": "hubs.org", "hub_community": "lab"}, "https://prod.lab.hubs.org/"),
        ({"cluster_name": "uni", "cluster_domain": "hubs.org", "hub_domain": "hub.uni.edu"}, "https://hub.uni.edu/"),
        ({"cluster_name": "uni", "cluster_domain": "hubs.org", "hub_url": "http://127.0.0.1:1"}, "http://127.0.0.1:1/"),
    ],
)
def test_the_address_follows_from_the_names(names: dict[str, str], url: str) -> None:
    assert hub_values(PASSWORD | names)["hub"]["config"]["JupyterHub"]["public_url"] == url
