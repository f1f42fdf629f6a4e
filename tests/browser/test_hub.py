# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user does with a hub, in a browser: log in, choose a size, run a cell in JupyterLab, stop the server.

The hub is a running one, with one password for all: HUB_URL, HUB_USER and HUB_PASSWORD say where and who. With
HUB_PICTURES, a folder, each page on the way is kept there as a picture: `docs/pictures.sh` makes the README's so.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"  # Debian's
FLAGS = [
    "--no-sandbox",  # root may not have one
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WINDOW = ViewportSize(width=960, height=540)
QUICK = 30_000  # milliseconds for a page that is there
START = 240_000  # milliseconds for a server to start or stop, on a busy machine of 2 cores
UNITS = {"M": 2**20, "G": 2**30}

expect.set_options(timeout=QUICK)

type Picture = Callable[[str], None]


@pytest.fixture
def page() -> Iterator[Page]:
    """A new browser without any cookies."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        page = browser.new_context(viewport=WINDOW).new_page()
        page.set_default_timeout(QUICK)
        yield page
        browser.close()


@pytest.fixture
def picture(page: Page) -> Picture:
    """Keep what the page shows as `<name>.png`, when pictures are wanted."""
    folder = os.environ.get("HUB_PICTURES")

    def take(name: str) -> None:
        if folder:
            page.screenshot(path=Path(folder, f"{name}.png"), animations="disabled", caret="hide")

    return take


def log_in(page: Page, picture: Picture) -> None:
    """Reach the hub's own page as the user, who has no server then."""
    page.goto(f"{os.environ['HUB_URL']}/hub/login?next=%2Fhub%2Fhome")
    page.get_by_label("Username").fill(os.environ["HUB_USER"])
    picture("login")
    page.get_by_label("Password").fill(os.environ["HUB_PASSWORD"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#start")).to_be_visible()
    if page.locator("#stop").is_visible():  # an earlier run failed
        stop(page)


def start_largest(page: Page, picture: Picture) -> int:
    """Start a server with the largest size on offer, reach JupyterLab and return the memory chosen, in bytes."""
    page.goto(f"{os.environ['HUB_URL']}/hub/spawn")
    memory, cpu = (page.locator(f"select[name$='--{resource}']") for resource in ("memory", "cpu"))
    for choices in (memory, cpu):
        choices.select_option(index=choices.locator("option").count() - 1)
    chosen = memory.locator("option:checked").inner_text()
    picture("sizes")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url(re.compile(r"/user/[^/]+/lab"), timeout=START)
    size = re.fullmatch(r"([\d.]+) ([MG])B", chosen)
    assert size, f"the size {chosen!r} does not read like 2 GB"
    return int(float(size[1]) * UNITS[size[2]])


def open_notebook(page: Page) -> Locator:
    """Make a Python notebook from JupyterLab's launcher and return its cells, when its kernel is ready."""
    page.goto(f"{page.url.partition('?')[0]}?reset")  # the launcher, not what an earlier run had open
    page.locator(".jp-LauncherCard[data-category='Notebook']").first.click(timeout=START)
    expect(page.locator("#jp-bottom-panel").get_by_text(re.compile(r"\| Idle$"))).to_be_visible(timeout=START)
    return page.locator(".jp-Notebook .jp-CodeCell")


def run(cell: Locator, code: str) -> Locator:
    """Run one line of code in a cell and return its output."""
    editor = cell.locator(".cm-content")
    editor.fill(code)
    expect(editor).to_have_text(code)
    editor.press("Shift+Enter")
    return cell.locator(".jp-OutputArea-output")


def stop(page: Page) -> None:
    """Stop the server on the hub's own page."""
    page.goto(f"{os.environ['HUB_URL']}/hub/home")
    page.locator("#stop").click()
    expect(page.locator("#start")).to_have_text("Start My Server", timeout=START)
    page.reload()
    expect(page.locator("#stop")).to_have_count(0)


def test_user_gets_the_size_chosen_and_runs_a_cell(page: Page, picture: Picture) -> None:
    log_in(page, picture)
    memory = start_largest(page, picture)
    cells = open_notebook(page)
    expect(run(cells.nth(0), "print(6 * 7)")).to_have_text("42")
    picture("lab")
    expect(run(cells.nth(1), '__import__("os").environ["MEM_LIMIT"]')).to_have_text(f"'{memory}'")
    stop(page)
