# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring a Helm release to its desired state: the Ansible surface of `plugin_utils.release.engine`."""

import json
import tempfile
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubernetes import Connection
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release import charts
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.engine import Desired, ReleaseEngine

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "namespace": {"type": "str", "required": True},
    "chart": {"type": "str"},
    "values": {"type": "dict", "default": {}},
    "connection": {"type": "dict", "required": True, "no_log": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "timeout": {"type": "int", "default": 600},
    "history": {"type": "int", "default": 10},
    "drift": {"type": "bool", "default": False},
    "helm": {"type": "path", "default": "helm"},
}
STANDIN_PROVIDER = "local"


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        tempfile.tempdir = constants.DEFAULT_LOCAL_TMP  # Ansible removes it even when the run is interrupted
        arguments = self.validate_argument_spec(ARGUMENTS, required_if=[("state", "present", ["chart"])])[1]
        if self._task.check_mode and not arguments["connection"]:
            return before_the_cluster(arguments)
        try:
            connection = Connection.parse(arguments["connection"])
            with connection.api() as api:
                say = self._display.display
                engine = ReleaseEngine(connection, api, arguments["helm"], self._task.check_mode, say)
                if arguments["state"] == "absent":
                    outcome = engine.absent(arguments["name"], arguments["namespace"], arguments["timeout"])
                    return outcome.result()
                desired = self._desired(arguments, task_vars or {})
                return {
                    **engine.present(desired, repair=arguments["drift"]).result(),
                    "digest": desired.digest,
                    "chart": desired.chart.summary(),
                }
        except FleetError as error:
            raise AnsibleActionFail(str(error)) from None

    def _desired(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> Desired:
        """Return the release that the task asks for."""
        chart = charts.select(arguments["chart"], self._standins(task_vars))
        if chart.standin:
            self._display.display(
                f"[{arguments['name']}] {chart.name} is installed from the stand-in chart {chart.version}, not from "
                "the published one: for trying and for tests only."
            )
        return Desired(
            name=arguments["name"],
            namespace=arguments["namespace"],
            chart=chart,
            # plain JSON: without Ansible's tags and lazy values
            values=json.loads(json.dumps(arguments["values"], default=str)),
            timeout=arguments["timeout"],
            history=arguments["history"],
        )

    def _standins(self, task_vars: dict[str, Any]) -> dict[str, str]:
        """Return the stand-in charts of the cluster (name -> folder), which only the provider `local` may have."""
        template = self._templar.template
        standins: dict[str, str] = template(task_vars.get("cluster_charts", {}))
        provider = template(task_vars.get("cluster_provider", ""))
        if standins and provider != STANDIN_PROVIDER:
            raise FleetError(
                f"cluster_charts is set ({', '.join(standins)}) on a cluster with cluster_provider: {provider}. "
                f"Stand-in charts are for {STANDIN_PROVIDER} only: remove the variable."
            )
        return standins


def before_the_cluster(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return what check mode says while the cluster is still to be made: nobody can render for it, all would be new."""
    release = f"{arguments['name']} in {arguments['namespace']}"
    if arguments["state"] == "absent":
        return {"changed": False, "msg": f"There is no cluster and no release {release}."}
    return {
        "changed": True,
        "msg": f"Release {release} would be installed on the new cluster (chart {arguments['chart']}).",
    }
