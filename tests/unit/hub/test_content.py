# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Material by nbgitpuller: links and pulls."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.content import nbgitpuller_link, pull_at_start
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import with_defaults

COURSE = {"repository": "https://github.com/uni/course-101.git", "branch": "autumn"}


def parts(link: str) -> tuple[str, dict[str, list[str]]]:
    split = urlsplit(link)
    return f"{split.scheme}://{split.netloc}{split.path}", parse_qs(split.query, strict_parsing=True)


def test_a_link_pulls_and_opens_the_repository() -> None:
    url, query = parts(nbgitpuller_link({**COURSE, "path": "week 1/intro.ipynb"}, "https://hub.uni.edu/"))
    assert url == "https://hub.uni.edu/hub/user-redirect/git-pull"
    assert query == {
        "repo": [COURSE["repository"]],
        "branch": ["autumn"],
        "urlpath": ["lab/tree/course-101/week%201/intro.ipynb?autodecode"],
    }


@pytest.mark.parametrize(
    ("interface", "path"),
    [("lab", "lab/tree/x?autodecode"), ("notebook", "tree/x"), ("rstudio", "rstudio/")],
)
def test_a_link_opens_the_interface(interface: str, path: str) -> None:
    _, query = parts(nbgitpuller_link({**COURSE, "directory": "x"}, "https://hub.uni.edu", interface))
    assert query["urlpath"] == [path]
    assert query["targetpath"] == ["x"]


def test_a_link_needs_a_hub_and_a_repository() -> None:
    with pytest.raises(FleetError, match="hub_url is missing"):
        nbgitpuller_link(COURSE, "")
    with pytest.raises(FleetError, match="without repository"):
        nbgitpuller_link({}, "https://hub.uni.edu")


def command(*content: dict[str, Any]) -> str:
    values = pull_at_start(with_defaults({"jupyterhub_content": list(content)}))
    shell, option, text = values["singleuser"]["lifecycleHooks"]["postStart"]["exec"]["command"]
    assert (shell, option) == ("/bin/sh", "-c")
    return str(text)


def test_content_is_pulled_at_start_when_asked() -> None:
    assert command({**COURSE, "at_start": True}, {**COURSE, "directory": "never"}) == (
        "cd /home/jovyan; gitpuller https://github.com/uni/course-101.git autumn course-101; true"
    )
    assert pull_at_start(with_defaults({"jupyterhub_content": [COURSE]})) == {}


def test_a_pull_that_fails_does_not_stop_the_server() -> None:
    assert command({**COURSE, "at_start": True}).endswith("; true")


def test_no_text_of_an_entry_is_a_command() -> None:
    text = command({**COURSE, "branch": "$(reboot)", "directory": "a; reboot", "at_start": True})
    assert "'$(reboot)' 'a; reboot'" in text
