# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers have the same bytes whoever packs them, and layouts hold what a container runtime looks for."""

import hashlib
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import oci


def make_tree(root: Path, umask: int, *, backwards: bool) -> Path:
    before = os.umask(umask)
    try:
        (root / "bin").mkdir(parents=True)
        for name in ["z", "a"] if backwards else ["a", "z"]:
            (root / "bin" / name).write_text(name)
        (root / "bin" / "a").chmod(0o777 & ~umask)
        (root / "home").mkdir()
        (root / "sh").symlink_to("bin/a")
        os.link(root / "bin" / "z", root / "bin" / "zz")
    finally:
        os.umask(before)
    os.utime(root / "bin" / "a", (umask, umask))
    return root


OWNERS = {"home": oci.Owner(uid=1000, gid=100, mode=0o1777)}


def pack(tree: Path, folder: Path) -> Path:
    folder.mkdir()
    return oci.pack(tree, folder, OWNERS)


def test_same_content_has_the_same_bytes(tmp_path: Path) -> None:
    one = pack(make_tree(tmp_path / "1", 0o022, backwards=False), tmp_path / "out1")
    other = pack(make_tree(tmp_path / "2", 0o077, backwards=True), tmp_path / "out2")
    assert one.name == other.name == hashlib.sha256(one.read_bytes()).hexdigest()
    assert one.read_bytes() == other.read_bytes()


def test_other_content_has_another_name(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "tree", 0o022, backwards=False)
    one = pack(tree, tmp_path / "out1")
    (tree / "bin" / "a").write_text("b")
    assert pack(tree, tmp_path / "out2").name != one.name


def test_all_is_roots_but_what_has_an_owner(tmp_path: Path) -> None:
    with tarfile.open(pack(make_tree(tmp_path / "tree", 0o077, backwards=False), tmp_path / "out")) as archive:
        found = {entry.name: (entry.uid, entry.gid, entry.mode) for entry in archive if not entry.issym()}
        kinds = {entry.name: (entry.type, entry.linkname) for entry in archive}
    assert found["bin"] == found["bin/a"] == (0, 0, 0o755)
    assert found["bin/z"] == (0, 0, 0o644)
    assert found["home"] == (1000, 100, 0o1777)
    assert kinds["sh"] == (tarfile.SYMTYPE, "bin/a")
    assert kinds["bin/zz"] == (tarfile.LNKTYPE, "bin/z"), "files that share their content are stored once"


@pytest.mark.parametrize(("machine", "architecture"), [("x86_64", "amd64"), ("aarch64", "arm64")])
def test_layout_leads_from_names_to_layers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: str, architecture: str
) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    layer = pack(make_tree(tmp_path / "tree", 0o022, backwards=False), tmp_path / "out")
    layout = tmp_path / "layout"
    layout.mkdir()
    config = {"User": "1000:100", "Cmd": ["a"]}
    oci.write_layout(layout, [oci.Image("localhost/x:1.2", [layer], config), oci.Image("localhost/y:3", [layer], {})])

    def blob(descriptor: Any) -> bytes:
        data: bytes = (layout / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes()
        assert descriptor["digest"] == "sha256:" + hashlib.sha256(data).hexdigest()
        assert descriptor["size"] == len(data)
        return data

    assert json.loads((layout / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    x, y = json.loads((layout / "index.json").read_text())["manifests"]
    assert x["annotations"]["io.containerd.image.name"] == "localhost/x:1.2"
    assert y["annotations"]["io.containerd.image.name"] == "localhost/y:3"
    manifest = json.loads(blob(x))
    image = json.loads(blob(manifest["config"]))
    assert (image["os"], image["architecture"], image["config"]) == ("linux", architecture, config)
    assert image["rootfs"]["diff_ids"] == [manifest["layers"][0]["digest"]]
    assert blob(manifest["layers"][0]) == layer.read_bytes()
