# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation of the action plugin of the same name, which does all the work."""

DOCUMENTATION = r"""
module: hub_check
short_description: Check that a JupyterHub works for its users and keeps them apart
version_added: 0.1.0
author:
  - The openhubs.fleet authors (@openhubs)
description:
  - Two check users do through the hub's public address what users do, and try what users must not be able to do.
    Everything they make is removed at the end, whatever happens; so is what a killed run has left.
  - The checks are, in this order, C(hub) (the hub answers), C(users) (the check users are created), C(login) (the
    login form takes the right password only), C(start) (a server of the default profile starts), C(lab) (JupyterLab
    opens), C(cell) (a cell runs over the kernel's websocket), C(home) (a file is written in the home), C(hub_api)
    (the hub is reached from a server), C(service_account) (no Kubernetes credential is mounted in a server),
    C(api_server) and C(metadata) (neither the Kubernetes API nor the cloud's metadata service is reached from a
    server), C(other_start) (a second user's server starts), C(other_http), C(other_file) and C(other_pod) (the second
    user reaches neither the first one's server through the proxy, nor their file, nor their pod), C(stop),
    C(start_again), C(home_kept) (the file is still there) and C(clean) (nothing is left behind).
  - A hub that passed all of them is left alone as long as O(deployed) stays the same.
  - A check that fails does not end the run; the checks that need it are skipped. The task fails at the end with all
    that was found.
  - The power to do this is the token of the hub's service C(hub-check), read from the Secret C(hub) and never shown.
    Its scopes are C(admin:users), C(servers) and C(access:servers) of the check users alone.
attributes:
  check_mode:
    description: Does nothing, and says what it would check.
    support: full
  diff_mode:
    description: There is never a difference.
    support: none
options:
  url:
    description: Base URL of the hub as its users type it, such as V(https://prod.uni.example.org).
    type: str
    required: true
  namespace:
    description: Namespace that the hub runs in.
    type: str
    required: true
  connection:
    description:
      - How to reach the cluster, to read the service's token. It holds C(api_url), C(ca) and either C(token), or
        C(client_certificate) and C(client_key).
    type: dict
    required: true
  users:
    description:
      - Names of the two check users, in lower case and beginning with V(hub-check). Users of these names are deleted.
    type: list
    elements: str
    default: [hub-check.1, hub-check.2]
  password:
    description: Password with which the first check user may log in at the form. The check C(login) is skipped without.
    type: str
    default: ""
  timeout:
    description: Seconds that a server may take to start, or to stop.
    type: int
    default: 300
  request_timeout:
    description: Seconds that one request may take, and that the hub may take to answer the first one.
    type: int
    default: 30
  skip:
    description: Names of checks to leave out, together with those that need them.
    type: list
    elements: str
    default: []
  validate_certs:
    description: Whether the certificate of an https URL is verified.
    type: bool
    default: true
  ca_path:
    description: File with the certificates of the authorities to trust. Empty is the usual ones.
    type: path
    default: ""
  deployed:
    description:
      - Digest of what is deployed. A hub that passed every check with the same one is not checked again; the
        ConfigMap C(hub-check) in O(namespace) keeps it.
      - Empty checks in any case.
    type: str
    default: ""
  again:
    description: Check although the hub passed with the same O(deployed), such as after it was installed anew.
    type: bool
    default: false
seealso:
  - name: Scopes of JupyterHub
    description: What the service may do.
    link: https://jupyterhub.readthedocs.io/en/stable/rbac/scopes.html
"""

EXAMPLES = r"""
- name: The hub works for its users and keeps them apart
  openhubs.fleet.hub_check:
    url: https://prod.uni.example.org
    namespace: prod
    connection: "{{ cluster_connection }}"

- name: The same for a hub whose users may reach the metadata service on purpose
  openhubs.fleet.hub_check:
    url: https://prod.uni.example.org
    namespace: prod
    connection: "{{ cluster_connection }}"
    skip: [metadata]
    timeout: 900
"""

RETURN = r"""
msg:
  description: The summary in one sentence, or all that was found wrong.
  returned: always
  type: str
  sample: "17 checks ok, 2 skipped (login, metadata)."
checks:
  description: The result of each check, in order. In check mode all are C(planned).
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the check, as in O(skip).
      type: str
      sample: metadata
    promise:
      description: What the check proves.
      type: str
      sample: The metadata service is out of reach
    status:
      description: How it went.
      type: str
      choices: [ok, failed, skipped, planned]
    seconds:
      description: How long it took. For C(start) and C(start_again) this is the time to start a server.
      type: float
    detail:
      description: What was seen, or a sentence on what is wrong and where to look, or why it was skipped.
      type: str
"""
