# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: helm_release
short_description: Bring a Helm release to its desired state
version_added: 0.1.0
description:
  - Installs, upgrades or removes a release of a chart that is pinned in C(charts/lock.yml), or of this collection's
    own chart C(objects).
  - A release that is as desired costs one request for metadata and no helm process. A changed one is rendered in a dry
    run on the API server and compared object by object with what is installed; then it is upgraded.
  - An upgrade that fails is explained (the object that is not ready, its events, its last log lines, what to try) and
    rolled back. It is stopped early when a pod's image cannot be pulled, or its container cannot be made or keeps
    crashing.
  - A release that a killed run left half-done is recovered first.
options:
  name:
    description: Name of the release.
    type: str
    required: true
  namespace:
    description: Namespace of the release. It is created when missing.
    type: str
    required: true
  chart:
    description: Name of the chart in C(charts/lock.yml), or C(objects). Required for O(state=present).
    type: str
  values:
    description: All values of the release; those of earlier revisions are not kept.
    type: dict
    default: {}
  connection:
    description: How to reach the cluster, as the provider's role sets it in the fact C(cluster_connection).
    type: dict
    required: true
  state:
    description: Whether the release should be there.
    type: str
    choices: [present, absent]
    default: present
  timeout:
    description: Seconds to wait until everything is ready, and again for a rollback.
    type: int
    default: 600
  history:
    description: Number of revisions to keep. One that can be rolled back to is always among them.
    type: int
    default: 10
  drift:
    description: Also compare with the live objects, and repair those that were edited or deleted by hand.
    type: bool
    default: false
  helm:
    description: Name or path of the program helm, 4.1 or newer.
    type: path
    default: helm
attributes:
  check_mode:
    description: Can run in check mode and predict changes without writing anything.
    support: full
  diff_mode:
    description: Shows what changes in each object. Values of Secrets and other known secrets are hidden.
    support: full
author:
  - The openhubs.fleet authors (@openhubs)
"""

EXAMPLES = r"""
- name: JupyterHub is installed
  openhubs.fleet.helm_release:
    name: prod
    namespace: prod
    chart: jupyterhub
    values: "{{ jupyterhub_settings | openhubs.fleet.jupyterhub_values }}"
    connection: "{{ cluster_connection }}"

- name: The hub's own objects are installed
  openhubs.fleet.helm_release:
    name: prod-storage
    namespace: prod
    chart: objects
    values:
      objects: "{{ storage_objects }}"
    connection: "{{ cluster_connection }}"
"""

RETURN = r"""
revision:
  description: Number of the release's newest revision; 0 when there was none.
  type: int
  returned: success
digest:
  description: Digest of the desired state, which the release carries as the label C(openhubs.fleet/digest).
  type: str
  returned: when O(state=present)
chart:
  description: The chart's name, version and sha256, and whether it is the stand-in for tests.
  type: dict
  returned: when O(state=present)
  sample: {name: jupyterhub, version: 4.4.0, sha256: 9c1d..., standin: false}
objects:
  description: Names of the objects that were created, changed, deleted, or left behind because they are to be kept.
  type: dict
  returned: success
  sample: {created: [], changed: [Deployment hub, Secret hub], deleted: [], kept: []}
"""
