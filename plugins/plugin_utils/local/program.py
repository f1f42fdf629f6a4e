# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that are run to their end, and what they said when they failed."""

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError

_LAST_LINES = 15  # of a failed program's output: enough for apt, uv and npm to say why


def run(*command: str | Path, environment: Mapping[str, str] | None = None) -> None:
    """Run a program, with `environment` added to this process's.

    Errors: FleetError when it is missing or fails, with the last lines of its output.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        raise FleetError(f"The program {words[0]} is needed and was not found: install it.") from None
    if done.returncode:
        said = "\n".join(done.stdout.splitlines()[-_LAST_LINES:])
        raise FleetError(f"`{shlex.join(words)}` ended with {done.returncode}:\n{said}")
