# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The volumes and claims of a hub's data."""

from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import with_defaults
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.storage import storage_objects

LOCAL = {"local": {"path": "/state/homes"}, "nodeAffinity": {"required": {}}}


def objects(**volumes: Any) -> dict[str, dict[str, Any]]:
    made = storage_objects(with_defaults({"hub_name": "prod", "cluster_volumes": volumes}))
    return {f"{item['kind']}/{item['metadata']['name']}": item for item in made}


def test_homes_have_a_volume_and_a_claim_that_name_each_other() -> None:
    made = objects(homes=LOCAL)
    assert list(made) == ["PersistentVolume/prod-home", "PersistentVolumeClaim/home"]
    volume, claim = (item["spec"] for item in made.values())
    assert volume["claimRef"] == {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "namespace": "prod",
        "name": "home",
    }
    assert claim["volumeName"] == "prod-home"
    assert made["PersistentVolumeClaim/home"]["metadata"]["namespace"] == "prod"
    assert volume["accessModes"] == claim["accessModes"] == ["ReadWriteMany"]
    assert volume["storageClassName"] == claim["storageClassName"] == ""
    assert volume["capacity"] == claim["resources"]["requests"] == {"storage": "100Gi"}
    assert volume["local"] == {"path": "/state/homes"}


def test_data_is_never_deleted_with_the_release_or_the_claim() -> None:
    made = objects(homes=LOCAL, hub_db=LOCAL)
    assert {item["metadata"]["annotations"]["helm.sh/resource-policy"] for item in made.values()} == {"keep"}
    volumes = [item for item in made.values() if item["kind"] == "PersistentVolume"]
    assert [volume["spec"]["persistentVolumeReclaimPolicy"] for volume in volumes] == ["Retain", "Retain"]


def test_the_database_volume_waits_for_the_claim_of_the_chart() -> None:
    volume = objects(homes=LOCAL, hub_db=LOCAL)["PersistentVolume/prod-hub-db-dir"]["spec"]
    assert volume["claimRef"]["name"] == "hub-db-dir"
    assert volume["accessModes"] == ["ReadWriteOnce"]
    assert volume["capacity"] == {"storage": "1Gi"}


def test_a_storage_class_alone_makes_the_volume_itself() -> None:
    made = objects(homes={"storageClassName": "files"}, hub_db={"storageClassName": "ssd"})
    assert list(made) == ["PersistentVolumeClaim/home"]
    assert made["PersistentVolumeClaim/home"]["spec"]["storageClassName"] == "files"
    assert "volumeName" not in made["PersistentVolumeClaim/home"]["spec"]


def test_a_hub_without_a_place_for_homes_is_refused() -> None:
    with pytest.raises(FleetError, match=r"cluster_volumes.homes is missing: prod has nowhere"):
        objects()
