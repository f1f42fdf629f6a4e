# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter `nbgitpuller_link`: a thin surface over `plugin_utils.hub.content`."""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub import content

DOCUMENTATION = r"""
name: nbgitpuller_link
short_description: Make the link that brings a repository into a user's home
version_added: 0.1.0
author: the openhubs.fleet authors
description:
  - Returns a link for web pages and course management systems. Who follows it logs in to the hub, gets a server, and
    finds the repository pulled by nbgitpuller and opened.
  - The image needs the package C(nbgitpuller).
positional: _input, hub_url
options:
  _input:
    description: An entry of C(jupyterhub_content).
    type: dict
    required: true
  hub_url:
    description: Base URL of the hub.
    type: str
    required: true
  interface:
    description: Interface that opens it.
    type: str
    choices: [lab, notebook, rstudio]
    default: lab
"""

EXAMPLES = r"""
- name: Links to all material of the hub
  ansible.builtin.debug:
    msg: "{{ item | openhubs.fleet.nbgitpuller_link(hub_url, interface=jupyterhub_interface) }}"
  loop: "{{ jupyterhub_content }}"
"""

RETURN = r"""
_value:
  description: The link.
  type: str
"""


def nbgitpuller_link(entry: dict[str, Any], hub_url: str, interface: str = "lab") -> str:
    try:
        return content.nbgitpuller_link(entry, hub_url, interface)
    except FleetError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"nbgitpuller_link": nbgitpuller_link}
