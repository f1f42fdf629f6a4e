# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of NativeAuthenticator, which JupyterHub does not find by itself."""

from pathlib import Path
from typing import Any

import nativeauthenticator


def configure(c: Any, settings: Any) -> None:
    """Add the package's templates to those that the hub has."""
    pages = str(Path(nativeauthenticator.__file__).parent / "templates")
    c.JupyterHub.template_paths = [*c.JupyterHub.get("template_paths", []), pages]
