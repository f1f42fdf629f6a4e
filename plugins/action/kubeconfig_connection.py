# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a connection from a kubeconfig: the Ansible surface of `plugin_utils.kubeconfig`."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubeconfig import read_connection
from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubernetes import Connection

ARGUMENTS = {
    "kubeconfig": {"type": "path", "required": True},
    "context": {"type": "str", "required": True},
    "api_url": {"type": "str", "required": True},
    "probe": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        tempfile.tempdir = constants.DEFAULT_LOCAL_TMP  # Ansible removes it even when the run is interrupted
        arguments = self.validate_argument_spec(ARGUMENTS)[1]
        try:
            connection = read_connection(
                Path(arguments["kubeconfig"]).expanduser(), arguments["context"], arguments["api_url"]
            )
            version = server_version(connection) if arguments["probe"] else ""
        except FleetError as error:
            raise AnsibleActionFail(str(error)) from error
        # the credential is never shown; a failure is, which `no_log` of the task would hide as well
        secret = {"_ansible_no_log": True, "connection": asdict(connection)}
        return {"changed": False, **secret, "kubernetes_version": version}


def server_version(connection: Connection) -> str:
    """Return the version of the API server, such as ``1.35.4``. The request needs the credential to be good."""
    with connection.api() as api:
        api.request("GET", "/api")  # /version is answered to anybody; this only to those who are known
        version: str = json.loads(api.request("GET", "/version"))["gitVersion"]
        return version.removeprefix("v")
