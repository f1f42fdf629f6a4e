# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the kernel can do what a node needs: tried in a process whose namespaces end with it."""

import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path

from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.node import MS_PRIVATE, MS_REC, mount

_NETLINK_NETFILTER = 12  # linux/netlink.h
_REQUEST, _ACKNOWLEDGE, _CREATE, _EXCLUSIVE = 0x1, 0x4, 0x400, 0x200  # NLM_F_* of linux/netlink.h
_NEW_LINK, _LINK_INFO, _INFO_KIND = 16, 18, 1  # RTM_NEWLINK, IFLA_LINKINFO, IFLA_INFO_KIND of linux/if_link.h
_NFT_GET_TABLES = (10 << 8) | 1  # NFNL_SUBSYS_NFTABLES, NFT_MSG_GETTABLE of linux/netfilter/nf_tables.h
_DUMP = 0x300  # NLM_F_DUMP
_ERROR = 2  # NLMSG_ERROR


def findings(*, node: bool) -> list[str]:
    """Return a sentence for each missing feature; `node` asks for those of containers too."""
    features: dict[str, Callable[[], None]] = {"IP forwarding": _forward, "pairs of network devices (veth)": _veth}
    if node:
        features |= {"overlay file systems (overlay)": _overlay, "nftables (nf_tables)": _nftables}
    return _in_namespaces(features)


def _in_namespaces(features: dict[str, Callable[[], None]]) -> list[str]:
    """Try each feature in namespaces of its own, in a child process that tells what failed."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, "\n".join(_failures(features)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader) as answer:
        problems = answer.read().splitlines()
    os.waitpid(child, 0)
    return problems


def _failures(features: dict[str, Callable[[], None]]) -> list[str]:
    try:
        os.unshare(os.CLONE_NEWNS | os.CLONE_NEWNET | os.CLONE_NEWPID)
    except OSError as error:
        return [f"namespaces are refused ({error.strerror}): run on a machine or in a container that may make them"]
    problems = []
    for name, attempt in features.items():
        try:
            attempt()
        except OSError as error:
            problems.append(f"the kernel offers no {name} ({error.strerror}): load the module or use another kernel")
    return problems


def _forward() -> None:
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


def _overlay() -> None:
    """Mount an overlay of folders of a tmpfs that only this process sees."""
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount("tmpfs", "/run", "tmpfs")
    for name in ("lower", "upper", "work", "merged"):
        Path("/run", name).mkdir()
    mount("overlay", "/run/merged", "overlay", options="lowerdir=/run/lower,upperdir=/run/upper,workdir=/run/work")


def _veth() -> None:
    """Make a pair of devices in the new network namespace."""
    kind = _attribute(_LINK_INFO, _attribute(_INFO_KIND, b"veth\0"))
    link = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, 0, 0, 0) + kind  # struct ifinfomsg
    _ask(socket.NETLINK_ROUTE, _NEW_LINK, _ACKNOWLEDGE | _CREATE | _EXCLUSIVE, link)


def _nftables() -> None:
    """List the tables of the new network namespace."""
    _ask(_NETLINK_NETFILTER, _NFT_GET_TABLES, _DUMP, struct.pack("=BBH", socket.AF_UNSPEC, 0, 0))  # struct nfgenmsg


def _attribute(kind: int, value: bytes) -> bytes:
    """Return a netlink attribute, padded to 4 bytes."""
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def _ask(protocol: int, kind: int, flags: int, payload: bytes) -> None:
    """Send one netlink request; errors are OSError with the kernel's reason."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as netlink:
        netlink.settimeout(5)
        netlink.bind((0, 0))
        netlink.send(struct.pack("=IHHII", 16 + len(payload), kind, flags | _REQUEST, 1, 0) + payload)
        answer = netlink.recv(8192)
    (answered,) = struct.unpack_from("=H", answer, 4)
    if answered == _ERROR:
        (code,) = struct.unpack_from("=i", answer, 16)
        if code:
            raise OSError(-code, os.strerror(-code))
