# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our Python inside the hub, in the real one: the environment of the hub image runs `inside_hub`."""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.hub_files import MODULES, hub_files
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.hub_python import hub_python
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import with_defaults

SCRIPT = Path(__file__).with_name("inside_hub.py")
FILES = Path(__file__).parents[3] / "roles" / "jupyterhub" / "files"
CHECKS = re.findall(r"^async def (check_\w+)", SCRIPT.read_text(), re.MULTILINE)

KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "x",
    "users": [{"name": "x", "user": {}}],
    "clusters": [{"name": "x", "cluster": {"server": "http://127.0.0.1:1"}}],
    "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    kubeconfig = tmp_path_factory.mktemp("hub") / "kubeconfig"
    kubeconfig.write_text(json.dumps(KUBECONFIG))
    found: dict[str, str] = json.loads(
        subprocess.run(
            [hub_python(), "-W", "ignore", str(SCRIPT)],
            env={**os.environ, "PYTHONPATH": str(FILES), "KUBECONFIG": str(kubeconfig), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
    )
    return found


@pytest.mark.parametrize("check", CHECKS)
def test_inside_the_hub(results: Mapping[str, str], check: str) -> None:
    assert results[check] == ""


def delivered(auth: dict[str, Any], **settings: Any) -> dict[str, Any]:
    made = hub_files(with_defaults({"hub_name": "prod", "jupyterhub_auth": auth, **settings}))
    return dict(made["hub"]["extraFiles"])


def modules(auth: dict[str, Any], **settings: Any) -> set[str]:
    return set(delivered(auth, **settings)) & set(MODULES)


def test_a_hub_gets_the_modules_that_it_needs() -> None:
    always = {"openhubs_profiles", "openhubs_shared_folder"}
    password = {"kind": "shared_password"}
    staff = [{"name": "GPU", "allowed_groups": ["uni:staff"]}]
    assert modules(password) == always
    assert modules(password, storage_shared_size="") == {"openhubs_profiles"}
    assert modules({"kind": "native"}) == always | {"openhubs_native"}
    assert modules({"kind": "github"}, jupyterhub_profiles=staff) == always | {"openhubs_github_teams"}
    assert modules({"kind": "oidc", "pseudonym_secret": "k" * 16}) == always | {"openhubs_pseudonyms"}


def test_the_entry_calls_each_module_and_is_python() -> None:
    entry = delivered({"kind": "native"})["openhubs"]
    assert entry["mountPath"] == "/usr/local/etc/jupyterhub/jupyterhub_config.d/openhubs.py"
    compile(entry["stringData"], "openhubs.py", "exec")
    for name in ("openhubs_profiles", "openhubs_shared_folder", "openhubs_native"):
        assert f'{name}.configure(c, z2jh.get_config("custom.openhubs"))' in entry["stringData"]


def test_a_short_key_for_pseudonyms_is_refused_without_showing_it() -> None:
    with pytest.raises(FleetError, match="pseudonym_secret is too short") as failure:
        delivered({"kind": "oidc", "pseudonym_secret": "hunter2"})
    assert "hunter2" not in str(failure.value)


def test_keys_of_google_are_files_of_the_hub() -> None:
    auth = {"kind": "google", "service_accounts": {"uni.edu": {"key": "{}", "admin": "root@uni.edu"}}}
    assert delivered(auth)["google_uni.edu"] == {
        "mountPath": "/usr/local/etc/jupyterhub/google/uni.edu.json",
        "stringData": "{}",
    }
