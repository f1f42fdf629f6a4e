# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run in a Python with the packages of the hub image: load hubs as their pods would, make the pod of every server.

The argument is a folder with one folder a hub, laid out by `deep.py`. Prints ``{hub: [[where, error], ...]}``.
"""

import asyncio
import contextlib
import importlib
import io
import json
import logging
import os
import runpy
import sys
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ENVIRONMENT = {
    "CONFIGPROXY_AUTH_TOKEN": "x",
    "HELM_RELEASE_NAME": "hub",
    "HUB_SERVICE_PORT": "8081",
    "POD_NAMESPACE": "hub",
    "PROXY_API_SERVICE_HOST": "127.0.0.1",
    "PROXY_API_SERVICE_PORT": "8001",
}
Problems = list[tuple[str, str]]


def load(folder: Path) -> Any:
    """Return the configuration that the hub in a folder makes of its values."""
    config = importlib.import_module("traitlets.config").Config()
    own = {file.stem for file in folder.rglob("*.py")}
    for name in own:
        sys.modules.pop(name, None)
    before = list(sys.path)
    sys.path[:0] = [str(folder)]
    try:
        runpy.run_path(str(folder / "jupyterhub_config.py"), init_globals={"c": config, "get_config": lambda: config})
    finally:
        sys.path[:] = before
    return config


def message(error: BaseException) -> str:
    """Return an error in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def examine(folder: Path) -> Problems:
    """Return what is wrong with one hub: where, and what its own code says."""
    try:
        config = load(folder)
        hub = importlib.import_module("jupyterhub.app").JupyterHub(config=config)
    except (Exception, SystemExit) as error:
        return [("the configuration", message(error))]
    problems: Problems = []
    try:
        authenticator = hub.authenticator_class(parent=hub, _deprecated_db_session=None)
    except Exception as error:
        problems.append(("the authenticator", message(error)))
        authenticator = None
    return problems + roles(hub) + asyncio.run(servers(hub, authenticator))


def roles(hub: Any) -> Problems:
    """Return what is wrong with the roles."""
    names = importlib.import_module("jupyterhub.roles")
    scopes = importlib.import_module("jupyterhub.scopes")
    problems = []
    for role in hub.load_roles:
        try:
            names._validate_role_name(role.get("name"))
            scopes._check_scopes_exist(list(role.get("scopes", ())), who_for="a role")
        except Exception as error:
            problems.append((f"the role {role.get('name')}", message(error)))
    return problems


def spawner(hub: Any, authenticator: Any, options: dict[str, Any]) -> Any:
    """Return the spawner of a server with these options."""
    kubespawner = importlib.import_module("kubespawner")
    user = SimpleNamespace(name="ada", id=1, url="/user/ada/", escaped_name="ada", admin=False, groups=[])
    row = SimpleNamespace(name="", server=None)
    place = importlib.import_module("jupyterhub.objects").Hub()
    made = kubespawner.KubeSpawner(parent=hub, user=user, hub=place, orm_spawner=row, _mock=True)
    made.authenticator, made.hub.public_host, made.api_token, made.user_options = authenticator, "", "x", options
    return made


async def servers(hub: Any, authenticator: Any) -> Problems:
    """Return what is wrong with the pods: one of every profile and combination of choices."""
    problems: Problems = []
    try:
        profiles = hub.config.KubeSpawner.get("profile_list", [])
        listed = profiles if isinstance(profiles, list) else []
        shown = spawner(hub, authenticator, {})._get_initialized_profile_list(listed)
    except Exception as error:
        return [("the profiles", message(error))]
    for profile in shown or [{}]:
        choices = {
            key: list(option["choices"])
            for key, option in (profile.get("profile_options") or {}).items()
            if option.get("choices")
        }
        for combination in product(*choices.values()):
            options = {"profile": profile["slug"], **dict(zip(choices, combination, strict=True))} if profile else {}
            try:
                made = spawner(hub, authenticator, options)
                made.profile_list = listed
                await made.load_user_options()
                await made.get_pod_manifest()
            except Exception as error:
                problems.append((" / ".join(["the server", *map(str, options.values())]), message(error)))
    return problems


def main(folder: Path) -> None:
    """Print the problems of all hubs."""
    os.environ.update(ENVIRONMENT)
    spawners = importlib.import_module("kubespawner.spawner")
    for name in ("load_config", "shared_client"):  # no cluster is asked
        setattr(spawners, name, lambda *dummy, **__: None)
    logging.disable(logging.CRITICAL)
    said = {}
    for hub in sorted(folder.iterdir()):
        if (hub / "jupyterhub_config.py").exists():
            with contextlib.redirect_stdout(io.StringIO()):
                said[hub.name] = examine(hub)
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
