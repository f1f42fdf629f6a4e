# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made once and kept in the cache: locked against a second run, and complete or not there at all."""

import contextlib
import fcntl
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ansible_collections.openhubs.fleet.plugins.plugin_utils.cache import cache_dir

_NEW = ".new-"

type Say = Callable[[str], None]


def ensure(kind: str, key: str, say: Say, make: Callable[[Path], None]) -> Path:
    """Return the folder `<cache>/<kind>/<key>`; when it is missing it is what `make(folder)` puts into a new one.

    A second run waits for the first. A run that fails or is killed leaves nothing under the key.
    """
    root = cache_dir(kind)
    entry = root / key
    if entry.exists():
        return entry
    with _locked(root / ".lock", kind, say):
        for left in root.glob(f"{_NEW}*"):  # by a run that was killed: nobody else builds now
            shutil.rmtree(left)
        if not entry.exists():
            with TemporaryDirectory(prefix=_NEW, dir=root) as new:
                made = Path(new, "entry")
                made.mkdir()
                make(made)
                made.rename(entry)
    return entry


@contextlib.contextmanager
def _locked(file: Path, what: str, say: Say) -> Iterator[None]:
    """Hold a lock that ends with the process."""
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Another run is filling the cache ({what}): waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
