# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GitHub teams as groups of JupyterHub, by the name ``organization:team``: for what is offered to some groups only."""

from typing import Any


def configure(c: Any, settings: Any) -> None:
    """Take a user's groups from the teams that GitHub tells at each login."""
    c.GitHubOAuthenticator.auth_state_groups_key = teams


def teams(auth_state: dict[str, Any]) -> list[str]:
    """Return the user's teams (docs.github.com/en/rest/teams/teams: list teams for the authenticated user)."""
    return [f"{team['organization']['login']}:{team['slug']}" for team in auth_state.get("teams", [])]
