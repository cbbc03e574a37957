"""The page as a visitor uses it: choose, write, press, look."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import FilePayload, Locator, Page, Request, expect

from tests.house import Process

ENDS = ("done", "rejected", "failed", "cancelled", "unknown", "link_expired")
LONG = 120_000
"""Milliseconds that a clip may take on a busy machine."""


def forgotten(page: Page, house: Process) -> None:
    """The page knows people by what their browser keeps: without that, whoever comes next is new."""
    page.goto(f"{house.url}/healthz")
    page.evaluate("localStorage.clear()")


class Visit:
    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self._unanswered: set[Request] = set()
        page.on("request", self._asked)
        page.on("requestfinished", self._answered)
        page.on("requestfailed", self._answered)
        self.open()

    def open(self) -> None:
        self.page.goto(self.url)
        self.ready()

    def ready(self) -> None:
        """The button is awake, and says what the video would cost: the page knows who is here and has looked."""
        expect(self.create).to_be_enabled(timeout=LONG)
        expect(self.create).to_have_text(re.compile(r"\d"))
        self.page.wait_for_function("localStorage.getItem('firstframe-owner')")

    @property
    def create(self) -> Locator:
        return self.page.locator("button#go")

    @property
    def prompt(self) -> Locator:
        return self.page.get_by_label("What should happen?")

    @property
    def stage(self) -> Locator:
        return self.page.locator("#stage section")

    @property
    def video(self) -> Locator:
        return self.page.locator("#stage video")

    def choose(self, picture: Path | FilePayload, field: str = "image_start") -> None:
        box = self.page.locator(f"#{field}")
        box.locator("input[type=file]").set_input_files(picture)
        box.locator("img").first.wait_for(state="attached")
        self.settle()

    def _asked(self, request: Request) -> None:
        if request.url.endswith("/run/predict"):
            self._unanswered.add(request)

    def _answered(self, request: Request) -> None:
        self._unanswered.discard(request)

    def settle(self) -> None:
        """Waits for the answers to what the form asked."""
        quiet = 0
        for _ in range(LONG // 50):
            self.page.wait_for_timeout(50)
            quiet = 0 if self._unanswered else quiet + 1
            if quiet == 3:
                return
        raise AssertionError("The form never comes to rest.")

    def press(self) -> None:
        """Create, once the form has come to rest."""
        self.settle()
        self.create.click()

    def remove(self, field: str) -> None:
        self.page.locator(f"#{field}").get_by_role("button", name="Remove Image").click()

    def pick(self, group: str, choice: str) -> None:
        self.radio(group, choice).check()

    def radio(self, group: str, choice: str) -> Locator:
        """A choice by its words. Behind them its name may tell how many credits more or less it is."""
        name = re.compile(rf"^{re.escape(choice)}( [+−±][\d.,]+)?$")
        return self.page.get_by_role("group", name=group).get_by_role("radio", name=name)

    def shot(self, number: int) -> Locator:
        """The text of a shot."""
        return self.page.get_by_label(f"Shot {number} What happens", exact=True)

    def seconds(self, number: int, seconds: int) -> None:
        """Types how long a shot lasts."""
        box = self.page.get_by_role("spinbutton", name=f"Seconds of shot {number}", exact=True)
        box.press(str(seconds))
        expect(box).to_have_attribute("aria-valuenow", str(seconds))

    def open_panel(self, name: str) -> None:
        """An arrow stands behind its name."""
        self.page.get_by_role("button", name=re.compile(rf"^{re.escape(name)}\b")).first.click()

    def note(self, field: str) -> Locator:
        """What is said under a picture."""
        return self.page.locator(f"#fit__{field}")

    def state(self) -> str | None:
        return self.stage.get_attribute("data-state")

    def wait_for(self, *states: str) -> str:
        """The state of the stage, once it is one of these."""
        self.page.wait_for_function(
            "states => states.includes(document.querySelector('#stage section')?.dataset.state)",
            arg=list(states),
            timeout=LONG,
        )
        return self.state() or ""

    def progress(self) -> list[int]:
        """The percents that the bar shows until the job is at rest, each once."""
        return self.page.evaluate(
            """ends => new Promise(resolve => {
              const seen = [];
              const look = () => {
                const bar = document.querySelector('#stage [role=progressbar]');
                if (bar && seen.at(-1) !== bar.ariaValueNow) seen.push(bar.ariaValueNow);
                if (ends.includes(document.querySelector('#stage section')?.dataset.state)) resolve(seen.map(Number));
                else setTimeout(look, 20);
              };
              look();
            })""",
            list(ENDS),
        )

    def playing(self) -> dict[str, Any]:
        """What the player says of itself, once it plays."""
        self.page.wait_for_function(
            """() => {
              const video = document.querySelector('#stage video');
              return video && video.readyState >= 3 && video.currentTime > 0;
            }""",
            timeout=LONG,
        )
        return self.page.evaluate(
            """async () => {
              const video = document.querySelector('#stage video'), before = video.currentTime;
              await new Promise(done => setTimeout(done, 300));
              const moved = video.currentTime !== before;
              return {moved, duration: video.duration, width: video.videoWidth, height: video.videoHeight};
            }"""
        )

    def complaint(self, field: str) -> Locator:
        """What stands beside an input of its own accord, or what its note says of the picture."""
        return self.page.locator(f"#{field} > .complaint, #fit__{field} .wrong").filter(visible=True)

    def expect_complaint(self, field: str, sentence: str) -> None:
        """The sentence can be seen, and is said once."""
        expect(self.complaint(field)).to_have_count(1)
        expect(self.complaint(field)).to_contain_text(sentence)

    def expect_refusal(self, field: str, sentence: str) -> None:
        """After a press: the sentence as for any complaint, and no video."""
        expect(self.page.locator(f"#{field} > .complaint")).to_contain_text(sentence)
        self.expect_complaint(field, sentence)
        assert self.state() is None
