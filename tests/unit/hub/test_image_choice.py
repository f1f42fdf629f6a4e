# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images: a catalogue, one that users type, private registries."""

import re
from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.images import image_option, registry
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import with_defaults

PYTHON = {"title": "Python", "image": "quay.io/uni/python:1"}
R = {"title": "R", "image": "quay.io/uni/r:1", "allowed_groups": ["stats"]}


def option(**settings: Any) -> dict[str, Any]:
    made = image_option(with_defaults(settings))
    assert made
    return made


def defaults(made: dict[str, Any]) -> list[str]:
    return [key for key, choice in made["choices"].items() if choice.get("default")]


def test_without_a_catalogue_there_is_nothing_to_choose() -> None:
    assert image_option(with_defaults({"jupyterhub_image": "a:1"})) is None


def test_a_catalogue_has_exactly_one_default() -> None:
    assert defaults(option(jupyterhub_images={"python": PYTHON, "r": R})) == ["python"]
    assert defaults(option(jupyterhub_images={"python": PYTHON, "r": {**R, "default": True}})) == ["r"]
    assert defaults(option(jupyterhub_images={"python": PYTHON}, jupyterhub_image="a:1")) == ["default"]


def test_two_defaults_are_refused() -> None:
    images = {"python": {**PYTHON, "default": True}, "r": {**R, "default": True}}
    with pytest.raises(FleetError, match=r"2 defaults .python, r.: keep one"):
        option(jupyterhub_images=images)


def test_an_entry_keeps_its_groups() -> None:
    assert option(jupyterhub_images={"r": R})["choices"]["r"] == {
        "display_name": "R",
        "allowed_groups": ["stats"],
        "default": True,
        "kubespawner_override": {"image": "quay.io/uni/r:1"},
    }


def test_a_list_without_groups_is_nobody() -> None:
    assert option(jupyterhub_images={"r": {**R, "allowed_groups": []}})["choices"]["r"]["allowed_groups"] == []
    assert "allowed_groups" not in option(jupyterhub_images={"python": PYTHON})["choices"]["python"]


@pytest.mark.parametrize("key", ["Python", "py_3", "", "-x", "a" * 21, "default"])
def test_keys_that_could_not_name_a_container_are_refused(key: str) -> None:
    with pytest.raises(FleetError, match="no usable name"):
        option(jupyterhub_images={key: PYTHON})


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(FleetError, match=r"jupyterhub_images.r.allow_groups is unknown. Did you mean allowed_groups"):
        option(jupyterhub_images={"r": {"image": "a:1", "allow_groups": ["stats"]}})


def test_an_image_without_a_tag_is_refused() -> None:
    with pytest.raises(FleetError, match=r"jupyterhub_images.python.image is 'quay.io/uni/python'"):
        option(jupyterhub_images={"python": {"image": "quay.io/uni/python"}})


@pytest.mark.parametrize(
    ("image", "allowed"),
    [
        ("quay.io/uni/a:1", True),
        ("evil.io/quay.io/uni/a:1", False),
        ("quay.io/uni/a:1 --privileged", False),
        ("quay.io/uni2/a:1", False),
        ("docker.io/lab/b:2", True),
    ],
)
def test_a_typed_image_has_to_match_as_a_whole(image: str, allowed: bool) -> None:
    typed = option(jupyterhub_image_choice=r"quay\.io/uni/[\w.-]+:[\w.-]+|docker\.io/lab/b:\d")["unlisted_choice"]
    assert bool(re.match(typed["validation_regex"], image)) is allowed
    assert typed["kubespawner_override"] == {"image": "{value}"}


def test_typing_leaves_a_default_for_those_who_do_not() -> None:
    made = option(jupyterhub_image_choice=".+:.+")
    assert made["choices"] == {
        "default": {"display_name": "Default image", "kubespawner_override": {}, "default": True}
    }


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(FleetError, match="jupyterhub_image_choice is no regular expression"):
        option(jupyterhub_image_choice="quay.io/(uni")


def test_a_private_registry_is_a_secret_of_the_chart() -> None:
    given = {"server": "registry.uni.edu", "username": "hub", "password": "shh"}
    assert registry(with_defaults({"jupyterhub_registry": given})) == {
        "imagePullSecret": {
            "create": True,
            "automaticReferenceInjection": True,
            "registry": "registry.uni.edu",
            "username": "hub",
            "password": "shh",
        }
    }
    assert registry(with_defaults({})) == {}
    with pytest.raises(FleetError, match=r"jupyterhub_registry.password is missing"):
        registry(with_defaults({"jupyterhub_registry": given | {"password": ""}}))
