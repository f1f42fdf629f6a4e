# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images are made once, layer by layer, and what a user of the cache sees is always complete."""

import json
import multiprocessing
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import images, layers

PINS = Path(__file__).parents[3] / "roles" / "local" / "files" / "images"
PLAN: dict[str, Any] = yaml.safe_load((PINS / "images.yml").read_text())


class World:
    """A cache of its own with two small images that share a layer."""

    def __init__(self, folder: Path) -> None:
        self.pins, self.binaries, self.cache = folder / "pins", folder / "bin", folder / "cache"
        self.pins.mkdir()
        self.binaries.mkdir()
        (self.binaries / "program").write_bytes(b"1")
        self.plan: dict[str, Any] = {
            "layers": {
                "base": {"files": {"etc/motd": "hello"}, "links": {"bin": "usr/bin"}},
                "program": {"binaries": ["program"]},
            },
            "images": {
                "one": {"tag": "1.0", "layers": ["base"], "config": {}},
                "two": {"tag": "2.0", "layers": ["base", "program"], "config": {"Entrypoint": ["/program"]}},
            },
        }
        self.said: list[str] = []

    def ensure(self) -> Path:
        (self.pins / "images.yml").write_text(yaml.safe_dump(self.plan))
        self.said.clear()
        return images.ensure_images(self.binaries, self.said.append, self.pins)

    def entries(self, kind: str) -> list[Path]:
        return [path for path in (self.cache / kind).glob("[!.]*") if path.is_dir()]

    @property
    def built(self) -> list[str]:
        return [line.split(":")[0].removeprefix("image layer ") for line in self.said if line.endswith("being built")]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("OPENHUBS_CACHE", str(tmp_path / "cache"))
    return World(tmp_path)


def names(layout: Path) -> list[str]:
    index = json.loads((layout / "index.json").read_text())
    return [manifest["annotations"]["io.containerd.image.name"] for manifest in index["manifests"]]


def test_first_run_builds_all_and_second_nothing(world: World) -> None:
    layout = world.ensure()
    assert world.built == ["base", "program"]
    assert any(re.fullmatch(r"image layer base: \d+ s, \d+ MB", line) for line in world.said), world.said
    assert names(layout) == ["localhost/one:1.0", "localhost/two:2.0"]
    assert world.ensure() == layout
    assert world.said == []


def test_changed_program_or_entry_rebuilds_only_its_layer(world: World) -> None:
    first = world.ensure()
    (world.binaries / "program").write_bytes(b"2")
    second = world.ensure()
    assert world.built == ["program"]
    world.plan["layers"]["base"]["files"]["etc/motd"] = "bye"
    third = world.ensure()
    assert world.built == ["base"]
    assert len({first, second, third}) == 3
    assert (first / "index.json").exists(), "another run may still be importing the old one"


def test_changed_tag_rebuilds_no_layer(world: World) -> None:
    world.ensure()
    world.plan["images"]["one"]["tag"] = "1.1"
    assert names(world.ensure()) == ["localhost/one:1.1", "localhost/two:2.0"]
    assert world.said == []


def test_same_inputs_give_the_same_bytes(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = world.ensure()
    monkeypatch.setenv("OPENHUBS_CACHE", str(tmp_path / "other"))
    other = world.ensure()
    assert one != other
    assert (one / "index.json").read_bytes() == (other / "index.json").read_bytes()


def test_failed_layer_is_named_with_last_lines_and_leaves_nothing(world: World) -> None:
    (world.pins / "bad.txt").write_text("no such requirement !\n")
    world.plan["layers"]["program"] = {"python": "bad.txt"}
    with pytest.raises(FleetError, match=r"(?s)layer program could not be built: .*uv.* ended with \d:.*bad\.txt"):
        world.ensure()
    assert len(world.entries("image-layers")) == 1, "base is kept, program has no entry"
    assert world.entries("images") == []


def test_missing_program_is_named(world: World) -> None:
    (world.binaries / "program").unlink()
    with pytest.raises(FleetError, match=r"image layer program .*bin/program is needed and does not exist"):
        world.ensure()


def test_killed_build_leaves_no_half_entry(world: World) -> None:
    def die(line: str) -> None:
        if line.startswith("image layer program:") and line.endswith("MB"):  # complete, but without its name yet
            os.kill(os.getpid(), signal.SIGKILL)

    (world.pins / "images.yml").write_text(yaml.safe_dump(world.plan))
    arguments = (world.binaries, die, world.pins)
    build = multiprocessing.get_context("fork").Process(target=images.ensure_images, args=arguments)
    build.start()
    build.join()
    assert build.exitcode == -signal.SIGKILL
    assert len(world.entries("image-layers")) == 1

    assert names(world.ensure()) == ["localhost/one:1.0", "localhost/two:2.0"]
    assert world.built == ["program"]


def test_entries_unused_for_a_month_go_and_used_ones_stay(world: World) -> None:
    old = world.ensure()
    world.plan["layers"]["base"]["files"]["etc/motd"] = "bye"
    new = world.ensure()
    month = time.time() - 31 * 24 * 3600
    for path in world.entries("image-layers") + world.entries("images"):
        os.utime(path, (month, month))
    assert world.ensure() == new
    assert world.built == []
    assert not old.exists()
    assert len(world.entries("image-layers")) == 2


def test_two_runs_at_once_build_each_layer_once(world: World) -> None:
    def slowly(line: str) -> None:
        with (world.pins / "said").open("a") as said:
            said.write(f"{line}\n")
        time.sleep(0.2)

    (world.pins / "images.yml").write_text(yaml.safe_dump(world.plan))
    runs = multiprocessing.get_context("fork")
    build = (world.binaries, slowly, world.pins)
    processes = [runs.Process(target=images.ensure_images, args=build) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    said = (world.pins / "said").read_text()
    assert [said.count(f"layer {name}: being built") for name in ("base", "program")] == [1, 1]


def test_without_takes_overlapping_patterns(tmp_path: Path) -> None:
    layer = {"files": {"a/b.map": "", "a/c": "", "d.map": ""}, "without": []}
    sources = layers.Sources(tmp_path, tmp_path)
    (tmp_path / "tree").mkdir()
    layers.build(layer, sources, tmp_path / "tree")
    layers.build({"without": ["a", "**/*.map"]}, sources, tmp_path / "tree")
    assert list((tmp_path / "tree").iterdir()) == []


def test_references_are_local_and_never_latest() -> None:
    refs = images.image_refs()
    assert set(refs) == {"hub", "chp", "singleuser", "network-tools", "coredns", "pause"}
    for name, ref in refs.items():
        assert re.fullmatch(rf"localhost/{name}:\d+\.\d+\.\d+", ref)


def test_every_requirement_is_pinned() -> None:
    for file in PINS.rglob("*.txt"):
        pins = [line for line in file.read_text().splitlines() if not line.startswith("#")]
        assert pins
        assert [pin for pin in pins if not re.match(r"[a-z0-9._-]+==[^ ]+($| ; )", pin)] == []


def test_hub_and_servers_speak_the_same_jupyterhub() -> None:
    pins = [(PINS / file).read_text().splitlines() for file in ("hub.txt", "singleuser.txt")]
    assert ["jupyterhub==5.5.0" in lines for lines in pins] == [True, True]


def test_npm_lock_names_no_registry() -> None:
    lock = json.loads((PINS / "chp" / "package-lock.json").read_text())
    packages = [package for name, package in lock["packages"].items() if name]
    assert all("integrity" in package and "resolved" not in package for package in packages)
    assert lock["packages"]["node_modules/configurable-http-proxy"]["version"] == PLAN["images"]["chp"]["tag"]


def test_images_use_layers_that_exist_and_all_are_used() -> None:
    used = {layer for image in PLAN["images"].values() for layer in image["layers"]}
    assert used == set(PLAN["layers"])
