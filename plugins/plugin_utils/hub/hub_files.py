# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Python of ours that runs inside the hub, and other files that it reads: ``hub.extraFiles``.

The chart puts ``/usr/local/etc/jupyterhub`` on Python's path and runs what is in ``jupyterhub_config.d`` there. So each
feature is a module with one function ``configure(c, settings)``, and one small file calls those that a hub needs.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.auth_oauth import GOOGLE_KEYS
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.auth_values import teams_of_offers
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import SettingError, Settings
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.storage import SHARED_DIRECTORY, shared_folder

SOURCES = Path(__file__).parents[3] / "roles" / "jupyterhub" / "files"
CONFIGURATION = "/usr/local/etc/jupyterhub"
TEMPLATES = "/usr/local/share/openhubs/templates"
PSEUDONYM_SECRET_LENGTH = 16


def _kind(settings: Settings) -> str:
    return str(settings["jupyterhub_auth"].get("kind"))


MODULES: dict[str, Callable[[Settings], bool]] = {
    "openhubs_profiles": lambda _settings: True,
    "openhubs_shared_folder": lambda settings: bool(shared_folder(settings)),
    "openhubs_github_teams": lambda settings: _kind(settings) == "github" and bool(teams_of_offers(settings)),
    "openhubs_native": lambda settings: _kind(settings) == "native",
    "openhubs_pseudonyms": lambda settings: bool(settings["jupyterhub_auth"].get("pseudonym_secret")),
}
"""The modules and which hubs need them; that of profiles guards restrictions wherever they are written."""


def hub_files(settings: Settings) -> dict[str, Any]:
    """Return the chart's values that bring our files to the hub and tell them what they need to know."""
    modules = [name for name, is_needed in MODULES.items() if is_needed(settings)]
    files = {name: _file(f"{CONFIGURATION}/{name}.py", (SOURCES / f"{name}.py").read_text()) for name in modules}
    files["openhubs"] = _file(f"{CONFIGURATION}/jupyterhub_config.d/openhubs.py", _entry(modules))
    files["openhubs_login"] = _file(f"{TEMPLATES}/login.html", (SOURCES / "login.html").read_text())
    return {"custom": {"openhubs": _told(settings)}, "hub": {"extraFiles": files | _google_keys(settings)}}


def _file(path: str, text: str) -> dict[str, str]:
    return {"mountPath": path, "stringData": text}


def _entry(modules: Iterable[str]) -> str:
    """Return the file that calls the modules; ``c`` is JupyterHub's configuration, z2jh the chart's own module."""
    lines = [f"import {name}" for name in modules] + ["import z2jh", ""]
    lines += [f'{name}.configure(c, z2jh.get_config("custom.openhubs"))' for name in modules]
    return "\n".join(lines) + "\n"


def _told(settings: Settings) -> dict[str, Any]:
    """Return what the modules are told, under ``custom.openhubs``."""
    told = {"shared_directory": SHARED_DIRECTORY}
    if _kind(settings) == "native":
        told["admin_password"] = settings["jupyterhub_auth"].get("admin_password")
    secret = settings["jupyterhub_auth"].get("pseudonym_secret")
    if secret:
        if len(str(secret)) < PSEUDONYM_SECRET_LENGTH:
            raise SettingError(
                "jupyterhub_auth.pseudonym_secret",
                f"is too short: take {PSEUDONYM_SECRET_LENGTH} random characters or more.",
            )
        told["pseudonym_secret"] = secret
    return told


def _google_keys(settings: Settings) -> dict[str, Any]:
    """Return the key files of Google's service accounts, where `auth_oauth.google` says that they are."""
    accounts: Mapping[str, Any] = settings["jupyterhub_auth"].get("service_accounts") or {}
    return {
        f"google_{domain}": _file(f"{GOOGLE_KEYS}/{domain}.json", account["key"])
        for domain, account in accounts.items()
        if account.get("key")
    }
