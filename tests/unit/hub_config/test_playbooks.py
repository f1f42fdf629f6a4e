# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""validate.yml and show.yml on an inventory with a mistake in each kind of file: every problem names its line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

ROOT = Path(__file__).parents[3]
STANDIN = ROOT / "roles/local/files/charts/jupyterhub"
SECRET = "hunter2-hunter2-hunter2"
VAULTED = f"secret_github: {SECRET}\njupyterhub_idle_timeot: 1h\n"
FILES = {
    "hosts.yml": "all: {children: {uni: {hosts: {cluster.uni: , staging.uni: , prod.uni: }}}}\n",
    "group_vars/all/main.yml": (
        """ansible_connection: local
ansible_python_interpreter: "{{ ansible_playbook_python }}"
cluster_provider: existing
hub_domain: "{{ hub_name }}.{{ cluster_name }}.example.org"
hub_url: "https://{{ hub_domain }}"
jupyterhub_auth:
  kind: github
  client_id: Iv1.0123456789
  client_secret: "{{ secret_github }}"
jupyterhub_admins: [ada]
base_values:
  singleuser:
    cpu: {limit: two}
"""
    ),
    "group_vars/uni.yml": (
        """cluster_kubernetes_version: "1.27"
"""
    ),
    "host_vars/prod.uni.yml": (
        """hub_distribution: reserch
jupyterhub_values: "{{ base_values | combine(own_values, recursive=true) }}"
own_values:
  singleuser:
    memory:
      limit: 512Mi
    extraEnv: {A: b}
    extraEnv:
      URL: "{{ hub_url }}/${HOME}"
  hub:
    config:
      GitHubOAuthenticator:
        allowed_orgs: [uni]
"""
    ),
}


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("inventory")
    for name, text in FILES.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (root / "zz_constructed.yml").write_text((ROOT / "inventories/local/zz_constructed.yml").read_text())
    (root.parent / "password").write_text("open-sesame")
    vault = VaultLib([("default", VaultSecret(b"open-sesame"))])
    (root / "group_vars/all/vault.yml").write_bytes(vault.encrypt(VAULTED))
    return root


def play(inventory: Path, playbook: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("ansible-playbook"), f"playbooks/{playbook}", "-i", inventory, *arguments]
    secret = ["--vault-password-file", inventory.parent / "password", "-e", f"validate_chart={STANDIN}"]
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "COLUMNS": "400"}
    run = [str(part) for part in [*command, *secret]]
    return subprocess.run(run, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def validated(inventory: Path) -> tuple[subprocess.CompletedProcess[str], list[dict[str, Any]]]:
    report = inventory.parent / "report.json"
    ran = play(inventory, "validate.yml", "-e", f"validate_report={report}")
    return ran, json.loads(report.read_text())


@pytest.mark.parametrize(
    ("code", "variable", "file", "place"),
    [
        ("VAR003", "hub_distribution", "host_vars/prod.uni.yml", (1, 19)),
        # through a template and a merge of two mappings
        ("RES001", "jupyterhub_values.singleuser.memory.limit", "host_vars/prod.uni.yml", (6, 14)),
        ("SCH002", "jupyterhub_values.singleuser.cpu.limit", "group_vars/all/main.yml", (13, 18)),
        ("TRA004", "jupyterhub_values.hub.config.GitHubOAuthenticator.allowed_orgs", "host_vars/prod.uni.yml", (13, 9)),
        ("TPL001", "jupyterhub_values.singleuser.extraEnv.URL", "host_vars/prod.uni.yml", (9, 12)),
        ("YAM001", "own_values.singleuser.extraEnv", "host_vars/prod.uni.yml", (8, 5)),
        # in a file of the vault
        ("VAR001", "jupyterhub_idle_timeot", "group_vars/all/vault.yml", (2, 1)),
    ],
)
def test_problem_names_its_line(validated: Any, code: str, variable: str, file: str, place: tuple[int, int]) -> None:
    _, problems = validated
    found = [each for each in problems if each["code"] == code and each["variable"] == variable]
    assert found, sorted((each["code"], each["variable"]) for each in problems)
    assert found[0]["file"].endswith(file)
    assert (found[0]["line"], found[0]["column"]) == place


def test_exit_status_tells_of_errors(validated: Any) -> None:
    ran, _ = validated
    assert ran.returncode == 2
    assert "RES001" in ran.stdout


def test_secret_is_neither_printed_nor_reported(inventory: Path, validated: Any) -> None:
    ran, problems = validated
    assert SECRET not in ran.stdout + ran.stderr + str(problems)
    shown = play(inventory, "show.yml", "-l", "staging.uni", "-vv").stdout
    assert "(secret of 23 characters)" in shown
    assert SECRET not in shown


def test_vaulted_secret_is_not_plain(validated: Any) -> None:
    assert "SEC001" not in [each["code"] for each in validated[1]]


def test_show_tells_what_set_each_value(inventory: Path) -> None:
    shown = play(inventory, "show.yml", "-l", "prod.uni").stdout
    assert 'singleuser.memory.limit: "512Mi"  # ' in shown
    assert "host_vars/prod.uni.yml:6:14" in shown


def test_check_mode_writes_no_report(inventory: Path) -> None:
    report = inventory.parent / "none.json"
    play(inventory, "validate.yml", "--check", "-e", f"validate_report={report}")
    assert not report.exists()
