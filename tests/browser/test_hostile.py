"""Texts of people who are not nice, in every place where a text comes out: none of them does anything."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Dialog, FilePayload, Page, Request, expect

from client.errors import PictureError
from client.plain import plain
from client.prices import TABLE
from client.schema import VideoRequest
from jobs.database import NAME, connected, insert, transaction
from jobs.job import Job, Trouble
from jobs.library import Page as Shelf
from jobs.rows import to_row
from jobs.states import State
from tests.browser.pages import LONG, Visit
from tests.hostile_texts import ELSEWHERE, TEXTS, file_name, storable
from tests.house import Process
from tests.jobs.fakes import element_request, job, request
from tests.pictures import jpeg
from tests.ui.filled import file
from ui import cards, elements, pickup, pictured, receipt, stage
from ui.languages import language
from ui.safe_text import safe_text
from ui.sending import Sending, Service

ENGLISH = language("en")
PANEL = "Make an element"

SCAN = """root => {
  const ADDRESSES = ["href", "src", "srcset", "action", "formaction", "poster", "srcdoc", "xlink:href", "data", "ping"];
  const found = [];
  for (const element of root.querySelectorAll("*")) {
    for (const {name, value} of element.attributes) {
      const bare = value.replace(/[\\s\\0-\\x1f]/g, "");
      const script = /^(javascript|vbscript):|^data:text/i.test(bare);
      const foreign = ADDRESSES.includes(name) && /^(https?:)?[/][/]/i.test(bare) && !bare.includes(location.host);
      if (name.startsWith("on") || name === "srcdoc" || (ADDRESSES.includes(name) && script) || foreign) {
        found.push(`${element.tagName} ${name}=${value}`.slice(0, 200));
      }
    }
  }
  return found;
}"""
"""Attributes that would run something or ask somebody else."""

DRAW = """fragments => fragments.map(({where, name, markup, text}) => {
  const place = document.createElement("div");
  document.body.append(place);
  place.innerHTML = markup;
  const all = [...place.querySelectorAll("*")];
  const texts = [place.textContent, ...all.flatMap(element => [...element.attributes].map(({value}) => value))];
  const focused = all.some(element => element.hasAttribute("autofocus") && element.localName !== "button");
  return {where, name, focused, seen: texts.some(one => one.includes(text)), tags: all.map(one => one.localName)};
})"""


@dataclass
class Watch:
    """What a page did that it should not have done."""

    page: Page
    host: str
    done: list[str] = field(default_factory=list)
    places: set[str] = field(default_factory=set)

    @contextmanager
    def watching(self) -> Iterator[Self]:
        events = {"dialog": self._spoke, "request": self._asked, "popup": self._opened}
        for name, heard in events.items():
            self.page.on(name, heard)
        yield self
        for name, heard in events.items():
            self.page.remove_listener(name, heard)
        self.page.unroute_all()

    def look(self, *places: str) -> None:
        """Nothing of it, now that these places show texts."""
        self.places.update(places)
        assert self.page.evaluate(f"({SCAN})(document)") == []
        assert self.done == []

    def _spoke(self, dialog: Dialog) -> None:
        self.done.append(f"said {dialog.message}")
        dialog.dismiss()

    def _opened(self, popup: Page) -> None:
        self.done.append(f"opened {popup.url}")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob", "about") and address.netloc != self.host:
            self.done.append(f"asked {request.url}")


@pytest.fixture
def watch(page: Page, house_with_key: Process) -> Iterator[Watch]:
    with Watch(page, urlsplit(house_with_key.url).netloc).watching() as watch:
        yield watch


def places(text: str) -> dict[str, str]:
    """The markup of everything that shows a text, with this text in it."""
    asked = request().model_copy(update={"prompt": text, "duration": 5})
    trouble = Trouble(text, text, detail=text, request_id=text)
    named = element_request()
    named = named.model_copy(update={"model_params": named.model_params.model_copy(update={"element_name": text})})
    sending = Sending(Service("https://api.example.org", "https://files.example.org"), None)  # type: ignore[arg-type]
    line = receipt.Line(file("x.png", name=text, url="/x.png"))
    left = receipt.Line(file("x.png", name="x.png", url="/x.png"), sentence=text)

    def one(**fields: Any) -> Job:
        """All with the same pictures, which are asked for once."""
        return job(token="t" * 43, **fields)

    def on_stage(state: State, **more: Any) -> str:
        return stage.stage(one(request=asked, state=state, **more), ENGLISH, sandbox=False)

    def on_shelf(state: State, *, here: bool) -> str:
        shown = one(request=asked, state=state)
        page = Shelf([shown], 1, 1, 1)
        return cards.shelf(page, {shown.id} if here else set(), ENGLISH, searching=False, sandbox=False)

    def picked_up(state: State, *, here: bool, **more: Any) -> str:
        whole = pickup.pickup(one(request=asked, state=state, **more), ENGLISH, here=here, sandbox=False)
        return whole[whole.index("<main") : whole.index("</body>")]

    def as_element(state: State, **more: Any) -> str:
        return elements.cards([one(request=named, state=state, **more)], ENGLISH, sandbox=False)

    return {
        "stage, a state nobody knows": on_stage(State.SUBMITTED, trouble=Trouble("new_state", "", text)),
        "stage, failed": on_stage(State.FAILED, trouble=trouble, task_id=text),
        "stage, rejected": on_stage(State.REJECTED, trouble=trouble),
        "stage, done": on_stage(State.DONE),
        "stage, too short": on_stage(State.DONE, body="{}", video_seconds=1.0, task_id=text),
        "stage, several tasks": on_stage(State.UNKNOWN, candidates=(text, "another"), looks=99),
        "strip": stage.strip([one(request=asked)], ENGLISH),
        "library, a video": on_shelf(State.DONE, here=True),
        "library, a failure": on_shelf(State.FAILED, here=False),
        "pick-up page, playing": picked_up(State.DONE, here=True),
        "pick-up page, waiting": picked_up(State.SUBMITTED, here=False),
        "pick-up page, refused": picked_up(State.REJECTED, here=False, trouble=trouble),
        "element": as_element(State.DONE, element_id="8300"),
        "element, its id": as_element(State.DONE, element_id=text),
        "element, refused": as_element(State.REJECTED, trouble=trouble),
        "receipt, a file": receipt.asking([line], TABLE.element_credits, TABLE, ENGLISH, sandbox=False),
        "receipt, a reason": receipt.sent(1, [left], ENGLISH),
        "request spelled out": sending.spell(SimpleNamespace(body={"prompt": text}), ENGLISH),  # type: ignore[arg-type]
        "note under a picture": pictured.refused(text, PictureError("It will not do."), ENGLISH),
        "toast": f"<div class='toast-text'>{safe_text(text)}</div>",
    }


def bare_page(page: Page, watch: Watch) -> None:
    """A document of the house without any policy: the worst that markup can come into."""
    page.route("**/bare", lambda route: route.fulfill(content_type="text/html", body="<!doctype html><body>"))
    page.goto(f"http://{watch.host}/bare")


def test_no_text_in_any_place_becomes_markup(page: Page, watch: Watch, count: Callable[..., None]) -> None:
    fragments = [
        {"where": where, "name": name, "markup": markup, "text": plain(text)[:15]}
        for name, text in TEXTS.items()
        for where, markup in places(text).items()
    ]
    bare_page(page, watch)
    shown = page.evaluate(DRAW, fragments)
    usual = {tag for one in shown if one["name"] == "formats" for tag in one["tags"]}
    assert [one for one in shown if set(one["tags"]) - usual or one["focused"]] == []
    # Quotes are spelled otherwise in JSON.
    unseen = [one for one in shown if not one["seen"] and one["where"] != "request spelled out"]
    assert unseen == []
    page.set_content("<!doctype html><body>" + "".join(one["markup"] for one in fragments))
    watch.look(*places("any"))
    count("hostile texts as markup", texts=len(TEXTS), places=len(watch.places), fragments=len(fragments))


def test_what_would_run_is_seen(page: Page, watch: Watch) -> None:
    """The eye of these tests is open."""
    page.route(f"**://{ELSEWHERE}/**", lambda route: route.abort())
    bare_page(page, watch)
    with page.expect_request(f"**://{ELSEWHERE}/**"), page.expect_event("dialog"):
        page.evaluate("markup => { document.body.innerHTML = markup; }", TEXTS["image"] + TEXTS["beacon"])
    assert sorted(watch.done) == [f"asked https://{ELSEWHERE}/8.png", "said 1"]
    assert page.evaluate(f"({SCAN})(document)") == [
        "IMG onerror=alert(1)",
        "IMG src=https://evil.example/8.png",
    ]


@pytest.fixture
def made(page: Page, watch: Watch, house_with_key: Process) -> Visit:
    """The page of somebody whose videos and elements are called by such texts, in every state."""
    owners: list[str] = []

    def hear(asked: Request) -> None:
        owners.extend(re.findall(r'"([\w-]{43})"', asked.post_data or "")[:1])

    page.on("request", hear)
    page.goto(f"{house_with_key.url}/healthz")
    page.evaluate("localStorage.clear()")
    visit = Visit(page, house_with_key.url)
    page.remove_listener("request", hear)
    owner = owners[-1]
    jobs = [*videos(owner), *made_elements(owner)]
    database = Path(house_with_key.environment["FIRSTFRAME_DATA"]) / NAME
    with closing(connected(database)) as connection, transaction(connection):
        for each in jobs:
            insert(connection, to_row(each))
    page.reload()
    visit.ready()
    return visit


def videos(owner: str) -> Iterator[Job]:
    """One for each text, and the last one told in shots; what the service said of it is such a text, too."""
    for number, (name, text) in enumerate(TEXTS.items()):
        prompt = storable(text)[:2500] if name != "for terminals" else storable(text)
        told = Trouble(text[:100], "It did not work.", text[:300], text[:200])
        task = storable(text)[:200]
        way: dict[str, Any] = [
            {"state": State.FAILED, "trouble": told, "task_id": task},
            {"state": State.UNKNOWN, "candidates": (task, "another"), "sent": 1.0, "looks": 99},
            {"state": State.DONE, "task_id": task, "video_seconds": 1.0, "body": "{}", "ended": 2000.0},
            {"state": State.REJECTED, "trouble": told},
            {"state": State.SUBMITTED, "trouble": Trouble("new_state", "", text[:60]), "task_id": task},
            {"state": State.LINK_EXPIRED, "trouble": told, "task_id": task},
        ][number % 6]
        yield job(request=request(prompt=prompt), owner=owner, nonce=f"hostile {number}", **way)
    shots = [
        {"index": 1, "prompt": TEXTS["way out"], "duration": "2"},
        {"index": 2, "prompt": TEXTS["svg link"], "duration": "3"},
    ]
    params = {"multi_shot": True, "shot_type": "customize", "multi_prompt": shots}
    yield job(request=request(model_params=params, prompt=""), owner=owner, nonce="hostile shots", state=State.FAILED)


def made_elements(owner: str) -> Iterator[Job]:
    for number, text in enumerate(TEXTS.values()):
        whole = element_request()
        params = whole.model_params.model_copy(update={"element_name": storable(text)[:20]})
        way = {"state": State.DONE, "element_id": f"83{number}"} if number % 2 else {"state": State.SUBMITTED}
        asked = whole.model_copy(update={"model_params": params})
        yield job(request=asked, owner=owner, nonce=f"hostile element {number}", **way)


def test_no_text_does_anything_on_the_page(page: Page, made: Visit, watch: Watch, count: Callable[..., None]) -> None:
    everything_on_the_stage(page, watch)
    the_form(page, made, watch)
    the_elements(page, made, watch)
    files(page, made, watch)
    the_library(page, watch)
    count("hostile texts on the page", texts=len(TEXTS), places=len(watch.places))


def everything_on_the_stage(page: Page, watch: Watch) -> None:
    cards_of_strip = page.locator("#strip [data-open]")
    expect(cards_of_strip).to_have_count(12)
    states = set()
    for number in range(12):
        ticket = cards_of_strip.nth(number).get_attribute("data-open")
        cards_of_strip.nth(number).dispatch_event("click")
        shown = page.locator(f"#stage section[data-job='{ticket}']")
        shown.wait_for()
        states.add(shown.get_attribute("data-state"))
        page.evaluate("document.querySelectorAll('#stage details').forEach(each => { each.open = true; })")
        watch.look("strip", f"stage, {shown.get_attribute('data-state')}")
    assert states == {"failed", "unknown", "done", "rejected", "submitted", "link_expired"}


def the_form(page: Page, visit: Visit, watch: Watch) -> None:
    page.locator("#strip [data-again]").first.dispatch_event("click")
    expect(visit.shot(1)).to_have_value(TEXTS["way out"])
    visit.settle()
    watch.look("storyboard")
    visit.open_panel("Advanced")
    for name in ("image", "way out", "svg link"):
        page.locator("#paste textarea").fill(json.dumps({TEXTS[name]: 1, "prompt": "x"}))
        page.locator("#fill").click()
        expect(page.get_by_role("alert")).to_contain_text(TEXTS[name])
        watch.look("answer to a paste")
    visit.pick("Told in", "One shot")
    for name in ("way out", "double quotes", "mathml"):
        visit.prompt.fill(TEXTS[name])
        page.locator("#callback_url textarea").fill(TEXTS[name])
        visit.settle()
        expect(page.locator("#spelled pre").nth(1)).to_contain_text(TEXTS[name][:12])
        watch.look("prompt", "callback address", "request spelled out")


def the_elements(page: Page, visit: Visit, watch: Watch) -> None:
    visit.open_panel(PANEL)
    expect(page.locator("#element-cards article")).to_have_count(len(TEXTS))
    page.locator("#element-cards [data-use]").first.click()
    page.locator("#element-cards [data-use]").nth(6).click()
    chips = page.locator("#references .chip")
    expect(chips).to_have_count(2)
    page.locator("#model_params__element_list input").click()
    expect(page.get_by_role("option").first).to_be_visible()
    watch.look("element", "elements to pick", "chip of an element")
    page.keyboard.press("Escape")
    visit.prompt.fill("")
    visit.prompt.press_sequentially("@")
    expect(page.locator("#mention-menu [role=option]")).to_have_count(2)
    watch.look("menu of mentions")
    page.keyboard.press("Escape")


def files(page: Page, visit: Visit, watch: Watch) -> None:
    picture = jpeg(640, 480)
    names = [file_name(TEXTS[name]) for name in ("image", "way out", "svg link", "turned around", "forged line")]
    visit.choose(FilePayload(name=names[0], mimeType="image/png", buffer=picture))
    watch.look("picture")
    visit.remove("image_start")
    visit.open_panel("Several pictures at once")
    several = [FilePayload(name=name, mimeType="image/png", buffer=picture) for name in names]
    page.locator("#batch input[type=file]").set_input_files(several)
    visit.prompt.fill("They move")
    page.locator("#callback_url textarea").fill("")
    expect(visit.create).to_contain_text(f"{len(names)} videos", timeout=LONG)
    visit.press()
    expect(page.locator("#receipt li")).to_have_count(len(names))
    expect(page.locator("#receipt")).to_contain_text("onerror")
    watch.look("pictures", "receipt")
    page.locator("#receipt [data-back]").click()


def the_library(page: Page, watch: Watch) -> None:
    page.get_by_role("tab", name="Library").click()
    clips = page.locator("#shelf .clip")
    expect(clips).to_have_count(24)
    watch.look("library")
    page.locator("#shelf [data-page='2']").click()
    expect(clips).to_have_count(len(TEXTS) + 1 - 24)
    watch.look("library, page 2")
    page.get_by_label("Search in your texts").fill(TEXTS["svg link"])
    expect(clips).to_have_count(2)
    watch.look("library, found")
    page.get_by_label("Search in your texts").fill(f"{TEXTS['svg']} and nothing else")
    expect(clips).to_have_count(0)
    watch.look("library, not found")
    page.get_by_role("tab", name="Create").click()


def test_no_text_does_anything_in_a_toast(page: Page, house_with_key: Process, watch: Watch) -> None:
    """Gradio shows as markup what errors, warnings and notes say. Here its queue answers a press with all of them."""
    page.goto(f"{house_with_key.url}/healthz")
    page.evaluate("localStorage.clear()")
    visit = Visit(page, house_with_key.url)
    visit.settle()
    event, lasting = "hostile", {"event_id": "hostile", "visible": True, "duration": 600}
    *said, last = [safe_text(text, 300) for text in TEXTS.values()]
    told: list[dict[str, Any]] = [
        {"msg": "log", "log": text, "level": ("info", "warning")[number % 2], "title": "Said", **lasting}
        for number, text in enumerate(said)
    ]
    told.append({"msg": "process_completed", "event_id": event, "output": {"error": last, **lasting}, "success": False})
    told.append({"msg": "close_stream"})
    stream = "".join(f"data: {json.dumps(one)}\n\n" for one in told)
    page.route("**/queue/join*", lambda route: route.fulfill(json={"event_id": event}))
    page.route("**/queue/data*", lambda route: route.fulfill(content_type="text/event-stream", body=stream))
    page.locator("#go").click()
    expect(page.locator("[data-testid=toast-text]")).to_have_count(len(TEXTS))
    for kind in ("info", "warning", "error"):
        expect(page.locator(f".toast-body.{kind}")).to_contain_text(re.compile(r"<|\{\{|half"))
    watch.look("toast")


@pytest.mark.parametrize("state", ["failed", "rejected", "submitted", "done"])
def test_no_text_does_anything_on_a_pick_up_page(page: Page, watch: Watch, house_with_key: Process, state: str) -> None:
    shown = [each for each in videos(f"pick-up {state}") if each.state.value == state]
    database = Path(house_with_key.environment["FIRSTFRAME_DATA"]) / NAME
    with closing(connected(database)) as connection, transaction(connection):
        for each in shown:
            insert(connection, to_row(each))
    for each in shown:
        page.goto(f"{house_with_key.url}/j/{each.token}")
        assert isinstance(each.request, VideoRequest)
        expect(page.locator(".about")).to_contain_text(re.compile(r"\S"))
        watch.look("pick-up page")
