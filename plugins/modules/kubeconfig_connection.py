# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: kubeconfig_connection
short_description: Read how to reach a cluster from a kubeconfig
version_added: 0.1.0
description:
  - Reads a context of a kubeconfig and returns it in the form of the fact C(cluster_connection).
  - Refuses a context that leads to another API server than the inventory's, so that a change never reaches the wrong
    cluster.
  - The result is never shown, as with C(no_log). A failure is.
  - Understands tokens, token files, client certificates (as data or files) and credential plugins (C(exec)).
options:
  kubeconfig:
    description: Path of the kubeconfig.
    type: path
    required: true
  context:
    description: Name of the context. The current context of the file is never used.
    type: str
    required: true
  api_url:
    description: URL of the API server that the context must lead to.
    type: str
    required: true
  probe:
    description: Also ask the API server for its version, which shows that it can be reached and takes the credential.
    type: bool
    default: false
attributes:
  check_mode:
    description: Reads only; the same in check mode.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
author:
  - The openhubs.fleet authors (@openhubs)
"""

EXAMPLES = r"""
- name: The cluster is known
  openhubs.fleet.kubeconfig_connection:
    kubeconfig: ~/.kube/config
    context: campus
    api_url: https://10.0.0.10:6443
  register: __existing_cluster
"""

RETURN = r"""
connection:
  description: C(api_url), C(ca), and C(token) or C(client_certificate) and C(client_key). Holds a secret.
  type: dict
  returned: success
kubernetes_version:
  description: Version of the API server; empty without O(probe).
  type: str
  returned: success
  sample: 1.35.4
"""
