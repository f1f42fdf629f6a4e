# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The images of a local cluster: made on this machine from package registries, kept in the cache."""

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.cache import cache_dir, digest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import layers, oci

_FILES = Path(__file__).parents[3] / "roles" / "local" / "files" / "images"
_KEPT = 30 * 24 * 3600  # seconds that a layer or a layout stays after its last use
_SCRATCH = "build-"

type Say = Callable[[str], None]


def image_refs() -> dict[str, str]:
    """Return the reference (`localhost/<name>:<tag>`) of each image by its name."""
    return {name: _ref(name, image) for name, image in _load(_FILES)["images"].items()}


def ensure_images(binaries: Path, say: Say, pins: Path = _FILES) -> Path:
    """Return an OCI image layout (a folder, never changed once it is there) that holds all images of a local cluster.

    `binaries` is the folder with the static programs `coredns` and `pause`; `say` takes lines of progress; `pins` is
    the folder with images.yml and the files that it names. What did not change is taken from the cache.

    Errors: FleetError that names the layer and ends with what the failed program said last.
    """
    plan, sources, root = _load(pins), layers.Sources(pins, binaries), cache_dir("images")
    with _locked(root, say):
        _prune(root)
        blobs = {name: _layer(root, name, layer, sources, say) for name, layer in plan["layers"].items()}
        images = [
            oci.Image(_ref(name, image), [blobs[layer] for layer in image["layers"]], image["config"])
            for name, image in plan["images"].items()
        ]
        content = json.dumps([(image.name, [blob.name for blob in image.layers], image.config) for image in images])
        layout = root / "layouts" / digest(content, Path(oci.__file__))
        return _once(layout, lambda entry, _scratch: oci.write_layout(entry, images))


def _load(pins: Path) -> dict[str, Any]:
    """Return the content of images.yml: `layers` and `images`."""
    plan: dict[str, Any] = yaml.safe_load((pins / "images.yml").read_text())
    return plan


def _ref(name: str, image: dict[str, Any]) -> str:
    """Return the reference of an image: of no registry, so that nothing is ever pulled."""
    return f"localhost/{name}:{image['tag']}"


def _layer(root: Path, name: str, layer: layers.Layer, sources: layers.Sources, say: Say) -> Path:
    """Return the blob of a layer, made when it is not in the cache: its name is its sha256."""

    def make(entry: Path, scratch: Path) -> None:
        say(f"image layer {name}: being built")
        start, tree = time.monotonic(), scratch / "tree"
        tree.mkdir()
        layers.build(layer, sources, tree)
        blob = oci.pack(tree, entry, layers.owners(layer))
        say(f"image layer {name}: {time.monotonic() - start:.0f} s, {blob.stat().st_size / 1e6:.0f} MB")

    try:
        (blob,) = _once(root / "layers" / layers.key(layer, sources), make).iterdir()
    except FleetError as error:
        raise FleetError(f"The image layer {name} could not be built: {error}") from error
    return blob


def _once(folder: Path, make: Callable[[Path, Path], None]) -> Path:
    """Return `folder`, marked as used now; when it is missing, it is what `make(entry, scratch)` puts into `entry`.

    It gets its name when it is complete: a build that was killed leaves only a scratch folder, which `_prune` removes.
    """
    folder.parent.mkdir(exist_ok=True)
    if not folder.exists():
        with TemporaryDirectory(prefix=_SCRATCH, dir=folder.parents[1]) as scratch:
            entry = Path(scratch, "entry")
            entry.mkdir()
            make(entry, Path(scratch))
            entry.rename(folder)
    os.utime(folder)
    return folder


def _prune(root: Path) -> None:
    """Remove what killed builds left, and entries that nobody used for long; a layout's hard links keep its layers."""
    oldest = time.time() - _KEPT
    unused = [
        entry for kind in ("layers", "layouts") for entry in root.glob(f"{kind}/*") if entry.stat().st_mtime < oldest
    ]
    for folder in [*root.glob(f"{_SCRATCH}*"), *unused]:
        shutil.rmtree(folder)


@contextlib.contextmanager
def _locked(root: Path, say: Say) -> Iterator[None]:
    """Let one process at a time build; the lock ends with the process that holds it."""
    with (root / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("images: another run builds them, waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
