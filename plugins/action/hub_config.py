# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validate the configuration of all hosts of a play: the Ansible surface of `plugin_utils.hub.validate`."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.deep import deep_findings
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.image_registry import is_missing
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.places import layers
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Level, Problem, distinct
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.redact import masked, redact, secrets
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.spec import AT_RUN_TIME, concerns
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.validate import (
    Circumstances,
    Report,
    problems_of,
    validate,
)
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release import charts

ARGUMENTS = {
    "chart": {"type": "path"},
    "deep": {"type": "bool", "default": False},
    "effective": {"type": "bool", "default": False},
    "fail": {"type": "bool", "default": True},
    "helm": {"type": "path", "default": "helm"},
    "images": {"type": "bool", "default": False},
    "previous": {"type": "dict", "default": {}},
    "report": {"type": "path"},
}
STANDIN = Path(__file__).resolve().parents[2] / "roles" / "local" / "files" / "charts" / "jupyterhub"


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        arguments = self.validate_argument_spec(ARGUMENTS)[1]
        variables = task_vars or {}
        hosts, broken = {}, []
        for host in variables["ansible_play_hosts"]:
            hosts[host], unread = self._settings(host, variables["hostvars"][host])
            broken += unread
        try:
            circumstances = self._circumstances(arguments)
            report = validate(hosts, circumstances)
            if arguments["images"]:
                gone = self._missing_images(report)
                report = validate(hosts, replace(circumstances, missing_images=gone)) if gone else report
            deep = deep_findings(report.hubs.values(), circumstances.chart) if arguments["deep"] else []
            values = {host: hub.values for host, hub in report.hubs.items()}
            broken += problems_of(deep, hosts, values)
        except FleetError as error:
            raise AnsibleActionFail(str(error)) from error
        problems = broken + report.problems
        if arguments["report"] and not self._task.check_mode:
            lines = json.dumps([problem.as_dict() for problem in problems], indent=1)
            Path(arguments["report"]).write_text(f"{lines}\n")
        self._tell(problems)
        shown = effective(report) if arguments["effective"] else {}
        for host, hub in shown.items():
            self._display.display("\n".join(["", f"{host}:", *hub.pop("lines")]))
        failed = [problem for problem in problems if problem.level is Level.ERROR]
        if failed and arguments["fail"]:
            # the problems are on the screen already: Ansible would print the whole result once more
            return {**result, "failed": True, "msg": summary(problems, len(hosts))}
        return {
            **result,
            "changed": False,
            "msg": summary(problems, len(hosts)),
            "problems": [problem.as_dict() for problem in problems],
            "errors": {host: [each.line() for each in failed if each.host == host] for host in hosts},
            "hubs": shown,
        }

    def _settings(self, host: str, variables: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
        """Return the collection's variables of a host, templated, and what could not be."""
        settings, problems = {}, []
        for name in variables:
            if concerns(name):
                try:
                    settings[name] = plain(variables[name])
                except AnsibleError as error:
                    if name not in AT_RUN_TIME:
                        problems.append(Problem("VAR005", Level.ERROR, host, name, _sentence(error)))
        return settings, problems

    def _missing_images(self, report: Report) -> frozenset[str]:
        """Return the images of the hubs that their registries do not have; of what cannot be asked, say so."""
        gone = set()
        for image in sorted({image for hub in report.hubs.values() for image in images(hub)}):
            try:
                if is_missing(image):
                    gone.add(image)
            except FleetError as error:
                self._display.warning(str(error))
        return frozenset(gone)

    def _circumstances(self, arguments: Mapping[str, Any]) -> Circumstances:
        """Return what is known beside the variables: the chart, the date, Helm, how files are read."""
        loader = self._loader

        @cache
        def read(file: str) -> str:
            path = Path(file)
            return path.read_text(errors="replace") if path.is_file() else ""

        @cache
        def decrypt(file: str) -> str:
            text = read(file)
            return str(loader.get_text_file_contents(file)) if text.startswith("$ANSIBLE_VAULT") else text

        pinned = arguments["chart"] or pinned_archive()
        today = datetime.now(UTC).date().isoformat()
        return Circumstances(
            chart=pinned or str(STANDIN),
            assumed=not pinned,
            read=read,
            decrypt=decrypt,
            today=today,
            helm=helm_version(arguments["helm"]),
            previous=plain(arguments["previous"]),
        )

    def _tell(self, problems: list[Problem]) -> None:
        """Print the problems: errors last, where they are seen."""
        for problem in sorted(
            distinct(problems), key=lambda each: (each.level is Level.ERROR and not each.reason, each.code)
        ):
            self._display.display(problem.line(), color="red" if problem.level is Level.ERROR else None)


def helm_version(program: str) -> str:
    """Return the version of Helm; an empty text where it is not there (then nothing is deployed from here)."""
    try:
        answer = subprocess.run(
            [program, "version", "--short"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip()


def images(hub: Hub) -> set[str]:
    """Return the images that servers of a hub start with, as far as they are given."""
    named = [hub.image.value, *(setting.value for trait, setting in hub.overridden if trait == "image")]
    return {str(image) for image in named if isinstance(image, str) and "{" not in image}


def pinned_archive() -> str | None:
    """Return the pinned chart's archive when it is in the cache."""
    chart = charts.locked("jupyterhub")
    return str(charts.fetch(chart)) if chart.sha256 and chart.archive.is_file() else None


def plain(value: Any) -> Any:
    """Return a copy without lazy containers: they are templated here; texts and keys keep their origin."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def _sentence(error: Exception) -> str:
    """Return the first sentence of an error of Ansible."""
    return f"it cannot be read: {str(error).splitlines()[0].rstrip('.')}."


def summary(problems: list[Problem], hosts: int) -> str:
    """Return how much was found, in one line."""
    errors = sum(problem.level is Level.ERROR for problem in problems)
    accepted = sum(bool(problem.reason) for problem in problems)
    warnings = len(problems) - errors - accepted
    return f"{errors} errors, {warnings} warnings ({accepted} more accepted) on {hosts} hosts."


def effective(report: Report) -> dict[str, Any]:
    """Return the values of each hub and where each of them comes from, without anything secret."""
    return {host: _effective(hub) for host, hub in report.hubs.items()}


def _effective(hub: Hub) -> dict[str, Any]:
    hidden = frozenset(secrets(hub.settings)) | frozenset(secrets(hub.values))
    rows = [{**row, "value": shown(row["path"], row["value"], hidden)} for row in layers(hub)]
    lines = [f"{row['path']}: {row['value']}  # {row['layer']}" for row in rows]
    return {"values": masked(hub.values), "settings": rows, "lines": lines}


def shown(path: str, value: Any, hidden: frozenset[str]) -> str:
    """Return a value as one short line of JSON; a secret as what may be told of it."""
    text = json.dumps(masked({path.rpartition(".")[2]: value}).popitem()[1], default=str)
    return redact(text if len(text) <= WIDTH else f"{text[:WIDTH]}...", hidden)


WIDTH = 100
