"""A real Chromium before a real Firstframe."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.browser import chromium
from tests.browser.pages import Visit, forgotten
from tests.canary import in_files, new_key, seen
from tests.house import Process, firstframe, keyed, running, sandbox

DESK: Final[ViewportSize] = {"width": 1440, "height": 900}
PATIENCE: Final = 30_000
"""Milliseconds a page may take to come to what is expected of it on a busy machine."""

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """For whoever looks from elsewhere: another device, another language."""
    with playwright.chromium.launch(executable_path=_chromium(), args=chromium.FLAGS) as browser:
        yield browser


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a browser keeps on the disk. It holds the page's scripts ready to run, which saves a third of each visit."""
    return tmp_path_factory.mktemp("profile")


def _chromium() -> str:
    path = chromium.find()
    assert path, chromium.EXPLANATION
    return path


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """What is EvoLink to a Firstframe with a key: a sandbox of its own."""
    with running(sandbox(tmp_path_factory.mktemp("service"))) as process:
        yield process


@pytest.fixture(scope="module")
def service_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """For a house of one's own with a key: orders of two houses in one account pass for lost ones of each other."""
    with running(sandbox(tmp_path_factory.mktemp("apart"))) as process:
        yield process


@pytest.fixture(scope="session")
def house_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """Firstframe on its own sandbox."""
    with running(firstframe(tmp_path_factory.mktemp("alone"))) as process:
        yield process


@pytest.fixture(scope="session")
def house_with_key(service: Process, profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """Firstframe with a key, of which there is no trace when all tests are through."""
    folder, key = tmp_path_factory.mktemp("keyed"), new_key()
    house = keyed(folder, service)
    house.environment["EVOLINK_API_KEY"] = key
    with running(house):
        yield house
    assert seen(key, in_files(folder, profile)) == []


@pytest.fixture(scope="module", params=["sandbox", "evolink"])
def house(request: pytest.FixtureRequest) -> Process:
    """Firstframe on its own sandbox, and Firstframe with a key: nobody can tell the difference from the page.

    A story that is the same in both, or of one alone, names its own with `indirect`.
    """
    return request.getfixturevalue({"sandbox": "house_alone", "evolink": "house_with_key"}[request.param])


@pytest.fixture(scope="module")
def window(playwright: Playwright, profile: Path) -> Iterator[BrowserContext]:
    """One for all tests."""
    with playwright.chromium.launch_persistent_context(
        profile, executable_path=_chromium(), args=chromium.FLAGS, viewport=DESK, accept_downloads=True
    ) as context:
        context.set_default_timeout(PATIENCE)
        yield context


@pytest.fixture
def context(window: BrowserContext) -> Iterator[BrowserContext]:
    """Further tabs are closed after each test."""
    yield window
    for page in window.pages[1:]:
        page.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """The tab of the test before, if it is still open: a new one costs as much as half a visit."""
    page = context.pages[0] if context.pages else context.new_page()
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light")
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))

    def hear(said: ConsoleMessage) -> None:
        if "Content Security Policy" in said.text:
            faults.append(f"{said.location['url']}: {said.text}")

    context.on("console", hear)
    yield page
    context.remove_listener("console", hear)
    found = [*faults]
    if not page.is_closed():
        page.goto("about:blank")
    assert not found, found


@pytest.fixture
def visit(page: Page, house: Process) -> Visit:
    """A new person."""
    forgotten(page, house)
    return Visit(page, house.url)
