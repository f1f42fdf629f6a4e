# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Features of the kernel are tried where it does no harm, and what fails is named."""

import errno
import os
import socket
from pathlib import Path

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import kernel

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: makes namespaces")


def refuse() -> None:
    raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))


@needs_root
def test_what_fails_is_named() -> None:
    (finding,) = kernel._in_namespaces({"thing": refuse, "other": lambda: None})
    assert finding.startswith("the kernel offers no thing (No such device)")


@needs_root
def test_nothing_of_a_trial_reaches_the_machine() -> None:
    def state() -> tuple[list[str], str, str]:
        devices = sorted(name for _, name in socket.if_nameindex())
        return devices, Path("/proc/self/mounts").read_text(), Path("/proc/sys/net/ipv4/ip_forward").read_text()

    before = state()
    assert kernel.findings(node=True) == []
    assert state() == before


@needs_root
def test_the_kernels_refusal_is_an_error() -> None:
    """A message of a kind that does not exist: so an answer is read, not only sent for."""
    with pytest.raises(OSError, match=r"not supported|Invalid"):
        kernel._ask(socket.NETLINK_ROUTE, 999, kernel._ACKNOWLEDGE, b"\0" * 32)


def test_refused_namespaces_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unshare(_flags: int) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(kernel.os, "unshare", unshare)
    (finding,) = kernel._failures({})
    assert "namespaces are refused" in finding
