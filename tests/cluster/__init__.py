# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests on a real API server. Their fixtures are a plugin, as a conftest.py is read before collections can be found."""

import pytest

pytest.register_assert_rewrite("cluster.world")
