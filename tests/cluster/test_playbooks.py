# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The actions and the role `existing` as playbooks use them."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubernetes import Connection

from .world import World

pytest_plugins = ("cluster.world",)
ROOT = Path(__file__).parents[2]
SECRET = "hunter22-of-the-vault"
PLAYBOOK = """
- name: A cluster of somebody else
  hosts: cluster.campus
  gather_facts: false
  tasks:
    - {name: Cluster, ansible.builtin.include_role: {name: openhubs.fleet.existing}}

- name: A hub on it
  hosts: hub.campus
  gather_facts: false
  tasks:
    - {name: Connect, ansible.builtin.include_tasks: "{{ root }}/playbooks/tasks/connect.yml"}
    - {name: Hub, ansible.builtin.include_role: {name: openhubs.fleet.existing, tasks_from: hub}}
    - name: Release
      openhubs.fleet.helm_release:
        name: hub
        namespace: "{{ namespace }}"
        chart: objects
        values:
          objects:
            - {apiVersion: v1, kind: Secret, metadata: {name: keys}, stringData: {password: "{{ password }}"}}
        connection: "{{ cluster_connection }}"
        helm: "{{ helm_binary }}"
"""


@pytest.fixture
def inventory(world: World, tmp_path: Path) -> Path:
    """Return a folder with the playbook and an inventory of one hub on a cluster of somebody else."""
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(world.connection.kubeconfig()))
    (tmp_path / "play.yml").write_text(PLAYBOOK)
    (tmp_path / "vault").write_text("password of the vault\n")
    encrypt = ["ansible-vault", "encrypt_string", "--vault-password-file", "vault", "--name", "password", SECRET]
    vaulted = subprocess.run(encrypt, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    variables = {
        "ansible_connection": "local",
        "root": str(ROOT),
        "cluster_provider": "existing",
        "cluster_name": "campus",
        "cluster_api_url": world.connection.api_url,
        "existing_kubeconfig": str(tmp_path / "kubeconfig"),
        "existing_context": "context",
        "existing_home_storage_class": "cephfs",
        "hub_domain": "hub.example.org",
        "namespace": world.namespace,
        "helm_binary": str(world.helm),
    }
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars/all.yml").write_text(yaml.safe_dump(variables) + vaulted)
    (tmp_path / "hosts.yml").write_text("all: {hosts: {cluster.campus: , hub.campus: }}")
    return tmp_path


def play(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run the playbook, as talkative as can be; return its exit code and all that it says."""
    command = ["ansible-playbook", "-vvvv", "--diff", "-i", "hosts.yml", "--vault-password-file", "vault", "play.yml"]
    settings = {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"), "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"}
    environment = {**os.environ, **settings}
    done = subprocess.run(
        [*command, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def changed(output: str, host: str) -> int:
    found = re.search(rf"^{host} .*changed=(\d+)", output, re.MULTILINE)
    assert found, output
    return int(found[1])


def secrets(connection: Connection) -> list[str]:
    """Return what must not be read: line by line, as a key might be shown in part."""
    lines = [line for secret in connection.secrets for line in secret.splitlines() if "-----" not in line]
    return [SECRET, *lines]


def test_create_in_check_mode_for_real_and_again_without_a_secret_in_sight(world: World, inventory: Path) -> None:
    outputs = []
    for arguments, wanted in ((["--check"], 1), ([], 1), (["--check"], 0), ([], 0)):
        code, output = play(inventory, *arguments)
        assert (code, changed(output, r"hub\.campus"), changed(output, r"cluster\.campus")) == (0, wanted, 0), output
        outputs.append(output)
    assert "+  password: '********'" in outputs[0]
    assert [secret for secret in secrets(world.connection) if secret in "".join(outputs)] == []
    assert world.get("secrets", "keys")


def test_the_standin_is_for_the_provider_local_only(inventory: Path) -> None:
    code, output = play(inventory, "-e", '{"cluster_charts": {"jupyterhub": "/standin"}}')
    assert code != 0
    assert "Stand-in charts are for local only" in output


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("cluster_api_url=https://127.0.0.1:1", "may be the wrong cluster"),
        ("existing_context=other", "has no context 'other': it has context"),
        ("existing_minimum_version=99.0", "or newer"),
        ("existing_home_storage_class=", "Nothing or too much says where the homes"),
    ],
)
def test_what_does_not_fit_stops_the_run_with_a_sentence(inventory: Path, wrong: str, words: str) -> None:
    code, output = play(inventory, "-e", wrong)
    assert code != 0
    assert words in " ".join(output.split())
