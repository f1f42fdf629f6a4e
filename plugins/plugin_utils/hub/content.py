# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories of material that nbgitpuller brings into homes: by a link, and when a server starts."""

import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import SettingError, Settings, one_of
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.storage import HOME_PATHS

URL_PATHS = {"lab": "lab/tree/{}?autodecode", "notebook": "tree/{}", "rstudio": "rstudio/"}
"""Where each interface shows a file, below the user's server (nbgitpuller.readthedocs.io, link generator)."""


def nbgitpuller_link(content: Mapping[str, Any], hub_url: str, interface: str = "lab") -> str:
    """Return the link that pulls a repository into the visitor's home and opens it.

    ``content`` is an entry of ``jupyterhub_content``: ``repository`` and optionally ``branch``, ``directory`` (where it
    goes; the repository's name if empty) and ``path`` (the file to open in it). SettingError when it has no repository.
    """
    if not hub_url:
        raise SettingError("hub_url", "is missing: a link needs to know where the hub is.")
    target = "/".join(part for part in (directory(content), content.get("path") or "") if part)
    url_path = one_of("jupyterhub_interface", interface, URL_PATHS).format(quote(target))
    query = {"repo": _repository(content), "branch": content.get("branch") or "", "urlpath": url_path}
    if content.get("directory"):
        query["targetpath"] = content["directory"]
    chosen = {key: value for key, value in query.items() if value}
    return f"{hub_url.rstrip('/')}/hub/user-redirect/git-pull?{urlencode(chosen, quote_via=quote)}"


def pull_at_start(settings: Settings) -> dict[str, Any]:
    """Return the values by which a starting server pulls the content marked ``at_start``.

    A pull that fails (no network, no nbgitpuller in the image, a conflict) must not keep the server from starting: a
    failing hook would make Kubernetes kill it.
    """
    pulls = [_pull(content) for content in settings["jupyterhub_content"] if content.get("at_start")]
    if not pulls:
        return {}
    command = ["/bin/sh", "-c", f"cd {HOME_PATHS['jovyan']}; {'; '.join(pulls)}; true"]
    return {"singleuser": {"lifecycleHooks": {"postStart": {"exec": {"command": command}}}}}


def _pull(content: Mapping[str, Any]) -> str:
    """Return the shell command that pulls one repository (gitpuller: URL, branch, directory)."""
    return shlex.join(["gitpuller", _repository(content), content.get("branch") or "main", directory(content)])


def directory(content: Mapping[str, Any]) -> str:
    """Return the directory of a repository in the home: as given, else the last part of its address without .git."""
    return str(content.get("directory") or _repository(content).rstrip("/").rpartition("/")[2].removesuffix(".git"))


def _repository(content: Mapping[str, Any]) -> str:
    repository = content.get("repository")
    if not repository:
        raise SettingError("jupyterhub_content", "has an entry without repository: give its https address.")
    return str(repository)
