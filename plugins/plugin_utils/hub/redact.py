# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is secret in a configuration, and how it stays out of every message."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

SECRET_KEY = re.compile(
    r"(password|passwd|secret|token|credential|private_?key|api_?key|access_?key|auth_?key|cookie|salt)s?$|^keys$",
    re.IGNORECASE,
)
"""Names of keys whose text is secret."""

HARMLESS_KEY = re.compile(r"(name|ref|existing|url|length|type|class|file|path|mount|automount)", re.IGNORECASE)
"""Names that only speak about a secret: where it is, how long it may be."""

PRIVATE_KEY = "PRIVATE KEY-----"
"""What every key in PEM says of itself, wherever it stands."""

CREDENTIALS_IN_URL = re.compile(r"(?<=://)[^/@\s]+@")

SHORTEST = 4
"""Shorter texts are not hidden: they would blot out half of every message and are no secrets."""

HIDDEN = "(hidden)"


def is_secret(key: object) -> bool:
    """Say whether the text under a key of that name is secret."""
    return isinstance(key, str) and bool(SECRET_KEY.search(key)) and not HARMLESS_KEY.search(key)


def secrets(value: Any, hidden: bool = False) -> Iterator[str]:
    """Yield the secret texts of a tree: everything below a key with a secret name."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from secrets(item, hidden or is_secret(key))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from secrets(item, hidden)
    elif isinstance(value, str) and len(value) >= SHORTEST and (hidden or PRIVATE_KEY in value):
        yield value


def redact(text: str, hidden: frozenset[str]) -> str:
    """Return the text without any of the hidden ones, and without the credentials of URLs."""
    for secret in hidden:
        if secret in text:
            text = text.replace(secret, HIDDEN)
    return CREDENTIALS_IN_URL.sub(f"{HIDDEN}@", text)


def masked(value: Any, hidden: bool = False) -> Any:
    """Return a copy of a tree with secrets replaced by what may be told of them: that they are there, and how long."""
    if isinstance(value, Mapping):
        return {key: masked(item, hidden or is_secret(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(item, hidden) for item in value]
    if isinstance(value, str) and value and (hidden or PRIVATE_KEY in value):
        return f"(secret of {len(value)} characters)"
    return CREDENTIALS_IN_URL.sub(f"{HIDDEN}@", value) if isinstance(value, str) else value
