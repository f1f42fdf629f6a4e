# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter `jupyterhub_values`: a thin surface over `plugin_utils.hub.values`."""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.values import hub_values

DOCUMENTATION = r"""
name: jupyterhub_values
short_description: Turn the variables of a hub into values of the JupyterHub chart
version_added: 0.1.0
author: the openhubs.fleet authors
description:
  - Returns the complete values for the chart C(jupyterhub) (Zero to JupyterHub for Kubernetes 4.4.0).
  - Values are merged in this order, dictionaries key by key, lists as a whole. First what the variables ask for, then
    C(cluster_jupyterhub_values) of the hub's provider, last C(jupyterhub_values).
  - The result holds the login's secrets wherever the variables do.
options:
  _input:
    description: The hub's variables under their full names. Missing ones have the defaults of their role.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Values of a hub for two people who log in with GitHub
  ansible.builtin.debug:
    msg: "{{ settings | openhubs.fleet.jupyterhub_values }}"
  vars:
    settings:
      hub_name: prod
      hub_url: https://prod.uni.example.org
      hub_distribution: research
      jupyterhub_admins: [ada]
      jupyterhub_allowed_users: [grace]
      jupyterhub_auth:
        kind: github
        client_id: Iv1.0123456789abcdef
        client_secret: "{{ vaulted_client_secret }}"
"""

RETURN = r"""
_value:
  description: Values of the chart.
  type: dict
"""


def jupyterhub_values(settings: dict[str, Any]) -> dict[str, Any]:
    try:
        return hub_values(settings)
    except FleetError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"jupyterhub_values": jupyterhub_values}
