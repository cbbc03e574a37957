"""The Library tab: everything a person made, to be found again, starred, downloaded, continued and deleted."""

import asyncio
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from jobs.desk import Desk
from jobs.library import StillMade
from ui.cards import shelf
from ui.create import Create
from ui.events import PATIENT, QUICK
from ui.found import Found
from ui.languages import DEFAULT, Language, language
from ui.safe_text import safe_text
from ui.scripts import brought

ON_LOAD: Final = brought("library", "house.library(element, trigger)")


class Library:
    """The inside of its tab. A clip that is opened plays on the stage of Create, where all its buttons are."""

    def __init__(self, desk: Desk, *, sandbox: bool) -> None:
        self.desk = desk
        self.sandbox = sandbox
        self.found = None if sandbox else Found(desk)

    def draw(self, spoken: Language) -> None:
        with gr.Column(elem_id="library"):
            with gr.Row(elem_id="looking"):
                self.words = gr.Textbox(max_lines=1, container=False, elem_id="search", **_search(spoken))
                self.starred = gr.Checkbox(
                    label=spoken.say("library.starred"), container=False, elem_id="starred", min_width=100
                )
            self.told = gr.HTML("", elem_id="library-told", js_on_load=None)
            self.shelf = gr.HTML("", elem_id="shelf", js_on_load=ON_LOAD)
            if self.found:
                self.found.draw(spoken)
        self.number = gr.Number(1, visible=False)

    def speak(self, spoken: Language) -> dict[Component, Any]:
        return {
            self.words: gr.update(**_search(spoken)),
            self.starred: gr.update(label=spoken.say("library.starred")),
            self.told: "",
        }

    def wire(self, tab: gr.Tab, owner: Component, speech: Component, create: Create) -> None:
        """Every event of the tab. `tab` is the one it stands in."""
        self._who = (owner, speech)
        self._asked = [*self._who, self.words, self.starred]
        self._seen = [self.shelf, self.number]
        look: dict[str, Any] = {"fn": self.look, "inputs": [*self._asked, self.number], "outputs": self._seen, **QUICK}
        tab.select(**look)
        if self.found:
            self.found.wire(owner, speech).then(**look)
        self.shelf.tick(**look)
        for change in (self.words.change, self.starred.change):
            change(self.first, self._asked, self._seen, **QUICK | {"trigger_mode": "always_last"})
        self.shelf.input(self.turn, self._asked, self._seen, **QUICK)
        self.shelf.like(self.star, [owner], None, **QUICK | {"trigger_mode": "multiple"})
        self.shelf.delete(self.delete, [*self._asked, self.number], [*self._seen, self.told], **QUICK)
        watching = create.watching
        self.shelf.click(watching.opened, [owner, speech], [watching.stage], **PATIENT)

    def greet(self, greeted: Any) -> None:
        """Once the page knows who is there, and after another language was chosen."""
        greeted.then(self.look, [*self._asked, self.number], self._seen, **QUICK)
        if self.found:
            self.found.greet(*self._who, greeted)

    async def look(self, owner: str, code: str, words: str, starred: bool, number: float) -> tuple[str, int]:
        """A page of what was asked for, and which one it is."""
        if not owner:
            return "", 1
        words = words or ""
        page = await self.desk.library.page(owner, words, starred=bool(starred), number=int(number or 1))
        here = await asyncio.to_thread(self.desk.library.videos, page.jobs)
        searching = bool(words.strip() or starred)
        return shelf(page, here, language(code), searching=searching, sandbox=self.sandbox), page.number

    async def first(self, owner: str, code: str, words: str, starred: bool) -> tuple[str, int]:
        return await self.look(owner, code, words, starred, 1)

    async def turn(self, owner: str, code: str, words: str, starred: bool, chosen: gr.EventData) -> tuple[str, int]:
        """Another page."""
        return await self.look(owner, code, words, starred, chosen.number)

    async def star(self, owner: str, chosen: gr.EventData) -> None:
        """The page shows it already. What is starred no more stays in sight until something else is asked for."""
        await self.desk.library.star(str(chosen.job), owner, starred=chosen.starred is True)

    async def delete(
        self, owner: str, code: str, words: str, starred: bool, number: float, chosen: gr.EventData
    ) -> tuple[str, int, str]:
        """Deletes these, and says what became of it."""
        spoken, deleted, still_made = language(code), 0, 0
        for job_id in chosen.jobs:
            try:
                deleted += await self.desk.library.delete(str(job_id), owner)
            except StillMade:
                still_made += 1
        said = [spoken.say("library.deleted", count=deleted)] if deleted else []
        said += [spoken.say("library.still_made", count=still_made)] if still_made else []
        told = f"<p role='status'>{safe_text(' '.join(said))}</p>" if said else ""
        return *await self.look(owner, code, words, starred, number), told


def _search(spoken: Language) -> dict[str, Any]:
    said = spoken.say("library.search")
    return {"label": said, "placeholder": said}


def tabs() -> tuple[gr.Tab, gr.Tab]:
    """Create and Library, not yet filled."""
    spoken = language(DEFAULT)
    with gr.Tabs(selected="create", elem_id="tabs"):
        create = gr.Tab(spoken.say("page.create"), id="create", elem_id="create-tab", render_children=True)
        library = gr.Tab(spoken.say("page.library"), id="library", elem_id="library-tab", render_children=True)
    return create, library
