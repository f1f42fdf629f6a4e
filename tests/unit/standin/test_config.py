# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hub's pod makes of the values: the configuration is run as the pod runs it, in a folder with its mounts."""

import os
import runpy
import shutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from standin_support import CHART, merged, sample

Configure = Callable[..., dict[str, dict[str, Any]]]

RELEASE = {"Chart": {"Name": "jupyterhub", "Version": "4.4.0"}, "Release": {"Name": "prod"}}
DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text("utf-8")) | RELEASE
SECRETS = {"hub.config.JupyterHub.cookie_secret": "c0", "hub.config.CryptKeeper.keys": "a0;b0"}
MODULES = ("chart_traits", "z2jh")


class Config(dict[str, dict[str, Any]]):
    """As much of a traitlets configuration as the code uses: a section appears when it is named."""

    def __missing__(self, section: str) -> dict[str, Any]:
        self[section] = {}
        return self[section]


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Return a function that lays out the pod's mounts for some values, and returns the configuration they make."""
    monkeypatch.setenv("POD_NAMESPACE", "prod")
    monkeypatch.setattr(sys, "path", list(sys.path))
    mounts = {"": ("jupyterhub_config.py", "z2jh.py"), "config": ("chart_traits.py",)}
    for folder, names in mounts.items():
        (tmp_path / folder).mkdir(exist_ok=True)
        for name in names:
            shutil.copy(CHART / "files" / name, tmp_path / folder)

    def run(values: dict[str, Any], files: dict[str, str] | None = None, **secrets: str) -> dict[str, dict[str, Any]]:
        texts = {f"secret/{key}": text for key, text in (SECRETS | secrets).items()}
        texts["secret/values.yaml"] = yaml.safe_dump(merged(DEFAULTS, values))
        for name, text in (texts | (files or {})).items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, "utf-8")
        for module in MODULES:  # z2jh reads the values once
            sys.modules.pop(module, None)
        config = Config()
        runpy.run_path(str(tmp_path / "jupyterhub_config.py"), init_globals={"c": config})
        return config

    return run


def spawner(configure: Configure, **singleuser: Any) -> dict[str, Any]:
    return configure({"singleuser": singleuser})["KubeSpawner"]


def test_each_step_has_the_last_word_over_those_before(configure: Configure) -> None:
    seen = "c['Seen'][{!r}] = c['KubeSpawner']['uid']; c['KubeSpawner']['uid'] = {}"
    values = {
        "singleuser": {"uid": 1},
        "hub": {
            "config": {"KubeSpawner": {"uid": 2}},
            "extraConfig": {"b": seen.format("extra b", 6), "a": seen.format("extra a", 5)},
        },
    }
    files = {
        "jupyterhub_config.d/20.py": seen.format("file 20", 4),
        "jupyterhub_config.d/10.py": seen.format("file 10", 3),
    }
    config = configure(values, files)
    assert config["Seen"] == {"file 10": 2, "file 20": 3, "extra a": 4, "extra b": 5}
    assert config["KubeSpawner"]["uid"] == 6


def test_hub_config_replaces_lists(configure: Configure) -> None:
    override: dict[str, Any] = {"hub": {"config": {"KubeSpawner": {"tolerations": []}}}}
    assert configure({})["KubeSpawner"]["tolerations"]
    assert configure(override)["KubeSpawner"]["tolerations"] == []


def test_hub_config_cannot_replace_tokens_and_keys(configure: Configure) -> None:
    given = {"JupyterHub": {"cookie_secret": "x", "services": []}, "CryptKeeper": {"keys": ["x"]}}
    config = configure({"hub": {"config": given}})
    assert config["JupyterHub"]["cookie_secret"] == "c0"
    assert config["CryptKeeper"]["keys"] == ["a0", "b0"]
    assert [service["name"] for service in config["JupyterHub"]["services"]] == ["jupyterhub-idle-culler"]


def test_extra_code_can_ask_for_values_and_see_earlier_names(configure: Configure) -> None:
    code = {"a": "NAME = get_config('custom.community')", "b": "from z2jh import get_config as get\nc['X']['y'] = NAME"}
    assert configure({"custom": {"community": "uni"}, "hub": {"extraConfig": code}})["X"] == {"y": "uni"}


def test_an_error_in_extra_code_names_its_key(configure: Configure) -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        configure({"hub": {"extraConfig": {"broken": "1 / 0"}}})
    assert "hub.extraConfig.broken" in "".join(traceback.format_exception(raised.value))


def test_the_existing_secret_wins(configure: Configure) -> None:
    files = {
        "existing-secret/values.yaml": "singleuser: {uid: 7}",
        "existing-secret/hub.config.JupyterHub.cookie_secret": "c1",
    }
    config = configure({"singleuser": {"uid": 1}}, files)
    assert config["KubeSpawner"]["uid"] == 7
    assert config["KubeSpawner"]["fs_gid"] == 100
    assert config["JupyterHub"]["cookie_secret"] == "c1"


@pytest.mark.parametrize(
    ("database", "url"),
    [
        ({"type": "sqlite-pvc"}, "sqlite:///jupyterhub.sqlite"),
        ({"type": "sqlite-memory"}, "sqlite://"),
        ({"type": "postgres", "url": "postgresql://hub@db/hub"}, "postgresql://hub@db/hub"),
    ],
)
def test_each_kind_of_database_has_its_url(configure: Configure, database: dict[str, str], url: str) -> None:
    assert configure({"hub": {"db": database}})["JupyterHub"]["db_url"] == url


def test_the_password_of_a_database_server_is_in_the_environment(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    configure({"hub": {"db": {"type": "postgres", "url": "postgresql://db"}}}, None, **{"hub.db.password": "made up"})
    assert os.environ["PGPASSWORD"] == "made up"


def test_the_registrys_login_reaches_users_pods(configure: Configure) -> None:
    login = {"create": True, "registry": "registry.example.org", "username": "hub", "password": "made up"}
    traits = configure({"imagePullSecret": login, "imagePullSecrets": ["other"]})["KubeSpawner"]
    assert traits["image_pull_secrets"] == ["image-pull-secret", "other"]


def test_services_get_their_tokens_from_the_secret(configure: Configure) -> None:
    values = {"cull": {"enabled": False}, "hub": {"services": {"hub-check": {"display": False, "apiToken": "old"}}}}
    config = configure(values, None, **{"hub.services.hub-check.apiToken": "new"})
    assert config["JupyterHub"]["services"] == [{"name": "hub-check", "display": False, "api_token": "new"}]


def test_roles_are_named_by_their_keys(configure: Configure) -> None:
    values = {"cull": {"enabled": False}, "hub": {"loadRoles": {"admin": {"users": ["ada"]}}}}
    assert configure(values)["JupyterHub"]["load_roles"] == [{"name": "admin", "users": ["ada"]}]


def test_the_culler_may_delete_users_only_when_it_is_asked_to(configure: Configure) -> None:
    (role,) = configure({})["JupyterHub"]["load_roles"]
    assert role["scopes"] == ["list:users", "read:users:activity", "read:servers", "delete:servers"]
    config = configure({"cull": {"users": True, "adminUsers": False, "maxAge": 7200}, "hub": {"baseUrl": "/base/"}})
    (role,), (service,) = config["JupyterHub"]["load_roles"], config["JupyterHub"]["services"]
    assert "admin:users" in role["scopes"]
    assert service["command"][3:] == [
        "--url=http://localhost:8081/base/hub/api",
        "--timeout=3600",
        "--cull-every=600",
        "--concurrency=10",
        "--max-age=7200",
        "--cull-users=true",
        "--cull-admin-users=false",
    ]


def test_homes_on_one_volume_are_folders_of_it(configure: Configure) -> None:
    traits = spawner(configure, storage={"type": "static", "static": {"pvcName": "home"}})
    assert traits["volumes"] == {"home": {"name": "home", "persistentVolumeClaim": {"claimName": "home"}}}
    assert traits["volume_mounts"] == {"home": {"name": "home", "mountPath": "/home/jovyan", "subPath": "{username}"}}
    assert "storage_pvc_ensure" not in traits


def test_homes_of_their_own_are_claimed(configure: Configure) -> None:
    traits = spawner(configure, storage={"type": "dynamic", "capacity": "5Gi", "dynamic": {"storageClass": "fast"}})
    assert traits["volume_mounts"] == {
        "volume-{user_server}": {"name": "volume-{user_server}", "mountPath": "/home/jovyan"}
    }
    assert (traits["storage_pvc_ensure"], traits["storage_class"], traits["storage_capacity"]) == (True, "fast", "5Gi")


def test_without_storage_there_is_no_volume(configure: Configure) -> None:
    traits = spawner(configure, storage={"type": "none"})
    assert (traits["volumes"], traits["volume_mounts"]) == ({}, {})


def test_extra_volumes_may_be_mappings_or_lists(configure: Configure) -> None:
    volume, mount = {"name": "scratch", "emptyDir": {}}, {"name": "scratch", "mountPath": "/scratch"}
    as_list = {"type": "none", "extraVolumes": [volume], "extraVolumeMounts": [mount]}
    as_mapping = {"type": "none", "extraVolumes": {"scratch": volume}, "extraVolumeMounts": {"any": mount}}
    for storage in (as_list, as_mapping):
        traits = spawner(configure, storage=storage)
        assert list(traits["volumes"].values()) == [volume]
        assert list(traits["volume_mounts"].values()) == [mount]


def test_the_metadata_server_is_closed_before_the_users_container_starts(configure: Configure) -> None:
    first = {"name": "first", "image": "first:1"}
    own, guard = spawner(configure, initContainers=[first])["init_containers"]
    assert own == first
    assert guard["name"] == "block-cloud-metadata"
    assert "--protocol tcp --destination 169.254.169.254 --destination-port 80 --jump DROP" in " ".join(
        guard["command"]
    )
    assert spawner(configure, cloudMetadata={"blockWithIptables": False})["init_containers"] == []


@pytest.mark.parametrize(
    ("purpose", "trait"), [("require", "node_affinity_required"), ("prefer", "node_affinity_preferred")]
)
def test_users_pods_are_drawn_to_their_nodes(configure: Configure, purpose: str, trait: str) -> None:
    values = {"scheduling": {"userPods": {"nodeAffinity": {"matchNodePurpose": purpose}}}}
    traits = configure(values)["KubeSpawner"]
    assert "hub.jupyter.org/node-purpose" in repr(traits[trait])
    assert [name for name in traits if name.startswith("node_affinity")] == [trait]


def test_policies_and_services_find_what_kubespawner_makes(configure: Configure) -> None:
    labels = configure({})["KubeSpawner"]["common_labels"]
    assert {"app": "jupyterhub", "release": "prod"}.items() <= labels.items()


def test_a_null_command_leaves_the_images_own(configure: Configure) -> None:
    assert configure({})["Spawner"]["cmd"] == "jupyterhub-singleuser"
    assert "cmd" not in configure({"singleuser": {"cmd": None}})["Spawner"]


def test_every_value_that_is_a_trait_as_it_stands_is_passed_on(configure: Configure) -> None:
    values = merged(sample("full"), {"hub": {"config": {"KubeSpawner": None}, "extraConfig": None}})
    given = merged(DEFAULTS, values)
    config = configure(values, None, **{f"hub.services.{key}.apiToken": "t" for key in ("given", "hub-check")})
    for path, trait in runpy.run_path(str(CHART / "files/chart_traits.py"))["DIRECT"].items():
        section, name = trait.split(".")
        value = given
        for key in path.split("."):
            value = value[key]
        assert config[section][name] == value, path
