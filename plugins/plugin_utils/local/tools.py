# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The container runtime and what it runs: the machine's own, else Debian packages unpacked into the cache.

Nothing is installed on the machine: no maintainer script runs and no service starts.
"""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from ansible_collections.openhubs.fleet.plugins.plugin_utils.cache import digest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import once
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.components import Programs

PACKAGES = ("containerd", "runc", "containernetworking-plugins", "nftables", "iproute2")

_PROGRAMS = ("containerd", "containerd-shim-runc-v2", "ctr", "runc", "nft", "ip")
_PATH = tuple(Path(f) for f in ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"))
_CNI = (Path("/usr/lib/cni"), Path("/opt/cni/bin"))  # Debian; most others
_CNI_PLUGINS = ("host-local", "loopback", "ptp")


def missing(*, node: bool) -> list[str]:
    """Return the programs and network plugins that this machine lacks; without a node only `ip` is needed."""
    path = ":".join(map(str, _PATH))
    programs = [name for name in (_PROGRAMS if node else ("ip",)) if shutil.which(name, path=path) is None]
    return (
        programs
        if not node or any(map(_has_plugins, _CNI))
        else [*programs, *(f"CNI plugin {name}" for name in _CNI_PLUGINS)]
    )


def can_unpack() -> bool:
    """Return whether Debian packages can be had on this machine."""
    return shutil.which("apt-get") is not None and shutil.which("dpkg-deb") is not None


def key(*, node: bool) -> str:
    """Return what tells one set of these programs from another: another release of the machine has others."""
    release = Path("/etc/os-release")
    return digest(*PACKAGES, *missing(node=node), release.read_text() if release.exists() else "")


def ensure_tools(binaries: Path, say: once.Say, *, node: bool) -> Programs:
    """Return where everything is, with our own programs in `binaries`.

    Errors: FleetError with the words of apt-get or dpkg-deb.
    """
    if not missing(node=node):
        return Programs(binaries, _PATH, (), next(filter(_has_plugins, _CNI), _CNI[0]))
    root = once.ensure("tools", key(node=node), say, lambda folder: _unpack(folder, say))
    path = tuple(root / folder for folder in ("usr/sbin", "usr/bin", "sbin", "bin"))
    libraries = tuple(sorted({file.parent for place in ("usr/lib", "lib") for file in (root / place).glob("*/*.so*")}))
    return Programs(binaries, (*path, *_PATH), libraries, root / "usr/lib/cni")


def _has_plugins(folder: Path) -> bool:
    return all((folder / name).exists() for name in _CNI_PLUGINS)


def _unpack(root: Path, say: once.Say) -> None:
    """Download the packages and what they need and the machine lacks, and unpack them into `root`."""
    say(
        f"Downloading the Debian packages {', '.join(PACKAGES)}; they are unpacked into {root.parents[1]}, not installed"
    )
    with TemporaryDirectory(prefix="apt-", dir=root.parent) as work:
        for folder in ("lists/partial", "archives/partial"):
            Path(work, folder).mkdir(parents=True)
        settings = {
            "Dir::State::lists": f"{work}/lists",
            "Dir::Cache": work,
            "Dir::Cache::archives": f"{work}/archives",
            "APT::Sandbox::User": "root",  # apt's own user cannot enter the cache
            "Debug::NoLocking": "true",  # the folders are ours; the lock of the package database is not needed
        }
        apt = ["apt-get", "--quiet", "--yes", *(f"--option={name}={value}" for name, value in settings.items())]
        _run(*apt, "update")
        _run(*apt, "install", "--download-only", "--reinstall", "--no-install-recommends", *PACKAGES)
        for package in sorted(Path(work, "archives").glob("*.deb")):
            _run("dpkg-deb", "--extract", str(package), str(root))


def _run(*command: str) -> None:
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    if result.returncode:
        words = (result.stderr or result.stdout).strip()[-2000:]
        raise FleetError(f"`{command[0]}` could not get the Debian packages {', '.join(PACKAGES)}: {words}")
