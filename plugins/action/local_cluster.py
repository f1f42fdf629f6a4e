# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start or remove a Kubernetes cluster on this machine: the Ansible surface of `plugin_utils.local.cluster`."""

import re
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import cluster
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.once import Say
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.settings import Cluster

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "state_dir": {"type": "path"},
    "api_port": {"type": "int", "default": 26443},
    "node": {"type": "bool", "default": True},
    "kwok_nodes": {"type": "int", "default": 0},
    "forwards": {"type": "list", "elements": "int", "default": []},
}
STATE_DIR = "~/.local/state/openhubs"
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?")  # becomes the name of a cgroup and of a folder


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = self.validate_argument_spec(ARGUMENTS)[1]
        check = self._task.check_mode
        try:
            wanted = described(arguments)
            if arguments["state"] == "absent":
                actions = cluster.absent(wanted, check=check)
                return {"changed": bool(actions), "actions": actions}
            actions = cluster.present(wanted, arguments["forwards"], self._say(wanted.name), check=check)
        except FleetError as error:
            raise AnsibleActionFail(str(error)) from error
        return {
            "changed": bool(actions),
            "actions": actions,
            "kubeconfig": str(wanted.path("kubeconfig")),
            "helm": str(wanted.path("bin", "helm")),
        }

    def _say(self, name: str) -> Say:
        """Return what shows a line of progress; compiling takes minutes."""
        return lambda line: self._display.display(f"[{name}] {line}")


def described(arguments: dict[str, Any]) -> Cluster:
    """Return the cluster that the arguments describe.

    Errors: FleetError for a value that is not allowed.
    """
    name, fake = arguments["name"], arguments["kwok_nodes"]
    if not NAME.fullmatch(name):
        raise FleetError(f"name: {name!r} has to be of lower-case letters, digits and hyphens inside, 42 at most.")
    for port in (arguments["api_port"], *arguments["forwards"]):
        if not 0 < port < 1 << 16:
            raise FleetError(f"{port} is no port: use one between 1 and 65535.")
    if fake < 0:
        raise FleetError(f"kwok_nodes: {fake} is less than 0.")
    folder = Path(arguments["state_dir"] or f"{STATE_DIR}/{name}").expanduser()
    return Cluster(name, folder.resolve(), arguments["api_port"], arguments["node"], fake)
