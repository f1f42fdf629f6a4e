# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fill the chart cache and pin charts: the Ansible surface of `plugin_utils.release.charts`."""

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release import charts
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.chart_cache import plan

ARGUMENTS = {
    "pin": {"type": "list", "elements": "str", "default": []},
    "lock": {"type": "path", "default": str(charts.LOCK)},
}


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = self.validate_argument_spec(ARGUMENTS)[1]
        lock = Path(arguments["lock"])
        try:
            before = lock.read_text()
            filling = plan(lock, arguments["pin"])
            if not self._task.check_mode:
                for chart, archive in filling.archives:
                    charts.store(chart, archive)
                lock.write_text(filling.lock)
        except FleetError as error:
            raise AnsibleActionFail(str(error)) from error
        return {
            "changed": bool(filling.archives) or filling.lock != before,
            "charts": [{**chart.summary(), "archive": str(chart.archive)} for chart in filling.charts],
            "diff": [{"before_header": str(lock), "after_header": str(lock), "before": before, "after": filling.lock}],
        }
