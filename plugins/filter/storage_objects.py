# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter `storage_objects`: a thin surface over `plugin_utils.hub.storage`."""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import with_defaults
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.storage import storage_objects as objects

DOCUMENTATION = r"""
name: storage_objects
short_description: Turn the variables of a hub into the volumes and claims of its data
version_added: 0.1.0
author: the openhubs.fleet authors
description:
  - Returns Kubernetes objects. The claim C(home) of the users' homes, and the PersistentVolumes behind it and behind
    the hub's database where C(cluster_volumes) gives sources for them.
  - All of them carry C(helm.sh/resource-policy=keep), so that deleting a release deletes no data.
options:
  _input:
    description: The hub's variables under their full names. C(hub_name) and C(cluster_volumes) are needed.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Volume and claim for homes on an NFS server
  ansible.builtin.debug:
    msg: "{{ settings | openhubs.fleet.storage_objects }}"
  vars:
    settings:
      hub_name: prod
      cluster_volumes:
        homes:
          nfs: {server: 10.0.0.2, path: /homes/prod}
"""

RETURN = r"""
_value:
  description: Objects for the chart C(objects).
  type: list
  elements: dict
"""


def storage_objects(settings: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        return objects(with_defaults(settings))
    except FleetError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"storage_objects": storage_objects}
