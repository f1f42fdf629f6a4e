# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian packages unpacked into a folder: nothing is installed, no maintainer script runs, apt's own lists stay."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.program import run

_MERGED = ("bin", "sbin", "lib", "lib64")  # into /usr, as on every Debian and Ubuntu of today
_UNPACK = """
for archive in "$1"/*.deb; do
  dpkg-deb --fsys-tarfile "$archive" | tar -x -C "$2" --keep-directory-symlink --no-same-owner
done
"""


def unpack(tree: Path, packages: Sequence[str], *, complete: bool) -> None:
    """Unpack packages of this machine's release, and what they depend on, into the empty folder `tree`.

    `complete` takes all that they depend on, so that the folder can be a root file system; else what this machine has
    is left out.

    Errors: FleetError with the words of apt-get, dpkg-deb or tar.
    """
    for name in _MERGED:
        (tree / "usr" / name).mkdir(parents=True)
        (tree / name).symlink_to(Path("usr") / name)
    with TemporaryDirectory(prefix=".apt-", dir=tree.parent) as folder:
        lists, archives = Path(folder, "lists"), Path(folder, "archives")
        for directory in (lists, archives):
            (directory / "partial").mkdir(parents=True)
        settings = {
            "Dir::State::lists": str(lists),
            "Dir::Cache": folder,
            "Dir::Cache::archives": str(archives),
            "Acquire::Languages": "none",
            "APT::Install-Recommends": "false",
            "APT::Sandbox::User": "root",  # apt's own user cannot enter the cache
            "Debug::NoLocking": "true",  # the folders are ours; the lock of the package database is not needed
        }
        if complete:
            settings["Dir::State::status"] = "/dev/null"
        apt = ("apt-get", "--quiet=2", "--yes", *(f"--option={name}={value}" for name, value in settings.items()))
        run(*apt, "update")
        run(*apt, "install", "--download-only", "--reinstall", *packages)
        run("bash", "-e", "-o", "pipefail", "-c", _UNPACK, "bash", archives, tree)
