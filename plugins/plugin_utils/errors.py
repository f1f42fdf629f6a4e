# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong, said to an operator."""


class FleetError(Exception):
    """A failure whose message names the thing, the value, what is allowed and what to do.

    Code below the Ansible surface raises it; action plugins turn it into a failed task with the same words.
    """


def require(missing: ImportError | None) -> None:
    """Raise FleetError when a library is missing: ``missing`` is what its import at the top of a file raised."""
    if missing:
        raise FleetError(f"A Python library is missing ({missing}): pip install -r requirements.txt.")
