# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action `hub_config`, which runs in the controller."""

DOCUMENTATION = r"""
module: hub_config
short_description: Find every mistake in the configuration of hubs before it hurts
version_added: 0.1.0
author:
  - The openhubs.fleet authors (@openhubs)
description:
  - Validates all hosts of the play together, without any network. Run it once for the play.
  - Five tiers, always. The argument specs of the roles; the schema of the pinned JupyterHub chart on the generated
    and merged values; every trait of every class that the hub can configure; what the values mean; what hubs do to
    each other.
  - Each problem has a code (all are in C(docs/checks.md)), the variable, the file, line and column where it was
    written, one sentence and what to do. Problems are printed; nothing secret ever is.
  - A warning is accepted with a reason in C(hub_accepted_warnings), by its code.
options:
  chart:
    description:
      - Folder or archive of the JupyterHub chart.
      - The default is the pinned archive in the cache. Without it, values of hubs on clouds are not judged by its
        schema, which is told as a warning.
    type: path
  deep:
    description:
      - Whether the hub's own code shall read the configuration and make a pod of every profile and choice, without
        a cluster.
      - This runs C(hub.extraConfig) in the controller. Use it for configuration that you trust. The packages of the
        hub image are installed into the cache at the first time.
    type: bool
    default: false
  effective:
    description: Whether to print and return the values of each hub, and where each of them comes from.
    type: bool
    default: false
  fail:
    description: Whether errors fail the task.
    type: bool
    default: true
  helm:
    description: The program Helm, whose version decides whether null in values is safe.
    type: path
    default: helm
  images:
    description:
      - Whether to ask the registries for every image that servers can start with. This needs the network.
      - An image that is gone is an error; a registry that gives no answer is told as a warning.
    type: bool
    default: false
  previous:
    description:
      - The chart values that hubs run with now, by host. With them, what a change would break is told too (homes
        that are not found any more, admins that stay, users that are renamed, choices that are gone).
    type: dict
    default: {}
  report:
    description: File to which the problems are written as JSON. Not in check mode.
    type: path
attributes:
  check_mode:
    description: Runs the same in check mode, without writing O(report).
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
"""

EXAMPLES = r"""
- name: Every hub is described correctly
  openhubs.fleet.hub_config:
    report: problems.json
  run_once: true
"""

RETURN = r"""
problems:
  description: Everything that was found.
  returned: unless the task fails
  type: list
  elements: dict
  contains:
    code: {description: Code of the rule., type: str}
    level: {description: V(error) or V(warning)., type: str}
    host: {description: Host of the inventory., type: str}
    variable: {description: The variable and the way into it., type: str}
    file: {description: File in which it was written., type: str}
    line: {description: Line in that file., type: int}
    column: {description: Column in that line., type: int}
    message: {description: What is wrong., type: str}
    hint: {description: What to do., type: str}
    suppressed: {description: Why the warning is accepted., type: str}
errors:
  description: The errors of each host, one line each.
  returned: unless the task fails
  type: dict
hubs:
  description: Of each hub its values (secrets masked), and its settings with the layer that set each.
  returned: when O(effective) is true
  type: dict
"""
