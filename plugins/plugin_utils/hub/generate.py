# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values of a hub whose variables may be wrong: every part that can be made, and what stops the others."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.merge import deep_merge
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Path
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import SettingError, with_defaults
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.values import PARTS
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import as_mapping, dig

RULES = {
    "GEN001": "Variables can be turned into values of the chart.",
    "GEN002": "Variables have a shape that can be read (told only where nothing else says what is wrong).",
}

MALFORMED = (AttributeError, KeyError, TypeError, ValueError)
"""What Python raises on variables of another shape than their spec says, which has been told of already."""


class Generated(NamedTuple):
    """The values, and the findings about variables."""

    values: dict[str, Any]
    findings: list[tuple[str, Finding]]
    missing: frozenset[str]
    """The names of the parts that could not be made."""


def generate(settings: Mapping[str, Any]) -> Generated:
    """Return the values of a hub as `hub_values` does, without the parts that its variables do not allow."""
    complete = with_defaults(settings)
    parts, findings, missing = [], [], set()
    for part in PARTS:
        try:
            parts.append(part(complete))
        except SettingError as error:
            missing.add(part.__name__)
            if not _chosen_by_values(settings, error.variable):
                path = variable_path(error.variable)
                sentence = str(error).removeprefix(error.variable).strip()
                findings.append(("GEN001", Finding(path, f"it {sentence}")))
        except FleetError as error:
            missing.add(part.__name__)
            findings.append(("GEN001", Finding(("hub_name",), str(error))))
        except MALFORMED as error:
            missing.add(part.__name__)
            sentence = f"{part.__name__} cannot be made: {type(error).__name__}: {error}."
            findings.append(("GEN002", Finding(("hub_name",), sentence, "Check the shape of the hub's variables.")))
    layers = [as_mapping(settings.get(name)) for name in ("cluster_jupyterhub_values", "jupyterhub_values")]
    return Generated(deep_merge(*parts, *layers), findings, frozenset(missing))


def _chosen_by_values(settings: Mapping[str, Any], variable: str) -> bool:
    """Say whether the login is described in ``jupyterhub_values`` alone: then its variables have nothing to say."""
    own = dig(settings, ("jupyterhub_values", "hub", "config", "JupyterHub", "authenticator_class"))
    login = ("jupyterhub_auth", "jupyterhub_allowed_users")
    return bool(own) and not settings.get("jupyterhub_auth") and variable.startswith(login)


def variable_path(text: str) -> Path:
    """Return a dotted path such as ``jupyterhub_profiles[0].gpu`` as its parts."""
    pieces = [piece for piece in text.replace("[", ".[").split(".") if piece]
    return tuple(int(piece[1:-1]) if piece[1:-1].isdigit() and piece[0] == "[" else piece for piece in pieces)
