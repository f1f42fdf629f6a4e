# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program helm: run with a clean environment, secrets by standard input and a private file only, stoppable."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubernetes import Connection, private_files

MINIMUM = (4, 1)  # server-side apply, its watcher for --wait, and --labels that survive a rollback
WAITED = "context deadline exceeded"  # how helm says that --timeout is over
POLL = 3  # seconds between two looks at the pods while helm waits for them
STOP = 30  # seconds that a stopped helm gets to record that the release failed
# What helm needs of the operator's environment; its own HELM_* variables could point it at another cluster or driver.
ENVIRONMENT = (
    "PATH",
    "LANG",
    "TMPDIR",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)


class HelmError(FleetError):
    """Helm failed; the message is what it said. `waited` tells whether it was waiting for pods to become ready."""

    def __init__(self, message: str, *, waited: bool = False) -> None:
        super().__init__(message)
        self.waited = waited


@dataclass(frozen=True)
class Helm:
    """Helm on one namespace of one cluster. `home` is a private folder for the kubeconfig and helm's own files."""

    binary: str
    home: Path
    namespace: str

    def render(self, name: str, chart: Path, values: Mapping[str, Any], options: Sequence[str]) -> dict[str, Any]:
        """Return the release that an upgrade would make. The API server is asked, nothing is written."""
        flags = ["--install", "--dry-run=server", "--output=json", "--values=-"]
        output = self.run(["upgrade", name, str(chart), *options, *flags], json.dumps(values))
        rendered: dict[str, Any] = json.loads(output)
        return rendered

    def template(self, name: str, chart: Path, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the same without looking at the release: for one that helm refuses to touch."""
        flags = ["--dry-run=server", "--is-upgrade", "--values=-"]
        return {"manifest": self.run(["template", name, str(chart), *flags], json.dumps(values))}

    def upgrade(
        self,
        name: str,
        chart: Path,
        values: Mapping[str, Any],
        options: Sequence[str],
        *,
        wait: bool,
        watch: Callable[[], str | None],
    ) -> None:
        """Install or upgrade a release; with `wait` until it is ready, or `watch` says why it never will be."""
        flags = ["--install", "--create-namespace", "--output=json", "--values=-", *(["--wait"] if wait else [])]
        self.run(["upgrade", name, str(chart), *options, *flags], json.dumps(values), watch)

    def rollback(self, name: str, revision: int, timeout: int | None = None) -> None:
        """Go back to a revision, which becomes a new one with the same digest; wait up to `timeout` seconds for it."""
        waiting = [] if timeout is None else ["--wait", f"--timeout={timeout}s"]
        self.run(["rollback", name, str(revision), "--server-side=true", "--force-conflicts", *waiting])

    def uninstall(self, name: str, timeout: int) -> None:
        """Remove a release; objects with ``helm.sh/resource-policy: keep`` stay."""
        self.run(["uninstall", name, "--ignore-not-found", "--wait", f"--timeout={timeout}s"])

    def run(self, arguments: Sequence[str], stdin: str = "", watch: Callable[[], str | None] | None = None) -> str:
        """Return what helm prints. `watch` is called every few seconds and may stop helm by returning a reason."""
        command = [self.binary, *arguments, f"--kubeconfig={self.home / 'kubeconfig'}", f"--namespace={self.namespace}"]
        pipe = subprocess.PIPE
        environment = self._environment()
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment) as process:
            try:
                output, errors, reason = _attend(process, stdin, watch or (lambda: None))
            finally:  # an interrupted run must not leave helm alone with the cluster
                _stop(process)
        if process.returncode != 0 or reason:
            raise HelmError(reason or sentence(errors), waited=bool(reason) or WAITED in errors)
        return output

    def _environment(self) -> dict[str, str]:
        own = {f"HELM_{kind}_HOME": str(self.home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
        kept = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
        return {**kept, **own, "HOME": str(self.home), "KUBECACHEDIR": str(self.home / "cache")}


def _attend(process: subprocess.Popen[str], stdin: str, watch: Callable[[], str | None]) -> tuple[str, str, str | None]:
    """Return what a program printed, its errors, and the reason why `watch` stopped it, if it did."""
    text: str | None = stdin
    reason = None
    while reason is None:
        with suppress(subprocess.TimeoutExpired):
            return *process.communicate(text, timeout=POLL), None
        text = None  # it has it already
        reason = watch()
    _stop(process)
    return *process.communicate(), reason


def _stop(process: subprocess.Popen[str]) -> None:
    """End a program that still runs: it may tidy up for a while."""
    process.terminate()
    try:
        process.wait(STOP)
    except subprocess.TimeoutExpired:
        process.kill()


@contextmanager
def helm(binary: str, connection: Connection, namespace: str) -> Iterator[Helm]:
    """Yield helm for a namespace; FleetError when the program is missing or too old."""
    with private_files({"kubeconfig": json.dumps(connection.kubeconfig())}) as home:
        program = Helm(binary, home, namespace)
        check_version(binary, program)
        yield program


def check_version(binary: str, program: Helm) -> None:
    """Raise FleetError unless the program can be run and is new enough."""
    wanted = ".".join(map(str, MINIMUM))
    advice = f"install Helm {wanted} or newer, or set helm_binary to the path of one"
    try:
        version = program.run(["version", "--template={{ .Version }}"])
    except OSError as error:
        raise FleetError(f"Helm cannot be run as {binary!r} ({error.strerror}): {advice}.") from error
    found = re.match(r"v(\d+)\.(\d+)", version)
    if not found or tuple(map(int, found.groups())) < MINIMUM:
        raise FleetError(f"Helm {version} ({binary}) is too old: {advice}.")


def sentence(errors: str) -> str:
    """Return what helm says went wrong, without its log lines and its prefix."""
    lines = [line for line in errors.strip().splitlines() if not re.match(r"(level|time)=|[IWE]\d{4} ", line)]
    text = re.sub(r"^(Error: )?((INSTALLATION|UPGRADE) FAILED: )?", "", "\n".join(lines))
    return text or errors.strip() or "helm stopped without a word"
