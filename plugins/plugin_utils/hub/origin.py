# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Ansible read a value: file, line and column.

ansible-core (2.19 and later) tags each key and value that it reads from YAML with its origin and keeps the tag through
merging and templating. The tag is internal to it: this is the only file that knows it, and without it no value has a
place.
"""

from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Place

try:
    from ansible._internal._datatag._tags import Origin
except ImportError:  # another ansible-core: problems come without places
    Origin = None


def place_of(value: Any) -> Place | None:
    """Return where a key or value was written, or None when it was not read from a file."""
    tag = Origin.get_tag(value) if Origin else None
    if tag is None or not tag.path:
        return None
    return Place(str(tag.path), tag.line_num or 0, tag.col_num or 0)
