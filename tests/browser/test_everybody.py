"""Nobody is kept out: with a keyboard alone, with a screen reader, on a phone, in the dark."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.pages import ENDS, Visit
from tests.house import Process
from tests.pictures import GROOT, TOWER

alone = pytest.mark.parametrize("house", ["sandbox"], indirect=True)
paying = pytest.mark.parametrize("house", ["evolink"], indirect=True)

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

COLUMNS = ["top", "give", "bar", "get"]
"""From the left to the right, and the button below the form."""

FOCUSABLE = (
    ":is(a[href], button, input, textarea, summary, [tabindex]):not([tabindex='-1'], [disabled], [inert], [inert] *)"
)
"""Everything that the Tab key may reach."""


@contextmanager
def looking(page: Page, size: dict[str, int], scheme: str = "light") -> Iterator[None]:
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    expect(page.locator("body")).to_have_class("dark" if scheme == "dark" else "")
    page.evaluate(
        "Promise.allSettled(document.getAnimations().filter(one => one instanceof CSSTransition)"
        ".map(one => one.finished))"
    )
    yield
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESK)


def faults(page: Page) -> list[tuple[str, list[str]]]:
    """What keeps somebody out, as far as a program can tell."""
    found = Axe().run(page).response["violations"]
    grave = [fault for fault in found if fault["impact"] in ("serious", "critical")]
    return [(fault["id"], [node["html"][:200] for node in fault["nodes"]]) for fault in grave]


def expect_open_to_all(page: Page) -> None:
    """In both lights and both sizes; and nothing has to be pushed sideways."""
    for size in (DESK, PHONE):
        for scheme in ("light", "dark"):
            with looking(page, size, scheme):
                assert faults(page) == [], (size, scheme)
                assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@alone
def test_no_state_of_the_page_keeps_anybody_out(visit: Visit, page: Page) -> None:
    visit.press()
    expect(visit.complaint("image_start")).to_be_visible()
    expect_open_to_all(page)

    visit.choose(GROOT)
    visit.choose(TOWER, "image_urls")
    visit.pick("Told in", "Storyboard")
    visit.shot(1).fill("<<<image_9>>> looks up")
    visit.open_panel("Make an element")
    visit.open_panel("Advanced")
    page.locator("#spelled summary", has_text="JSON").click()
    expect(page.locator("#reckoning .loose").first).to_be_visible()
    expect_open_to_all(page)


@alone
def test_waiting_and_result_keep_nobody_out(visit: Visit, page: Page) -> None:
    visit.choose(GROOT)
    visit.prompt.fill("For all eyes")
    visit.pick("Length", "15 s")
    visit.press()
    visit.wait_for("submitted")
    for size, scheme in ((DESK, "light"), (PHONE, "dark")):
        with looking(page, size, scheme):
            assert faults(page) == [], (size, scheme)
            assert visit.state() == "submitted"
    assert visit.wait_for(*ENDS) == "done"
    expect_open_to_all(page)


@paying
def test_a_refusal_keeps_nobody_out(visit: Visit, page: Page, service: Process) -> None:
    service.ask("/sandbox/faults", {"route": "submit", "kind": "fail", "code": "content_policy_violation"})
    visit.choose(GROOT)
    visit.prompt.fill("Somebody famous")
    visit.pick("Length", "3 s")
    visit.press()
    assert visit.wait_for(*ENDS) == "failed"
    page.locator("#stage summary").click()
    expect_open_to_all(page)


def focused(page: Page) -> dict[str, Any]:
    """What has the focus, where it stands, and whether it can be seen that it has it."""
    return page.evaluate(
        """() => {
          const it = document.activeElement, seen = it.type === 'radio' ? it.closest('label') : it;
          const style = getComputedStyle(seen), box = seen.getBoundingClientRect();
          return {
            tag: it.tagName, id: `${it.closest('[id]')?.id} ${it.ariaLabel ?? it.innerText}`,
            left: box.left, top: box.top + scrollY, bottom: box.bottom + scrollY,
            column: it.closest('#get') ? 'get' : it.closest('#bar') ? 'bar' : it.closest('#give') ? 'give' : 'top',
            ring: (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== 'none',
          };
        }"""
    )


def tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Presses until something inside has the focus."""
    for _ in range(60):
        page.keyboard.press(key)
        if page.evaluate("selector => Boolean(document.activeElement.closest(selector))", selector):
            return
    raise AssertionError(f"{selector} cannot be reached")


@alone
def test_with_the_keyboard_alone_from_the_top_to_the_download(visit: Visit, page: Page) -> None:
    tab_to(page, "#sample")
    page.keyboard.press("Enter")
    page.locator("#image_start img").wait_for()
    visit.settle()
    tab_to(page, "#prompt")
    page.keyboard.press("Control+A")
    page.keyboard.type("Written without a mouse")
    tab_to(page, "#duration")
    expect(visit.radio("Length", "5 s")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(visit.radio("Length", "3 s")).to_be_checked()
    tab_to(page, "#sound")
    page.keyboard.press("ArrowRight")
    expect(visit.radio("Sound", "With sound")).to_be_checked()
    expect(visit.create).to_contain_text("21.6")
    tab_to(page, "#prompt", "Shift+Tab")
    tab_to(page, "#go")
    visit.settle()
    page.keyboard.press("Space")
    assert visit.wait_for(*ENDS) == "done"
    assert visit.playing()["duration"] == pytest.approx(3, abs=0.1)
    tab_to(page, "#stage .download")
    with page.expect_download():
        page.keyboard.press("Enter")


@alone
def test_the_way_of_the_tab_key_is_the_way_of_the_eye_and_everything_has_a_name(visit: Visit, page: Page) -> None:
    visit.choose(GROOT)
    visit.choose(TOWER, "image_urls")
    visit.prompt.fill("A walk")
    visit.open_panel("Make an element")
    visit.open_panel("Advanced")
    visit.settle()
    page.evaluate("() => { document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0); }")
    page.mouse.click(2, 2)
    walked = []
    while len(walked) < 100:
        page.keyboard.press("Tab")
        now = focused(page)
        if now["tag"] == "BODY":
            break
        walked.append(now)
    assert len(walked) >= 30
    assert [stop for stop in walked if not stop["ring"]] == []
    assert sorted(walked, key=lambda stop: COLUMNS.index(stop["column"])) == walked
    assert [(one["id"], other["id"]) for one, other in pairwise(walked) if goes_back(one, other)] == []
    assert nameless(page) == []


def goes_back(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether the eye has to go up, or to the left in the same row, from one stop to the next."""
    if one["column"] != other["column"]:
        return False
    shared = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    same_row = shared > max(one["bottom"] - one["top"], other["bottom"] - other["top"]) / 2
    return other["left"] < one["left"] if same_row else other["bottom"] <= one["top"]


def nameless(page: Page) -> list[str]:
    """What can have the focus, and a screen reader has no name for."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    controls = [
        node
        for node in tree
        if {"name": "focusable", "value": {"type": "booleanOrUndefined", "value": True}} in node.get("properties", [])
        and node["role"]["value"] != "RootWebArea"
    ]
    assert len(controls) > 40
    return [node["role"]["value"] for node in controls if not node.get("name", {}).get("value", "").strip()]


@alone
def test_each_state_is_announced(visit: Visit, page: Page) -> None:
    said = page.evaluate_handle(
        """() => {
          const said = [], live = document.querySelector('body > [role=status]');
          new MutationObserver(() => live.textContent && said.push(live.textContent)).observe(
            live, {childList: true, subtree: true, characterData: true});
          return said;
        }"""
    )
    visit.choose(GROOT)
    visit.prompt.fill("Listen")
    visit.pick("Length", "3 s")
    visit.press()
    assert visit.wait_for(*ENDS) == "done"
    expect(page.locator("body > [role=status]")).to_have_text("Your video is ready")
    told = said.json_value()
    assert len(told) >= 2
    assert told[-1] == "Your video is ready"
    assert len(told) == len(set(told))


@alone
def test_a_phone_needs_one_thumb(visit: Visit, page: Page) -> None:
    with looking(page, PHONE):
        visit.choose(GROOT)
        visit.choose(TOWER, "image_urls")
        visit.open_panel("Make an element")
        visit.open_panel("Advanced")
        visit.settle()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        stage, form = page.locator("#get").bounding_box(), page.locator("#give").bounding_box()
        assert stage
        assert form
        assert stage["y"] + stage["height"] <= form["y"]
        assert page.locator("#give input[type=range]").count() == 0
        assert narrower(page, 24, FOCUSABLE) == []
        main = "#go, #rehearse, #sample, #make-element, #fill, .choice input, #give summary, #give > * > button"
        assert narrower(page, 40, main) == []


def narrower(page: Page, pixels: int, selector: str) -> list[str]:
    """What is smaller than a finger of so many pixels. A choice is as large as its label."""
    return (
        page.locator(selector)
        .filter(visible=True)
        .evaluate_all(
            """(all, pixels) => all.flatMap(one => {
          const {width, height} = (one.type === 'radio' ? one.closest('label') : one).getBoundingClientRect();
          return Math.min(width, height) < pixels ? [`${width} × ${height}: ${one.outerHTML.slice(0, 150)}`] : [];
        })""",
            pixels,
        )
    )
