# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The promises that hold for every role and plugin of the collection, whoever writes the next one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ROLES = sorted(path for path in (ROOT / "roles").iterdir() if path.is_dir())
PLUGINS = [
    (kind, path.stem)
    for kind, folder in (("module", "modules"), ("filter", "filter"))
    for path in sorted((ROOT / "plugins" / folder).glob("*.py"))
]


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text()) or {}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
class TestRole:
    def test_has_all_files(self, role: Path) -> None:
        wanted = ["README.md", "defaults/main.yml", "meta/main.yml", "meta/argument_specs.yml", "tasks/main.yml"]
        assert [name for name in wanted if not (role / name).is_file()] == []

    def test_defaults_are_those_of_the_argument_specs(self, role: Path) -> None:
        options = load(role / "meta/argument_specs.yml")["argument_specs"]["main"].get("options", {})
        specified = {name: option["default"] for name, option in options.items() if "default" in option}
        assert load(role / "defaults/main.yml") == specified

    def test_owns_its_variables(self, role: Path) -> None:
        assert [name for name in load(role / "defaults/main.yml") if not name.startswith(f"{role.name}_")] == []

    def test_required_options_have_no_default(self, role: Path) -> None:
        specs = load(role / "meta/argument_specs.yml")["argument_specs"]
        both = [
            name
            for spec in specs.values()
            for name, option in spec.get("options", {}).items()
            if option.get("required") and "default" in option
        ]
        assert both == []

    def test_empty_dictionaries_are_valid_where_they_are_the_default(self, role: Path) -> None:
        options = load(role / "meta/argument_specs.yml")["argument_specs"]["main"].get("options", {})
        invalid = [
            f"{name}.{key}"
            for name, option in options.items()
            if option.get("default") == {}
            for key, part in option.get("options", {}).items()
            if part.get("required")
        ]
        assert invalid == []


@pytest.mark.parametrize("action", sorted(path.stem for path in (ROOT / "plugins/action").glob("*.py")))
def test_every_action_is_documented_as_a_module(action: str) -> None:
    assert (ROOT / "plugins/modules" / f"{action}.py").is_file()


def test_ansible_doc_knows_everything() -> None:
    names: dict[str, list[str]] = {"role": [f"openhubs.fleet.{role.name}" for role in ROLES]}
    for kind, name in PLUGINS:
        names.setdefault(kind, []).append(f"openhubs.fleet.{name}")
    for kind, wanted in names.items():
        answer = subprocess.run(
            [str(Path(sys.executable).with_name("ansible-doc")), "--type", kind, "--json", *wanted],
            cwd=ROOT,
            env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
            capture_output=True,
            text=True,
            check=True,
        )
        documented = json.loads(answer.stdout)
        assert sorted(documented) == sorted(wanted), answer.stderr
