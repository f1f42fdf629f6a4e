# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
import stat
from pathlib import Path

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.cache import cache_dir, digest


def test_cache_dir_is_private_and_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENHUBS_CACHE", str(tmp_path / "elsewhere"))
    folder = cache_dir("images", "abc")
    assert folder == tmp_path / "elsewhere/images/abc"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_digest_of_a_folder_depends_on_names_and_bytes_only(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "sub/file").write_text("content")
    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    (tmp_path / "two/sub/file").rename(tmp_path / "two/sub/other")
    assert digest(tmp_path / "one") != digest(tmp_path / "two")


def test_digest_separates_its_inputs() -> None:
    assert digest("ab", "c") != digest("a", "bc")
