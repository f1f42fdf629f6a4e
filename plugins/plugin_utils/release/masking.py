# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping secrets out of what is shown: diffs, errors of helm and of the API server, lines of a pod's log."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

HIDDEN = "********"
# Names as chart values and environment variables have them: client_secret, secretToken, apiToken, POSTGRES_PASSWORD,
# CryptKeeper.keys. Not existingSecret or secretName, whose values are names of objects,
# nor the annotation checksum/secret, whose change says that pods restart.
SECRET_NAME = re.compile(
    r"(?!existing|checksum/).*(pass(word|wd|phrase)|secret|token|credentials?|(api|private|access|secret)[-_]?key)|keys",
    re.IGNORECASE,
)
PRIVATE_KEY = "PRIVATE KEY-----"
SHORTEST = 4  # characters: hiding every "on" or "1" would make a text unreadable and protect nothing


class Masker:
    """Hides known secrets in any text."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # A private key is met line by line (in a log) as well as whole; the longest first, as one may contain another.
        forms = {form for secret in secrets for form in (secret, _base64(secret), *secret.splitlines())}
        self._forms = sorted((form for form in forms if len(form) >= SHORTEST), key=len, reverse=True)

    def hide(self, text: str) -> str:
        """Return the text with each secret replaced."""
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        return text


def secrets_of(value: Any) -> Iterator[str]:
    """Yield what is a secret in chart values or manifests: by its name, as a Secret's data, or as a private key."""
    if isinstance(value, str):
        if PRIVATE_KEY in value:
            yield value
    elif isinstance(value, Mapping):
        if value.get("kind") == "Secret":
            yield from _data(value)
        if isinstance(value.get("name"), str) and "value" in value and SECRET_NAME.fullmatch(value["name"]):
            yield from _scalars(value["value"])
        for name, item in value.items():
            if SECRET_NAME.fullmatch(str(name)):
                yield from _scalars(item)
            yield from secrets_of(item)
    elif isinstance(value, Iterable):
        for item in value:
            yield from secrets_of(item)


def _data(secret: Mapping[str, Any]) -> Iterator[str]:
    """Yield the values of a Secret object. Whole files in it (of several lines) are no search patterns."""
    plain = [str(item) for item in (secret.get("stringData") or {}).values()]
    coded = [_decoded(str(item)) for item in (secret.get("data") or {}).values()]
    yield from (item for item in [*plain, *coded] if "\n" not in item.strip() or PRIVATE_KEY in item)


def _scalars(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str | int | float) and not isinstance(item, bool):
            yield str(item)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return text
