# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the login page says: whose hub it is, whom to ask, what is new."""

from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.hub_files import TEMPLATES
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import Settings


def homepage(settings: Settings) -> dict[str, Any]:
    """Return the chart's values for the login page, which is a template of ours around JupyterHub's own.

    Texts are escaped by the template; an announcement is shown on every page, as JupyterHub does, and may hold HTML.
    """
    page = settings.get("hub_homepage") or {}
    about = {
        "title": settings.get("hub_title") or settings["hub_name"],
        "contacts": list(settings.get("hub_contacts") or []),
        "organization": page.get("organization") or {},
        "links": list(page.get("links") or []),
    }
    announcement = {"announcement": page["announcement"]} if page.get("announcement") else {}
    return {"hub": {"templatePaths": [TEMPLATES], "templateVars": {"openhubs": about, **announcement}}}
