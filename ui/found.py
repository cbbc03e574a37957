"""Find my clips: brings home what the account made and nobody here knows of, after a disk was lost."""

from typing import Any

import gradio as gr
from gradio.components.base import Component

from client.errors import EvoLinkError
from jobs.desk import Desk
from ui.events import PATIENT, QUICK
from ui.languages import Language, language
from ui.safe_text import safe_text


class Found:
    """A button and what came of it. It is there for whoever may find anything."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def draw(self, spoken: Language) -> None:
        with gr.Row(elem_id="finding", visible=False) as self.place:
            self.button = gr.Button(spoken.say("found.button"), elem_id="find", size="sm")
            self.told = gr.HTML(_hint(spoken), elem_id="found", js_on_load=None)

    def wire(self, owner: Component, speech: Component) -> Any:
        """Gives the end of the search, when there may be more to see."""
        return self.button.click(self.find, [owner, speech], [self.told], **PATIENT)

    def greet(self, owner: Component, speech: Component, greeted: Any) -> None:
        """Once the page knows who is there, and after another language was chosen."""
        greeted.then(self.look, [owner, speech], [self.place, self.button, self.told], **QUICK)

    async def look(self, owner: str, code: str) -> tuple[Any, ...]:
        spoken, shown = language(code), await self.desk.may_find(owner)
        return gr.update(visible=shown), gr.update(value=spoken.say("found.button")), _hint(spoken)

    async def find(self, owner: str, code: str) -> str:
        """One sentence about what was found."""
        spoken = language(code)
        try:
            count = await self.desk.find_clips(owner)
        except EvoLinkError:
            return _told(spoken.say("found.trouble"))
        if not count:
            return _told(spoken.say("found.none"))
        return _told(spoken.say("found.one") if count == 1 else spoken.say("found.many", count=count))


def _hint(spoken: Language) -> str:
    return f"<p>{safe_text(spoken.say('found.hint'))}</p>"


def _told(sentence: str) -> str:
    return f"<p role='status'>{safe_text(sentence)}</p>"
