"""What the house has to say to everybody, at the top of the page: orders are closed, or nothing here lasts."""

from typing import Any

import gradio as gr
from gradio.components.base import Component

from jobs.desk import Desk
from ui.events import QUICK
from ui.languages import DEFAULT, Language, language
from ui.safe_text import safe_text


class House:
    """Draws the banner inside the present Blocks. `fleeting`: what is made here is lost at the next restart."""

    def __init__(self, desk: Desk, *, fleeting: bool) -> None:
        self.desk = desk
        self.fleeting = fleeting

    def draw(self) -> None:
        with gr.Column(elem_id="house", visible=self.fleeting) as self.place:
            self.banner = gr.HTML(self._said(language(DEFAULT)), elem_id="house-says", js_on_load=None)
            self.agree = gr.Button("", elem_id="open-again", visible=False)

    def wire(self, speech: Component) -> None:
        self.agree.click(self.open_again, [speech], self._seen, **QUICK)

    def greet(self, speech: Component, greeted: Any) -> None:
        """On load, and for another language."""
        greeted.then(self.look, [speech], self._seen, **QUICK)

    def look(self, code: str) -> tuple[Any, ...]:
        """The banner as things stand."""
        spoken, closed = language(code), self.desk.closed is not None
        return (
            gr.update(visible=closed or self.fleeting),
            self._said(spoken),
            gr.update(value=spoken.say("house.open_again"), visible=closed),
        )

    async def open_again(self, code: str) -> tuple[Any, ...]:
        """Somebody agrees that orders are taken again."""
        await self.desk.open_again()
        return self.look(code)

    @property
    def _seen(self) -> list[Component]:
        return [self.place, self.banner, self.agree]

    def _said(self, spoken: Language) -> str:
        lines = []
        if why := self.desk.closed:
            lines = [spoken.of("aside", why.value), spoken.say("house.closed")]
        if self.fleeting:
            lines.append(spoken.say("house.fleeting"))
        return "".join(f"<p>{safe_text(line)}</p>" for line in lines)
