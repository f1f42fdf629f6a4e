# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run in the environment of the hub image: our files for the hub, with the real JupyterHub and KubeSpawner.

Prints ``{name of a check: "" or its traceback}`` as JSON; `test_hub_files` starts it and reads that. A check is a
function ``check_*``. KUBECONFIG has to name a file: KubeSpawner reads it although nothing is asked of a cluster.
"""

import asyncio
import json
import traceback
from collections.abc import Awaitable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock, patch

import jinja2
import openhubs_github_teams
import openhubs_native
import openhubs_profiles
import openhubs_pseudonyms
import openhubs_shared_folder
from jupyterhub._data import DATA_FILES_PATH
from jupyterhub.objects import Hub
from kubespawner import KubeSpawner
from nativeauthenticator import NativeAuthenticator
from oauthenticator.github import GitHubOAuthenticator
from tornado.web import HTTPError
from traitlets.config import Config

PROFILES = [
    {"display_name": "Small", "slug": "small", "kubespawner_override": {"mem_limit": "1G"}},
    {
        "display_name": "GPU",
        "slug": "gpu",
        "allowed_groups": ["uni:Staff"],
        "kubespawner_override": {"extra_resource_limits": {"nvidia.com/gpu": 1}},
    },
    {
        "display_name": "Images",
        "slug": "images",
        "profile_options": {
            "image": {
                "display_name": "Image",
                "choices": {
                    "r": {"display_name": "R", "kubespawner_override": {"image": "r:1"}, "allowed_groups": ["stats"]},
                    "py": {"display_name": "Python", "kubespawner_override": {"image": "py:1"}},
                },
                "unlisted_choice": {
                    "enabled": True,
                    "allowed_groups": ["uni:staff"],
                    "kubespawner_override": {"image": "{value}"},
                },
            }
        },
    },
]


def spawner(c: Config, groups: tuple[str, ...] = (), admin: bool = False, **options: str) -> KubeSpawner:
    """Return a spawner of a user in these groups who chose these options."""
    user = Mock(id=1, url="/user/ada/", escaped_name="ada", admin=admin)
    user.name = "ada"
    user.groups = [SimpleNamespace(name=group) for group in groups]
    row = SimpleNamespace(name="", server=None)
    made = KubeSpawner(config=c, user=user, hub=Hub(), orm_spawner=row, _mock=True)
    made.hub.public_host, made.api_token, made.user_options = "", "x", options
    return made


def profiles(c: Config, *groups: str) -> dict[str, Any]:
    """Return the profiles that KubeSpawner shows to the groups, by slug."""
    made = spawner(c, groups)
    return {profile["slug"]: profile for profile in made.profile_list(made)}


def restricted() -> Config:
    c = Config()
    c.KubeSpawner.profile_list = PROFILES
    openhubs_profiles.configure(c, {})
    return c


async def refuses(start: Awaitable[None], error: type[Exception] | tuple[type[Exception], ...]) -> None:
    try:
        await start
    except error:
        return
    raise AssertionError(f"{error} was expected")


async def check_a_group_sees_its_profiles_and_choices() -> None:
    c = restricted()
    assert list(profiles(c)) == ["small", "images"]
    assert list(profiles(c, "UNI:staff")) == ["small", "gpu", "images"]
    image = profiles(c)["images"]["profile_options"]["image"]
    assert list(image["choices"]) == ["py"]
    assert "unlisted_choice" not in image
    image = profiles(c, "stats", "uni:staff")["images"]["profile_options"]["image"]
    assert list(image["choices"]) == ["r", "py"]
    assert image["unlisted_choice"]["enabled"]


async def check_nobody_starts_by_the_api_what_the_form_does_not_show() -> None:
    c = restricted()
    await refuses(spawner(c, profile="gpu").load_user_options(), ValueError)
    await refuses(spawner(c, profile="images", image="r").load_user_options(), (ValueError, KeyError))
    free = {"profile": "images", "image--unlisted-choice": "evil:1"}
    await refuses(spawner(c, **free).load_user_options(), (ValueError, KeyError))
    typed = spawner(c, ("uni:staff",), **free)
    await typed.load_user_options()
    assert typed.image == "evil:1"
    allowed = spawner(c, ("uni:staff",), profile="gpu")
    await allowed.load_user_options()
    assert allowed.extra_resource_limits == {"nvidia.com/gpu": 1}


async def check_a_user_without_any_profile_gets_no_server() -> None:
    c = Config()
    c.KubeSpawner.profile_list = PROFILES[1:2]
    openhubs_profiles.configure(c, {})
    await refuses(spawner(c).load_user_options(), HTTPError)


async def check_an_option_without_choices_takes_its_profile_with_it() -> None:
    only = {"display_name": "X", "profile_options": {"image": {"choices": {"r": {"allowed_groups": ["stats"]}}}}}
    assert openhubs_profiles.narrow(only, set()) is None


async def check_the_configured_profiles_stay_as_they_are() -> None:
    before = json.dumps(PROFILES)
    profiles(restricted())
    assert json.dumps(PROFILES) == before


async def check_unrestricted_profiles_are_left_alone() -> None:
    c = Config()
    c.KubeSpawner.profile_list = PROFILES[:1]
    openhubs_profiles.configure(c, {})
    assert c.KubeSpawner.profile_list == PROFILES[:1]
    empty = Config()
    openhubs_profiles.configure(empty, {})
    assert "profile_list" not in empty.KubeSpawner


async def pod(c: Config, admin: bool) -> Any:
    """Return the pod that KubeSpawner would create, after its hook."""
    made = spawner(c, admin=admin)
    return await made.modify_pod_hook(made, await made.get_pod_manifest())


def shared() -> Config:
    c = Config()
    c.KubeSpawner.volumes = {"home": {"name": "home", "persistentVolumeClaim": {"claimName": "home"}}}
    c.KubeSpawner.volume_mounts = {
        "home": {"name": "home", "mountPath": "/home/jovyan", "subPath": "{safe_username}"},
        "shared": {"name": "home", "mountPath": "/home/jovyan/shared", "subPath": "_shared", "readOnly": True},
    }
    return c


def read_only(made: Any) -> dict[str, bool]:
    return {mount.mount_path: bool(mount.read_only) for mount in made.spec.containers[0].volume_mounts}


async def check_users_read_the_shared_folder_and_admins_write_it() -> None:
    c = shared()
    openhubs_shared_folder.configure(c, {"shared_directory": "_shared"})
    assert read_only(await pod(c, admin=False)) == {"/home/jovyan": False, "/home/jovyan/shared": True}
    assert read_only(await pod(c, admin=True)) == {"/home/jovyan": False, "/home/jovyan/shared": False}


async def check_a_hook_that_was_there_still_runs() -> None:
    async def label(_spawner: Any, made: Any) -> Any:
        made.metadata.labels["mine"] = "yes"
        return made

    c = shared()
    c.KubeSpawner.modify_pod_hook = label
    openhubs_shared_folder.configure(c, {"shared_directory": "_shared"})
    made = await pod(c, admin=True)
    assert made.metadata.labels["mine"] == "yes"
    assert not read_only(made)["/home/jovyan/shared"]


async def check_github_teams_are_groups() -> None:
    c = Config()
    c.GitHubOAuthenticator.manage_groups = True
    openhubs_github_teams.configure(c, {})
    state = {"teams": [{"slug": "staff", "organization": {"login": "uni"}}], "scope": []}
    authenticator = GitHubOAuthenticator(config=c)
    assert await authenticator.get_user_groups(state) == {"uni:staff"}
    assert await authenticator.get_user_groups({}) == set()


def pseudonymous() -> tuple[Config, GitHubOAuthenticator]:
    c = Config()
    c.JupyterHub.authenticator_class = "github"
    c.JupyterHub.load_roles = [{"name": "admin", "users": ["ada"]}, {"name": "hub-check", "services": ["hub-check"]}]
    c.Authenticator.allowed_users = ["Grace", "ada"]
    c.Authenticator.admin_users = ["ada"]
    openhubs_pseudonyms.configure(c, {"pseudonym_secret": "k" * 16})
    return c, c.JupyterHub.authenticator_class(config=c)


async def check_pseudonyms_replace_names_at_login_and_in_the_configuration() -> None:
    c, authenticator = pseudonymous()
    grace = authenticator.user_info_to_username({"login": "Grace"})
    assert "grace" not in grace
    assert grace in authenticator.allowed_users
    assert authenticator.validate_username(grace)
    assert authenticator.normalize_username(grace) == grace
    assert c.JupyterHub.load_roles[0]["users"] == list(authenticator.admin_users)
    assert not {"ada", "grace"} & (authenticator.admin_users | authenticator.allowed_users)


async def check_pseudonyms_depend_on_the_key() -> None:
    assert openhubs_pseudonyms.pseudonym("ada", "k" * 16) != openhubs_pseudonyms.pseudonym("ada", "l" * 16)


async def check_a_pseudonym_cannot_be_taken_by_a_name() -> None:
    _, authenticator = pseudonymous()
    ada = authenticator.user_info_to_username({"login": "ada"})
    assert authenticator.user_info_to_username({"login": ada}) != ada


async def check_the_pages_of_native_accounts_are_found() -> None:
    c = Config()
    c.JupyterHub.template_paths = ["/first"]
    openhubs_native.configure(c, {"admin_password": "a" * 15})
    first, pages = c.JupyterHub.template_paths
    assert first == "/first"
    assert (Path(pages) / "native-login.html").is_file()


async def check_nobody_signs_up_under_the_name_of_an_admin() -> None:
    created = []
    c = Config()
    openhubs_native.configure(c, {"admin_password": "the right one"})
    with patch.object(NativeAuthenticator, "create_user", lambda *args, **_: created.append(args[1:]) or args[1]):
        authenticator = c.JupyterHub.authenticator_class(add_new_table=False, admin_users={"ada"})
        assert authenticator.create_user("ADA", "a stranger's password") is None
        assert authenticator.create_user("ada", "the right one", email="") == "ada"
        assert authenticator.create_user("grace", "her own password") == "grace"
    assert created == [("ada", "the right one"), ("grace", "her own password")]


async def check_the_login_page_says_whose_hub_it_is() -> None:
    stock = jinja2.FileSystemLoader(f"{DATA_FILES_PATH}/templates")
    ours = jinja2.FileSystemLoader(Path(openhubs_native.__file__).parent)
    loader = jinja2.ChoiceLoader([jinja2.PrefixLoader({"templates": stock}), ours, stock])
    about = {
        "title": "Physics <1>",
        "contacts": [{"name": "Ada", "email": "ada@uni.edu"}, {"name": "Help desk"}],
        "organization": {"name": "Uni", "url": "https://uni.edu", "logo": "https://uni.edu/logo.svg"},
        "links": [{"title": "Manual", "url": "https://uni.edu/manual"}],
    }
    page = jinja2.Environment(loader=loader, autoescape=True).get_template("login.html")
    hub = {"login_service": "GitHub", "authenticator_login_url": "/x", "authenticator": Mock()}
    text = page.render(openhubs=about, static_url=lambda name, **_: name, include_version=False, **hub)
    for wanted in ("Physics &lt;1&gt;", "mailto:ada@uni.edu", "Help desk", "https://uni.edu/logo.svg", "Manual"):
        assert wanted in text, wanted
    assert "Sign in with GitHub" in text


async def run() -> dict[str, str]:
    """Run every check and return what went wrong."""
    results = {}
    for name, check in sorted(globals().items()):
        if name.startswith("check_"):
            try:
                await check()
                results[name] = ""
            except Exception:
                results[name] = traceback.format_exc()
    return results


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run())))
