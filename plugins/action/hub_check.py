# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check a JupyterHub as its users meet it: the Ansible surface of `plugin_utils.hub_check.checks`."""

from collections.abc import Callable, Iterator
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check import memory
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check import table as check_table
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check.checks import CHECKS, CLEAN
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check.client import HubClient
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub_check.visit import Visit, check_users, service_token
from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubernetes import Connection

ARGUMENTS = {
    "url": {"type": "str", "required": True},
    "namespace": {"type": "str", "required": True},
    "connection": {"type": "dict", "required": True, "no_log": True},
    "users": {"type": "list", "elements": "str", "default": ["hub-check.1", "hub-check.2"]},
    "password": {"type": "str", "default": "", "no_log": True},
    "timeout": {"type": "int", "default": 300},
    "request_timeout": {"type": "int", "default": 30},
    "skip": {"type": "list", "elements": "str", "default": []},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path", "default": ""},
    "deployed": {"type": "str", "default": ""},
    "again": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)[1]
        host = (task_vars or {}).get("inventory_hostname", arguments["url"])
        try:
            return {**result, "changed": False, **self._check(arguments, lambda line: self._show(f"[{host}] {line}"))}
        except FleetError as error:
            raise AnsibleActionFail(str(error)) from error

    def _check(self, arguments: dict[str, Any], report: Callable[[str], None]) -> dict[str, Any]:
        """Return the message, the checks and whether one failed; each line of progress is reported."""
        first, second = check_users(arguments["users"])
        skip = arguments["skip"]
        check_table.refuse_unknown(CHECKS, skip)
        if self._task.check_mode:
            checks = check_table.plan(CHECKS, skip)
            return {"failed": False, "msg": check_table.summary(checks), "checks": checks}
        connection = Connection.parse(arguments["connection"])
        namespace, deployed = arguments["namespace"], arguments["deployed"]
        with connection.api() as api:
            if deployed and not arguments["again"] and memory.passed(api, namespace) == deployed:
                return {"failed": False, "msg": "The hub has passed its checks as it is deployed now.", "checks": []}
            token = service_token(api, namespace)
            memory.remember(api, namespace, "")
        verify = arguments["validate_certs"] and (arguments["ca_path"] or True)
        client = HubClient(arguments["url"], token=token, verify=verify, timeout=arguments["request_timeout"])
        visit = Visit(client, first, second, arguments["password"], arguments["timeout"], report)
        checks = [*reported(check_table.run(CHECKS, CLEAN, visit, skip), report)]
        failed = any(check["status"] == "failed" for check in checks)
        if not failed and not skip:
            with connection.api() as api:
                memory.remember(api, namespace, deployed)
        return {"failed": failed, "msg": check_table.summary(checks), "checks": checks}

    def _show(self, line: str) -> None:
        """Show a line of progress; the hub may take minutes to start a server."""
        self._display.display(line)


def reported(checks: Iterator[dict[str, Any]], report: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """Pass the checks on and report each on a line."""
    for check in checks:
        report("{status:7} {seconds:5.1f} s  {promise}".format_map(check))
        yield check
