# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: chart_cache
short_description: Fill the chart cache, and pin charts
version_added: 0.1.0
description:
  - Downloads the charts of the lock that the cache lacks, compares each with its sha256, and keeps those that match in
    C(~/.cache/openhubs/charts). With a filled cache, deploys need no chart repository.
  - Charts come by https only (or from this machine itself), from the repository that the lock names.
options:
  pin:
    description:
      - Charts whose sha256 is written to the lock, as their repository's index states it and the archive proves it.
      - A sha256 that is there already is never replaced by another one.
    type: list
    elements: str
    default: []
  lock:
    description: Path of the lock. The default is the collection's own C(charts/lock.yml).
    type: path
attributes:
  check_mode:
    description: Downloads and compares, but writes neither the cache nor the lock.
    support: full
  diff_mode:
    description: Shows what changes in the lock.
    support: full
author:
  - The openhubs.fleet authors (@openhubs)
"""

EXAMPLES = r"""
- name: All charts are in the cache
  openhubs.fleet.chart_cache:

- name: The chart is pinned
  openhubs.fleet.chart_cache:
    pin: [jupyterhub]
"""

RETURN = r"""
charts:
  description: The charts of the lock, each with name, version, sha256 and the path of its archive in the cache.
  type: list
  elements: dict
  returned: success
"""
