"""What people do with a page while a video is made: leave, come back, lose the network, pick up the phone."""

from collections.abc import Callable
from itertools import product

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.pages import ENDS, Visit
from tests.house import Process
from tests.pictures import GROOT

pytestmark = pytest.mark.parametrize("house", ["evolink"], indirect=True)

Happening = Callable[[Visit, BrowserContext], Visit]

AWAY = 4000
"""Milliseconds without a network: long enough for the video to be finished meanwhile."""
SOON = 6000
"""Milliseconds within which everything is right again."""

MOMENTS = {
    "pressed": ("new", "submitting", "submitted", "ready", "downloading", "done"),
    "on its way": ("submitted", "ready", "downloading", "done"),
    "done": ("done",),
}


def close_the_tab(visit: Visit, context: BrowserContext) -> Visit:
    visit.page.close()
    return Visit(context.new_page(), visit.url)


def press_f5(visit: Visit, context: BrowserContext) -> Visit:
    visit.page.reload()
    return visit


def go_away_and_back(visit: Visit, context: BrowserContext) -> Visit:
    visit.page.goto(f"{visit.url}/healthz")
    visit.page.go_back()
    return visit


def lose_the_network(visit: Visit, context: BrowserContext) -> Visit:
    context.set_offline(True)
    visit.page.wait_for_timeout(AWAY)
    context.set_offline(False)
    return visit


def open_a_second_tab(visit: Visit, context: BrowserContext) -> Visit:
    return Visit(context.new_page(), visit.url)


def turn_to_the_phone(visit: Visit, context: BrowserContext) -> Visit:
    visit.page.set_viewport_size({"width": 390, "height": 844})
    return visit


HAPPENINGS = (close_the_tab, press_f5, go_away_and_back, lose_the_network, open_a_second_tab, turn_to_the_phone)

EVERY_DAY = (
    (close_the_tab, "pressed"),
    (press_f5, "pressed"),
    (go_away_and_back, "pressed"),
    (open_a_second_tab, "pressed"),
    (go_away_and_back, "on its way"),
    (lose_the_network, "on its way"),
    (turn_to_the_phone, "on its way"),
)
"""The others are for the long drill; some are told in `test_way`."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "happens" in metafunc.fixturenames:
        cases = product(HAPPENINGS, MOMENTS) if metafunc.config.getoption("--drill") else EVERY_DAY
        named = [pytest.param(*case, id=f"{case[0].__name__.replace('_', ' ')}, {case[1]}") for case in cases]
        metafunc.parametrize(("happens", "moment"), named)


def test_the_video_is_there_and_was_ordered_once(
    visit: Visit, context: BrowserContext, service: Process, happens: Happening, moment: str
) -> None:
    prompt = f"Life goes on: {happens.__name__}, {moment}"
    visit.choose(GROOT)
    visit.prompt.fill(prompt)
    visit.pick("Length", "3 s")
    visit.create.click()
    visit.wait_for(*MOMENTS[moment])
    job = visit.stage.get_attribute("data-job")

    back = happens(visit, context)
    expect(back.page.locator(f"#strip [data-open='{job}']")).to_be_visible(timeout=SOON)
    assert back.wait_for(*ENDS) == "done"
    assert back.stage.get_attribute("data-job") == job
    expect(back.page.locator("#strip [data-open]")).to_have_count(1)
    assert back.playing()["moved"]
    orders = [row for row in service.ask("/sandbox/ledger") if row["request"].get("prompt") == prompt]
    assert len(orders) == 1
