# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hub in, problems out: the tiers together, without Ansible."""

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.validate import Circumstances, Report, validate

STANDIN = str(Path(__file__).parents[3] / "roles/local/files/charts/jupyterhub")
GOOD: dict[str, Any] = {
    "hub_name": "prod",
    "cluster_name": "uni",
    "cluster_provider": "local",
    "hub_domain": "prod.uni.example.org",
    "hub_url": "https://prod.uni.example.org",
    "jupyterhub_auth": {"kind": "github", "client_id": "Iv1.0123456789", "client_secret": "0123456789abcdef"},
    "jupyterhub_admins": ["ada"],
    "jupyterhub_allowed_users": ["grace"],
}


def report(**variables: Any) -> Report:
    return validate({"prod.uni": {**GOOD, **variables}}, Circumstances(STANDIN, today="2026-11-24"))


def codes(**variables: Any) -> list[str]:
    return [problem.code for problem in report(**variables).problems]


def test_good_hub_has_no_problem() -> None:
    assert [problem.line() for problem in report().problems] == []


@pytest.mark.parametrize(
    ("variables", "code", "path", "hint"),
    [
        ({"jupyterhub_memmory": []}, "VAR001", "jupyterhub_memmory", "Did you mean jupyterhub_memory?"),
        ({"jupyterhub_admins": "ada"}, "VAR002", "jupyterhub_admins", ""),
        ({"hub_distribution": "reserch"}, "VAR003", "hub_distribution", "Did you mean research?"),
        ({"jupyterhub_profiles": [{"pool": "a"}]}, "VAR004", "jupyterhub_profiles[0].name", "Set it."),
        ({"jupyterhub_memory": ["2GB"]}, "GEN001", "jupyterhub_memory", ""),
        ({"jupyterhub_values": {"singleusr": {}}}, "SCH001", "jupyterhub_values.singleusr", "Did you mean singleuser?"),
        ({"jupyterhub_values": {"memory": {}}}, "SCH001", "jupyterhub_values.memory", "It belongs under singleuser."),
        (
            {"jupyterhub_values": {"cull": {"evry": None}}},
            "SCH001",
            "jupyterhub_values.cull.evry",
            "Did you mean every?",
        ),
        ({"jupyterhub_values": {"cull": {"every": "1h"}}}, "SCH002", "jupyterhub_values.cull.every", ""),
        ({"jupyterhub_values": {"hub": {"db": {"type": "sqlite"}}}}, "SCH003", "jupyterhub_values.hub.db.type", ""),
        ({"jupyterhub_values": {"singleuser": {"memory": {"limit": "1Gi"}}}}, "RES001", "", "Write 1G."),
    ],
)
def test_tiers(variables: dict[str, Any], code: str, path: str, hint: str) -> None:
    found = [problem for problem in report(**variables).problems if problem.code == code]
    assert found, report(**variables).problems
    assert not path or found[0].path == path
    assert hint in found[0].fix


def test_null_that_deletes_defaults() -> None:
    assert "NUL001" in codes(jupyterhub_values={"singleuser": {"memory": None}})


def test_warning_is_accepted_with_a_reason() -> None:
    values = {"singleuser": {"extraPodConfig": {"hostNetwork": True}}}
    warned = report(jupyterhub_values=values).problems
    assert [problem.code for problem in warned] == ["POD004"]
    accepted = report(jupyterhub_values=values, hub_accepted_warnings={"POD004": "one user a node"}).problems
    assert [problem.reason for problem in accepted] == ["one user a node"]


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ({"POD004": ""}, "ACC001"),
        ({"RES004": "no"}, "ACC001"),
        ({"NOPE": "no"}, "ACC001"),
        ({"POD004": "gone"}, "ACC002"),
    ],
)
def test_acceptance_is_checked_too(accepted: dict[str, str], code: str) -> None:
    assert codes(hub_accepted_warnings=accepted) == [code]


def test_what_follows_from_a_part_that_could_not_be_made_is_not_told() -> None:
    assert codes(jupyterhub_allowed_users=["a/b"]) == ["GEN001"]


def test_secrets_are_in_no_message() -> None:
    values = {
        "hub": {"db": {"password": {"is": "hunter2-hunter2"}}, "config": {"CryptKeeper": {"keys": ["hunter2-keys"]}}}
    }
    text = str([problem.as_dict() for problem in report(jupyterhub_values=values).problems])
    assert "SCH002" in text
    assert "hunter2" not in text


def test_problems_between_hubs_name_the_other() -> None:
    hosts = {"prod.uni": GOOD, "more.uni": {**GOOD, "hub_name": "more"}}
    found = [problem for problem in validate(hosts, Circumstances(STANDIN)).problems if problem.code == "FLT001"]
    assert {problem.host for problem in found} == set(hosts)
    assert "more.uni" in found[0].sentence


def test_hub_that_is_to_be_removed_is_in_nobodys_way() -> None:
    hosts = {"prod.uni": GOOD, "old.uni": {**GOOD, "hub_name": "old", "hub_state": "absent"}}
    assert not validate(hosts, Circumstances(STANDIN)).problems


def test_missing_chart_is_told_for_clouds_only() -> None:
    assumed = Circumstances(STANDIN, assumed=True)
    cloud = validate({"prod.uni": {**GOOD, "cluster_provider": "existing"}}, assumed)
    assert [problem.code for problem in cloud.problems] == ["CHT001"]
    assert not validate({"prod.uni": GOOD}, assumed).problems
