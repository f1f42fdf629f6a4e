# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The images that servers start from: one, a catalogue, one that the user types."""

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import SettingError, Settings, only

SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?")
"""Keys of images: the chart's pre-puller makes container names of them (63 characters in all, DNS labels)."""


def image_reference(image: str, variable: str) -> dict[str, str]:
    """Return an image as the chart wants it, split at the last colon: it joins name and tag with one again.

    That holds for a tag and for a digest (``name@sha256:...``) alike.
    """
    name, dummy, tag = str(image).rpartition(":")
    if not name or not tag or "/" in tag:
        raise SettingError(variable, f"is {image!r}: end it with a tag or a digest, such as {image}:2026.11.")
    return {"name": name, "tag": tag}


def image_option(settings: Settings) -> dict[str, Any] | None:
    """Return the profile option by which a user chooses an image; None when there is nothing to choose.

    It has a choice for ``jupyterhub_image``, one for each entry of ``jupyterhub_images``, and a field to type one when
    ``jupyterhub_image_choice`` allows it.
    """
    catalogue: Mapping[str, Any] = settings["jupyterhub_images"]
    pattern = settings["jupyterhub_image_choice"]
    if not catalogue and not pattern:
        return None
    choices = {key: _choice(key, entry) for key, entry in catalogue.items()}
    defaults = [key for key, entry in catalogue.items() if entry.get("default")]
    if len(defaults) > 1:
        raise SettingError("jupyterhub_images", f"has {len(defaults)} defaults ({', '.join(defaults)}): keep one.")
    if settings["jupyterhub_image"] or not choices:
        choices["default"] = {"display_name": "Default image", "kubespawner_override": {}}
    chosen = defaults[0] if defaults else "default" if "default" in choices else next(iter(choices))
    choices[chosen] |= {"default": True}
    option = {"display_name": "Image", "choices": dict(sorted(choices.items()))}
    return option | ({"unlisted_choice": _typed(pattern)} if pattern else {})


def _choice(key: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return one entry of the catalogue as a choice."""
    variable = f"jupyterhub_images.{key}"
    only(variable, entry, ("title", "image", "default", "allowed_groups"))
    if not SLUG.fullmatch(key) or key == "default":
        raise SettingError(variable, "has no usable name: take lower case letters, digits and hyphens, 20 at most.")
    image_reference(entry.get("image", ""), f"{variable}.image")
    return {
        "display_name": entry.get("title", key),
        **limited_to(entry),
        "kubespawner_override": {"image": entry["image"]},
    }


def limited_to(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the groups that an offer is limited to, as ``openhubs_profiles`` inside the hub reads them.

    An empty list is nobody, not everybody.
    """
    groups = entry.get("allowed_groups")
    return {} if groups is None else {"allowed_groups": list(groups)}


def _typed(pattern: str) -> dict[str, Any]:
    """Return the field for an image of the user's choice; the pattern has to match the whole of it.

    KubeSpawner itself matches at the start only (``re.match``): without the anchors, anything could follow.
    """
    try:
        re.compile(pattern)
    except re.error as error:
        raise SettingError("jupyterhub_image_choice", f"is no regular expression: {error}.") from error
    return {
        "enabled": True,
        "display_name": "Your image",
        "display_name_in_choices": "Other...",
        "validation_regex": f"^(?:{pattern})$",
        "validation_message": "This hub does not allow that image; write it with its tag, such as name:tag.",
        "kubespawner_override": {"image": "{value}"},
    }


def registry(settings: Settings) -> dict[str, Any]:
    """Return the chart's values for a private registry: a secret that it makes and refers to from every pod."""
    given: Mapping[str, Any] = settings["jupyterhub_registry"]
    if not given:
        return {}
    missing = [key for key in ("server", "username", "password") if not given.get(key)]
    if missing:
        raise SettingError(f"jupyterhub_registry.{missing[0]}", "is missing: a private registry needs all three.")
    secret = {"registry": given["server"], "username": given["username"], "password": given["password"]}
    return {"imagePullSecret": {"create": True, "automaticReferenceInjection": True, **secret}}
