# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import subprocess

from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import build


def test_the_go_tests_of_the_network_policies_pass() -> None:
    command = [build.ensure_go(print), "test", "-trimpath", "-vet=all", "./netpol/..."]
    result = subprocess.run(
        command, cwd=build.MODULE, env={**os.environ, **build.ENVIRONMENT}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "ok" in result.stdout
