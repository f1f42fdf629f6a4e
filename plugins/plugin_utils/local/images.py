# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The images of a local cluster: made on this machine from package registries, kept in the cache."""

import json
import os
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.cache import cache_dir, digest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import layers, oci, once

_FILES = Path(__file__).parents[3] / "roles" / "local" / "files" / "images"
_LAYERS, _LAYOUTS = "image-layers", "images"  # kinds of the cache
_KEPT = 30 * 24 * 3600  # seconds that an entry stays after its last use


def image_refs() -> dict[str, str]:
    """Return the reference (`localhost/<name>:<tag>`) of each image by its name."""
    return {name: _ref(name, image) for name, image in _load(_FILES)["images"].items()}


def ensure_images(binaries: Path, say: once.Say, pins: Path = _FILES) -> Path:
    """Return an OCI image layout (a folder, never changed once it is there) that holds all images of a local cluster.

    `binaries` is the folder with the static programs `coredns` and `pause`; `say` takes lines of progress; `pins` is
    the folder with images.yml and the files that it names. What did not change is taken from the cache.

    Errors: FleetError that names the layer and ends with what the failed program said last.
    """
    plan, sources = _load(pins), layers.Sources(pins, binaries)
    blobs = {name: _layer(name, layer, sources, say) for name, layer in plan["layers"].items()}
    images = [
        oci.Image(_ref(name, image), [blobs[layer] for layer in image["layers"]], image["config"])
        for name, image in plan["images"].items()
    ]
    content = json.dumps([(image.name, [blob.name for blob in image.layers], image.config) for image in images])
    layout_key = digest(content, Path(oci.__file__))
    layout = _used(once.ensure(_LAYOUTS, layout_key, say, lambda folder: oci.write_layout(folder, images)))
    _prune()
    return layout


def _load(pins: Path) -> dict[str, Any]:
    """Return the content of images.yml: `layers` and `images`."""
    plan: dict[str, Any] = yaml.safe_load((pins / "images.yml").read_text())
    return plan


def _ref(name: str, image: dict[str, Any]) -> str:
    """Return the reference of an image: of no registry, so that nothing is ever pulled."""
    return f"localhost/{name}:{image['tag']}"


def _layer(name: str, layer: layers.Layer, sources: layers.Sources, say: once.Say) -> Path:
    """Return the blob of a layer, made when it is not in the cache: its name is its sha256."""

    def make(folder: Path) -> None:
        say(f"image layer {name}: being built")
        start = time.monotonic()
        with TemporaryDirectory(dir=folder.parent) as tree:
            layers.build(layer, sources, Path(tree))
            blob = oci.pack(Path(tree), folder, layers.owners(layer))
        say(f"image layer {name}: {time.monotonic() - start:.0f} s, {blob.stat().st_size / 1e6:.0f} MB")

    try:
        (blob,) = _used(once.ensure(_LAYERS, layers.key(layer, sources), say, make)).iterdir()
    except FleetError as error:
        raise FleetError(f"The image layer {name} could not be built: {error}") from error
    return blob


def _used(entry: Path) -> Path:
    """Mark an entry of the cache as used now."""
    os.utime(entry)
    return entry


def _prune() -> None:
    """Remove entries that nobody used for long, and what killed builds left; hard links keep the layers of a layout."""
    oldest = time.time() - _KEPT
    for entry in [entry for kind in (_LAYERS, _LAYOUTS) for entry in cache_dir(kind).iterdir()]:
        if entry.is_dir() and entry.stat().st_mtime < oldest:
            shutil.rmtree(entry)
