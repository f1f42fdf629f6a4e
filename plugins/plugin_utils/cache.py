# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cache of what takes long to make: outside the checkout, keyed by the content that it was made from."""

import hashlib
import os
from pathlib import Path


def cache_dir(*parts: str) -> Path:
    """Return the folder ``<cache>/<parts...>``, made (mode 0700) when missing.

    The root is ``$OPENHUBS_CACHE``, else ``~/.cache/openhubs``.
    """
    root = Path(os.environ.get("OPENHUBS_CACHE") or Path.home() / ".cache" / "openhubs")
    folder = root.joinpath(*parts)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def digest(*inputs: bytes | str | Path) -> str:
    """Return the sha256 (64 hex characters) of the inputs' content, in order.

    A path stands for what it holds: a file for its bytes, a folder for the relative names and bytes of its files,
    sorted, so that neither times nor the place of the checkout matter.
    """
    total = hashlib.sha256()
    for item in inputs:
        for name, content in _contents(item):
            total.update(f"{len(name)}:{name}{len(content)}:".encode())
            total.update(content)
    return total.hexdigest()


def _contents(item: bytes | str | Path) -> list[tuple[str, bytes]]:
    """Return the (name, bytes) pairs that an input of `digest` stands for."""
    if isinstance(item, bytes):
        return [("", item)]
    if isinstance(item, str):
        return [("", item.encode())]
    if item.is_dir():
        files = sorted(path for path in item.rglob("*") if path.is_file())
        return [(path.relative_to(item).as_posix(), path.read_bytes()) for path in files]
    return [(item.name, item.read_bytes())]
