# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-test runs instead of the get-pip.py that it would download: pip from Python's own ensurepip.

ansible-test looks for it as ``~/.ansible/test/cache/get_pip_<version>.py``; its requirements then come from the index
that pip is configured for.
"""

import contextlib
import ensurepip
import io
import os
import subprocess
import sys

with contextlib.redirect_stdout(io.StringIO()):
    ensurepip.bootstrap(default_pip=True)
os.environ.pop("PIP_CONFIG_FILE", None)  # ensurepip points it at /dev/null
arguments = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
raise SystemExit(subprocess.call([sys.executable, "-m", "pip", "install", *arguments]))
