# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles, services and the hub's own secrets."""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.catalogue import catalogue
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Path
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding, error, warning
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.suggest import did_you_mean, nearest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, as_list, as_mapping

JUPYTERHUB = "JupyterHub 5.5.0, tried"
Z2JH = "z2jh 4.4.0 files/hub/jupyterhub_config.py"
ROLE_NAME = re.compile(r"[a-z][a-z0-9\-_~.]{1,253}[a-z0-9]")
DEFAULT_ROLES = {"user", "admin", "server", "token"}
"""The roles that every hub has; the culler's is the chart's."""
MIN_TOKEN = 8
KEY_BYTES = 32


def _roles(hub: Hub) -> Iterator[tuple[Path, str, dict[str, Any]]]:
    """Yield the roles of hub.loadRoles: path, name, role."""
    for key, role in hub.mapping("hub", "loadRoles").items():
        yield ("hub", "loadRoles", key), str(as_mapping(role).get("name", key)), dict(as_mapping(role))


def _services(hub: Hub) -> dict[str, Path]:
    """Return the services of the hub by name, with their paths."""
    found: dict[str, Path] = {
        str(as_mapping(service).get("name", key)): ("hub", "services", key)
        for key, service in hub.mapping("hub", "services").items()
    }
    return found | ({"jupyterhub-idle-culler": ("cull",)} if hub.get("cull", "enabled") else {})


@error("ROL001", "Define it under hub.services.", source=JUPYTERHUB, rows=(52,))
def role_of_unknown_service(hub: Hub) -> Iterator[Finding]:
    """A role names only services that are defined; with another one the hub does not start."""
    known = _services(hub)
    coded = "\n".join(text for dummy, text in hub.code())
    for path, name, role in _roles(hub):
        for index, service in enumerate(as_list(role.get("services"))):
            if service not in known and str(service) not in coded:
                fix = did_you_mean(str(service), known)
                yield Finding(
                    (*path, "services", index), f"the role {name} names a service {service!r} that is nowhere.", fix
                )


@error("ROL002", "Use 3 to 255 of a-z, 0-9 and -_~., beginning with a letter.", source=JUPYTERHUB, rows=(53,))
def role_name(hub: Hub) -> Iterator[Finding]:
    """Names of roles are in lower case and not too short; with another one the hub does not start."""
    for path, name, dummy in _roles(hub):
        if not ROLE_NAME.fullmatch(name):
            yield Finding(path, f"{name!r} is no name of a role.")


def _scope_problem(scope: Any) -> str:
    """Return what is wrong with a scope; an empty text when nothing is."""
    if not isinstance(scope, str):
        return f"{scope!r} is no text."
    name, marked, condition = scope.partition("!")
    if name not in catalogue()["scopes"] and not name.startswith("custom:"):
        return f"there is no scope {name!r}."
    if marked and not re.fullmatch(r"(user|server|service|group)(=.+)?", condition):
        return f"{condition!r} is no filter of a scope (user=, server=, service=, group=)."
    return ""


@error("ROL003", "Take one of JupyterHub's scopes.", source=JUPYTERHUB, rows=(53,))
def unknown_scope(hub: Hub) -> Iterator[Finding]:
    """Roles have scopes that JupyterHub has; with another one the hub does not start."""
    for path, name, role in _roles(hub):
        for index, scope in enumerate(as_list(role.get("scopes"))):
            if problem := _scope_problem(scope):
                near = nearest(str(scope).partition("!")[0], catalogue()["scopes"])
                fix = f"Did you mean {near}?" if near and "filter" not in problem else ""
                yield Finding((*path, "scopes", index), f"role {name}: {problem}", fix)


@error("ROL004", "Merge them.", source=JUPYTERHUB, rows=(53,))
def role_twice(hub: Hub) -> Iterator[Finding]:
    """Roles have different names; with two of one name the hub does not start."""
    count: Counter[str] = Counter()
    for path, name, dummy in _roles(hub):
        count[name] += 1
        if count[name] > 1:
            yield Finding(path, f"there is another role {name!r}.")


@error("ROL005", "Use hub.services and hub.loadRoles.", source=Z2JH, rows=(54,))
def roles_in_config(hub: Hub) -> Iterator[Finding]:
    """Services and roles stand under hub.services and hub.loadRoles, not under hub.config.JupyterHub."""
    for trait, lost in (("services", "the chart drops it"), ("load_roles", "it replaces the culler's role")):
        if trait in as_mapping(hub.config.get("JupyterHub")):
            yield Finding(("hub", "config", "JupyterHub", trait), f"{lost}.")


ROLE_KEYS: dict[str, type | tuple[type, ...]] = {
    "description": str,
    "groups": list,
    "name": str,
    "scopes": list,
    "services": list,
    "users": list,
}
SERVICE_KEYS: dict[str, type | tuple[type, ...]] = {
    "admin": bool,
    "apiToken": str,
    "api_token": str,
    "command": (str, list),
    "cwd": str,
    "display": bool,
    "environment": dict,
    "externally_managed": bool,
    "info": dict,
    "name": str,
    "oauth_client_allowed_scopes": list,
    "oauth_client_id": str,
    "oauth_no_confirm": bool,
    "oauth_redirect_uri": str,
    "oauth_roles": list,
    "url": str,
    "user": str,
}
"""What JupyterHub reads of a role and of a service, and what the chart reads beside it (apiToken)."""


@error("ROL006", "Correct it.", source=JUPYTERHUB, rows=(52, 53))
def role_and_service_keys(hub: Hub) -> Iterator[Finding]:
    """Roles and services have the keys that JupyterHub knows, each of its kind."""
    for section, known in (("loadRoles", ROLE_KEYS), ("services", SERVICE_KEYS)):
        for name, item in hub.mapping("hub", section).items():
            if not isinstance(item, Mapping):
                yield Finding(("hub", section, name), f"{name} is no mapping.")
            for key, value in as_mapping(item).items():
                path = ("hub", section, name, key)
                if key not in known:
                    yield Finding(path, f"{key} is no key of {section}.", did_you_mean(str(key), known))
                elif value is not None and not isinstance(value, known[key]):
                    yield Finding(path, f"{key} is a {type(value).__name__}.", f"It takes a {_kinds(known[key])}.")


def _kinds(kinds: type | tuple[type, ...]) -> str:
    return " or ".join(kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))


@error("SEC002", "Take at least 8 characters; or none, then one is generated.", source=JUPYTERHUB, rows=(55,))
def short_token(hub: Hub) -> Iterator[Finding]:
    """Tokens of services have at least 8 characters; with a shorter one the hub does not start."""
    for key, service in hub.mapping("hub", "services").items():
        for name in ("apiToken", "api_token"):
            token = as_mapping(service).get(name)
            if isinstance(token, str) and 0 < len(token) < MIN_TOKEN:
                yield Finding(("hub", "services", key, name), f"the token has {len(token)} characters.")


@error("SEC003", "Generate one: openssl rand -hex 32.", source=JUPYTERHUB, rows=(55,))
def crypt_key(hub: Hub) -> Iterator[Finding]:
    """Keys of CryptKeeper are 32 bytes: 64 hexadecimal digits, 44 characters of base64, or 32 characters."""
    path = ("hub", "config", "CryptKeeper", "keys")
    keys = hub.get(*path)
    for index, key in enumerate([keys] if isinstance(keys, str) else as_list(keys)):
        if isinstance(key, str) and not _is_crypt_key(key):
            yield Finding(
                (*path, index) if isinstance(keys, list) else path, f"a key of {len(key)} characters is none."
            )


def _is_crypt_key(key: str) -> bool:
    """Say whether JupyterHub reads 32 bytes from a key (jupyterhub.crypto)."""
    if re.fullmatch(r"[0-9a-fA-F]{64}", key) or len(key.encode()) == KEY_BYTES:
        return True
    try:
        return len(base64.b64decode(key, validate=True)) == KEY_BYTES
    except (binascii.Error, ValueError):
        return False


@error("SEC004", "Generate one: openssl rand -hex 32.", source=JUPYTERHUB, rows=(55,))
def cookie_secret(hub: Hub) -> Iterator[Finding]:
    """The cookie secret is 64 hexadecimal digits."""
    for path in (("hub", "config", "JupyterHub", "cookie_secret"), ("hub", "cookieSecret")):
        secret = hub.get(*path)
        if isinstance(secret, str) and secret and not re.fullmatch(r"([0-9a-fA-F]{2}){32}", secret):
            yield Finding(path, f"a text of {len(secret)} characters is none.")


PINNED = {
    "cookie_secret": (("hub", "config", "JupyterHub", "cookie_secret"), ("hub", "cookieSecret")),
    "auth_token": (("hub", "config", "ConfigurableHTTPProxy", "auth_token"), ("proxy", "secretToken")),
    "CryptKeeper.keys": (("hub", "config", "CryptKeeper", "keys"),),
}
"""The secrets that the chart generates, and where they can be set."""


@warning(
    "SEC005",
    "Set all of them, or none.",
    source="z2jh 4.4.0 templates/hub/_helpers-passwords.tpl, tried",
    rows=(56,),
)
def secrets_half_pinned(hub: Hub) -> Iterator[Finding]:
    """The hub's secrets are all given or all generated: a part that is not given is new in a new namespace."""
    if hub.get("hub", "existingSecret"):
        return
    set_ones = {name: [path for path in paths if hub.get(*path)] for name, paths in PINNED.items()}
    missing = [name for name, paths in set_ones.items() if not paths]
    if missing and len(missing) < len(PINNED):
        path, *_others = (paths[0] for paths in set_ones.values() if paths)
        yield Finding(path, f"{' and '.join(missing)} is not set beside it.")
