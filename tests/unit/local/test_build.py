# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs are compiled once for each set of inputs, and a failed build leaves nothing."""

import os
import threading
import time
from pathlib import Path

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import build, once

GO_MOD = "module m\n\ngo 1.26.0\n\nrequire (\n\thelm.sh/helm/v4 v4.1.4\n\tk8s.io/kubernetes v1.35.4\n)\n"
FAKE_GO = """#!/bin/sh
[ "$1" = env ] && { echo go1.99.0; exit; }
echo first/package >&2
[ -f broken.go ] && { echo "broken.go:1: syntax error" >&2; exit 1; }
for last; do [ "$previous" = -o ] && out=$last; previous=$last; done
touch "$out/kubernetes" "$out/coredns"
echo built >>"$COUNT"
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module with a compiler that takes no time; each build adds a line to the file `count` beside it."""
    folder = tmp_path / "module"
    (folder / "cmd").mkdir(parents=True)
    (folder / "go.mod").write_text(GO_MOD)
    (folder / "go.sum").touch()
    (folder / "cmd" / "main.go").write_text("package main\n")
    go = tmp_path / "bin" / "go"
    go.parent.mkdir()
    go.write_text(FAKE_GO)
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{go.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("COUNT", str(tmp_path / "count"))
    monkeypatch.setenv("OPENHUBS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(build, "MODULE", folder)
    return folder


def test_it_is_built_once(module: Path, tmp_path: Path) -> None:
    said: list[str] = []
    first = build.ensure_binaries(said.append)
    assert build.ensure_binaries(said.append) == first
    assert (tmp_path / "count").read_text() == "built\n"
    assert os.readlink(first / "helm") == "kubernetes"
    assert any("1 packages" in line for line in said)


@pytest.mark.parametrize(
    ("name", "text", "differs"),
    [
        ("cmd/main.go", "package main // new\n", True),
        ("cmd/new.go", "package main\n", True),
        ("go.sum", "a v1 h1:x\n", True),
        ("cmd/main_test.go", "package main\n", False),
        ("README.md", "text\n", False),
    ],
)
def test_the_key_depends_on_what_is_compiled(module: Path, name: str, text: str, *, differs: bool) -> None:
    before = build.key()
    (module / name).write_text(text)
    assert (build.key() != before) is differs


def test_the_key_depends_on_the_compiler(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = build.key()
    monkeypatch.setattr(build, "go_version", lambda: "1.0")
    assert build.key() != before


def test_a_failed_build_says_why_and_leaves_nothing(module: Path, tmp_path: Path) -> None:
    (module / "broken.go").touch()
    with pytest.raises(FleetError, match="syntax error"):
        build.ensure_binaries(lambda _line: None)
    assert [path.name for path in (tmp_path / "cache" / "bin").iterdir() if not path.name.startswith(".")] == []


def test_an_old_go_is_not_used(module: Path) -> None:
    (module / "go.mod").write_text(GO_MOD.replace("1.26.0", "2.0"))
    assert build._machine_go() == ("", "")
    assert build.go_version() == build._GO_WHEEL


def test_the_version_is_that_of_the_module() -> None:
    flags = build.link_flags(GO_MOD)
    assert "-X k8s.io/component-base/version.gitVersion=v1.35.4" in flags
    assert "-X k8s.io/client-go/pkg/version.gitMinor=35" in flags
    assert "version.version=v4.1.4" in flags


def test_a_module_that_is_not_required_is_an_error() -> None:
    with pytest.raises(FleetError, match="requires no sigs"):
        build.module_version("sigs.k8s.io/kwok", GO_MOD)


@pytest.mark.parametrize(("text", "numbers"), [("1.26.8", (1, 26, 8)), ("1.27rc1", (1, 27)), ("1.26.0", (1, 26, 0))])
def test_versions_are_compared_by_number(text: str, numbers: tuple[int, ...]) -> None:
    assert build.parse_version(text) == numbers


def test_the_real_module_can_be_keyed() -> None:
    """Every module that the flags name is in go.mod."""
    assert build.link_flags((build.MODULE / "go.mod").read_text())


def test_a_second_run_waits_for_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENHUBS_CACHE", str(tmp_path))
    made: list[str] = []

    def slowly(folder: Path) -> None:
        time.sleep(0.2)
        (folder / "file").touch()
        made.append("made")

    said: list[str] = []
    runs = [threading.Thread(target=once.ensure, args=("kind", "key", said.append, slowly)) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert made == ["made"]
    assert any("waiting" in line for line in said)


def test_what_a_killed_run_left_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENHUBS_CACHE", str(tmp_path))
    (tmp_path / "kind" / ".new-1" / "entry").mkdir(parents=True)
    once.ensure("kind", "key", lambda _line: None, lambda folder: (folder / "file").touch())
    assert sorted(path.name for path in (tmp_path / "kind").iterdir()) == [".lock", "key"]
