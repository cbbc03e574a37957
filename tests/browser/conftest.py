"""A real Chromium before a real Firstframe."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser import chromium
from tests.browser.pages import Visit
from tests.house import Process, firstframe, keyed, running, sandbox

PATIENCE = 30_000
"""Milliseconds a page may take to come to what is expected of it on a busy machine."""

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    assert path, chromium.EXPLANATION
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """What is EvoLink to a Firstframe with a key: a sandbox of its own."""
    with running(sandbox(tmp_path_factory.mktemp("service"))) as process:
        yield process


@pytest.fixture(scope="session")
def house_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """Firstframe on its own sandbox."""
    with running(firstframe(tmp_path_factory.mktemp("alone"))) as process:
        yield process


@pytest.fixture(scope="session")
def house_with_key(service: Process, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """Firstframe with a key."""
    with running(keyed(tmp_path_factory.mktemp("keyed"), service)) as process:
        yield process


@pytest.fixture(scope="module", params=["sandbox", "evolink"])
def house(request: pytest.FixtureRequest) -> Process:
    """Firstframe on its own sandbox, and Firstframe with a key: nobody can tell the difference from the page.

    A story that is the same in both, or of one alone, names its own with `indirect`.
    """
    return request.getfixturevalue({"sandbox": "house_alone", "evolink": "house_with_key"}[request.param])


@pytest.fixture(scope="module")
def window(browser: Browser) -> BrowserContext:
    """One for all tests: its cache saves most of what a first visit costs."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    return context


@pytest.fixture
def context(window: BrowserContext) -> Iterator[BrowserContext]:
    """A new person: the page knows people by what their browser keeps, and that is thrown away after each test."""
    yield window
    for page in window.pages:
        if page.url.startswith("http"):
            page.evaluate("localStorage.clear()")
        page.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    assert not faults, faults


@pytest.fixture
def visit(page: Page, house: Process) -> Visit:
    return Visit(page, house.url)
