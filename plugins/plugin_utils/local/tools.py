# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The container runtime and what it runs: the machine's own, else Debian packages unpacked into the cache.

Nothing is installed on the machine: no maintainer script runs and no service starts.
"""

import shutil
from pathlib import Path

from ansible_collections.openhubs.fleet.plugins.plugin_utils.cache import digest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import debian, once
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.settings import Programs

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

    Errors: FleetError with the words of apt-get, dpkg-deb or tar.
    """
    if not missing(node=node):
        return Programs(binaries, _PATH, (), next(filter(_has_plugins, _CNI), _CNI[0]))
    root = once.ensure("tools", key(node=node), say, lambda folder: _unpack(folder, say))
    path = (root / "usr" / "sbin", root / "usr" / "bin", *_PATH)
    libraries = tuple(sorted({file.parent for file in (root / "usr" / "lib").glob("*/*.so*")}))
    return Programs(binaries, path, libraries, root / "usr" / "lib" / "cni")


def _has_plugins(folder: Path) -> bool:
    return all((folder / name).exists() for name in _CNI_PLUGINS)


def _unpack(root: Path, say: once.Say) -> None:
    say(f"Downloading the Debian packages {', '.join(PACKAGES)}: they are unpacked into the cache, not installed")
    debian.unpack(root, PACKAGES, complete=False)
