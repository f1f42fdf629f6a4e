# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How helm is run: what it gets, what it does not see, how it is stopped, and what is understood of its words."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubernetes import Connection
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release import helm as helm_module
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.helm import HelmError, helm, sentence

CONNECTION = Connection("https://10.0.0.1:6443", token="t0k3n-of-the-cluster")
Program = Callable[..., str]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Return a maker of programs that stand for helm: new enough, otherwise doing what the shell lines say."""

    def make(script: str, version: str = "v4.1.4") -> str:
        path = tmp_path / "helm"
        path.write_text(f'#!/bin/sh\nif [ "$1" = version ]; then echo {version}; exit; fi\n{script}\n')
        path.chmod(0o700)
        return str(path)

    return make


class TestRun:
    def test_no_secret_is_an_argument_or_in_the_environment(
        self, program: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HELM_KUBETOKEN", "t0k3n-of-another-cluster")
        with helm(program('echo "$@"; env'), CONNECTION, "prod") as runner:
            assert "t0k3n" not in runner.run(["upgrade"], '{"password": "hunter22"}')

    def test_values_come_by_standard_input(self, program: Program) -> None:
        with helm(program("cat"), CONNECTION, "prod") as runner:
            assert runner.render("hub", Path("chart"), {"password": "hunter22"}, []) == {"password": "hunter22"}

    def test_the_kubeconfig_is_private_and_removed(self, program: Program) -> None:
        with helm(program(""), CONNECTION, "prod") as runner:
            path = runner.home / "kubeconfig"
            assert json.loads(path.read_text()) == CONNECTION.kubeconfig()
            assert [item.stat().st_mode & 0o777 for item in (path, runner.home)] == [0o600, 0o700]
        assert not runner.home.exists()

    def test_a_failure_is_in_the_words_of_helm(self, program: Program) -> None:
        binary = program('echo "Error: no such chart" >&2; exit 1')
        with helm(binary, CONNECTION, "prod") as runner, pytest.raises(HelmError, match=r"^no such chart$"):
            runner.run(["upgrade"])

    def test_a_hopeless_wait_is_stopped_so_that_helm_can_tidy_up(
        self, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(helm_module, "POLL", 0.1)
        script = f"trap 'touch {tmp_path}/tidy; kill $child; exit 1' TERM; sleep 60 & child=$!; wait"
        start = time.monotonic()
        with helm(program(script), CONNECTION, "prod") as runner, pytest.raises(HelmError, match=r"^no hope$"):
            runner.upgrade("hub", Path("chart"), {}, [], wait=True, watch=lambda: "no hope")
        assert time.monotonic() - start < 10
        assert (tmp_path / "tidy").exists()


class TestVersion:
    @pytest.mark.parametrize("version", ["v3.20.1", "v4.0.5", "nonsense"])
    def test_too_old(self, program: Program, version: str) -> None:
        with (
            pytest.raises(FleetError, match=r"too old: install Helm 4\.1 or newer"),
            helm(program("", version), CONNECTION, "prod"),
        ):
            pass

    @pytest.mark.parametrize("version", ["v4.1.0", "v4.10.0", "v5.0.0"])
    def test_new_enough(self, program: Program, version: str) -> None:
        with helm(program("", version), CONNECTION, "prod"):
            pass

    def test_missing(self) -> None:
        with (
            pytest.raises(FleetError, match=r"cannot be run as '/no/helm' \(No such file.*helm_binary"),
            helm("/no/helm", CONNECTION, "prod"),
        ):
            pass


def test_log_lines_are_no_reason() -> None:
    text = 'level=WARN msg="upgrade failed"\nI0101 00:00:00 client.go\nError: UPGRADE FAILED: timed out\n'
    assert sentence(text) == "timed out"
    assert sentence("level=ERROR msg=only\n") == "level=ERROR msg=only"
