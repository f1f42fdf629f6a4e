# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OCI image layouts, written without a daemon: layers as tar files whose bytes depend only on what they hold.

The layout follows the OCI image specification 1.0 (`image-layout.md`); containerd takes the names of the images from
the annotation `io.containerd.image.name`. Layers are not compressed: they never leave the machine.
"""

import hashlib
import json
import os
import platform
import stat
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_INDEX = "application/vnd.oci.image.index.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"


@dataclass(frozen=True)
class Image:
    """An image to be: its name with tag, the blobs of its layers from the lowest up, its configuration's `config`."""

    name: str
    layers: Sequence[Path]
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Owner:
    """Who owns a folder of a layer (numeric ids), and its permission bits."""

    uid: int
    gid: int
    mode: int


def pack(tree: Path, folder: Path, owners: Mapping[str, Owner]) -> Path:
    """Write `tree` as a layer into `folder` and return its path; its name is its sha256 (64 hex characters).

    Order, times and owners are the same whoever packs whenever: all belongs to root but the folders in `owners`
    (relative path: owner). Group and others may read and run what root may, so that the umask does not matter.
    """
    unnamed = folder / "layer"
    with tarfile.open(unnamed, "w", format=tarfile.GNU_FORMAT) as archive:
        for path in sorted(tree.rglob("*")):
            _add(archive, path, path.relative_to(tree).as_posix(), owners)
    with unnamed.open("rb") as content:
        return unnamed.rename(folder / hashlib.file_digest(content, "sha256").hexdigest())


def _add(archive: tarfile.TarFile, path: Path, name: str, owners: Mapping[str, Owner]) -> None:
    """Add one file, link or folder to a layer."""
    entry = archive.gettarinfo(path, name)
    readable = stat.S_IMODE(entry.mode) >> 6 & 5
    owner = owners.get(name) or Owner(0, 0, entry.mode & stat.S_IRWXU | readable << 3 | readable)
    entry.uid, entry.gid, entry.mode = owner.uid, owner.gid, owner.mode
    entry.uname = entry.gname = ""
    entry.mtime = 0
    if entry.isreg():
        with path.open("rb") as content:
            archive.addfile(entry, content)
    else:
        archive.addfile(entry)


def write_layout(folder: Path, images: Sequence[Image]) -> None:
    """Write an OCI image layout that holds `images` into the empty `folder`; layers become hard links."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for layer in {layer for image in images for layer in image.layers}:
        os.link(layer, blobs / layer.name)
    index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": [_manifest(blobs, image) for image in images]}
    (folder / "index.json").write_text(json.dumps(index))
    (folder / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))


def _manifest(blobs: Path, image: Image) -> dict[str, Any]:
    """Write the configuration and the manifest of an image and return the manifest's descriptor."""
    layers = [_descriptor(_LAYER, layer) for layer in image.layers]
    config = {
        "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": image.config,
        "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]},
    }
    config_blob = _descriptor(_CONFIG, _write_json(blobs, config))
    manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": config_blob, "layers": layers}
    names = {
        "io.containerd.image.name": image.name,
        "org.opencontainers.image.ref.name": image.name.rpartition(":")[2],
    }
    return _descriptor(_MANIFEST, _write_json(blobs, manifest)) | {"annotations": names}


def _write_json(blobs: Path, content: object) -> Path:
    """Write a JSON document as a blob and return its path."""
    data = json.dumps(content, sort_keys=True).encode()
    blob = blobs / hashlib.sha256(data).hexdigest()
    blob.write_bytes(data)
    return blob


def _descriptor(media_type: str, blob: Path) -> dict[str, Any]:
    """Return the OCI descriptor of a blob, whose file name is its sha256."""
    return {"mediaType": media_type, "digest": f"sha256:{blob.name}", "size": blob.stat().st_size}
