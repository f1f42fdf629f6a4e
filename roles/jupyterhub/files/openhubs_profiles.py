# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles, images and other choices that only some groups see.

KubeSpawner knows no such thing: it ignores the key ``allowed_groups``. This module makes ``KubeSpawner.profile_list`` a
function that leaves out what a user may not have, so that neither the form nor the API can start it.
"""

import copy
from collections.abc import Iterable
from typing import Any

from tornado.web import HTTPError

Entry = dict[str, Any]


def configure(c: Any, settings: Any) -> None:
    """Put the filter between the configured profiles and KubeSpawner, where any of them is restricted."""
    profiles = c.KubeSpawner.get("profile_list", [])
    if isinstance(profiles, list) and is_restricted(profiles):
        c.KubeSpawner.profile_list = lambda spawner: visible(profiles, groups(spawner))


def is_restricted(profiles: list[Entry]) -> bool:
    """Return whether anything in the profiles is for some groups only."""
    parts = [part for profile in profiles for part in (profile, *offers(profile))]
    return any(part.get("allowed_groups") is not None for part in parts)


def offers(profile: Entry) -> Iterable[Entry]:
    """Return the choices of all options of a profile, those that users type included."""
    for option in profile.get("profile_options", {}).values():
        yield from option.get("choices", {}).values()
        yield option.get("unlisted_choice", {})


def groups(spawner: Any) -> set[str]:
    """Return the names of the groups of the user who starts a server, without regard to case."""
    return {group.name.casefold() for group in spawner.user.groups}


def visible(profiles: list[Entry], names: set[str]) -> list[Entry]:
    """Return a copy of the profiles with what the groups may have.

    An option that is left without a choice takes its profile with it. A user without any profile gets an error, not the
    default server: KubeSpawner would start that for an empty list.
    """
    left = [narrowed for profile in profiles if (narrowed := narrow(profile, names))]
    if not left:
        raise HTTPError(
            403, "You are in none of the groups that may start a server here. Ask the people who run this hub."
        )
    return left


def narrow(profile: Entry, names: set[str]) -> Entry | None:
    """Return a copy of one profile with what the groups may have, None when that is nothing."""
    if not may_have(profile, names):
        return None
    profile = copy.deepcopy(profile)
    for option in profile.get("profile_options", {}).values():
        choices = option.get("choices", {})
        if choices:
            option["choices"] = {key: choice for key, choice in choices.items() if may_have(choice, names)}
            if not option["choices"]:
                return None
        if not may_have(option.get("unlisted_choice", {}), names):
            del option["unlisted_choice"]
    return profile


def may_have(entry: Entry, names: set[str]) -> bool:
    """Return whether the groups may have an entry; one without the key is for everybody."""
    allowed = entry.get("allowed_groups")
    return allowed is None or any(name.casefold() in names for name in allowed)
