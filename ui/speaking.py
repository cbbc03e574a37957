"""The top of the page, the greeting of a visitor, and the language they read."""

from secrets import token_urlsafe
from typing import Any

import gradio as gr
from gradio.components.base import Component

from ui.create import Create
from ui.events import QUICK
from ui.house import House
from ui.languages import DEFAULT, NAMES, Language, best, language
from ui.library import Library
from ui.safe_text import safe_text


class Speaking:
    """The browser's language is spoken until somebody chooses another, which their browser then remembers."""

    def __init__(self, *, sandbox: bool) -> None:
        self.sandbox = sandbox

    def draw(self) -> None:
        spoken = language(DEFAULT)
        with gr.Row(elem_id="top"):
            self.brand = gr.HTML(_brand(spoken), elem_id="brand", js_on_load=None)
            if self.sandbox:
                self.line = gr.HTML(_sandbox(spoken), elem_id="sandbox", js_on_load=None)
            self.speech = gr.Dropdown(
                [(name, code) for code, name in NAMES.items()],
                value=DEFAULT,
                label=spoken.say("page.language"),
                filterable=False,
                container=False,
                min_width=120,
                elem_id="language",
            )
        self.chosen = gr.BrowserState("", storage_key="firstframe-language", secret="firstframe")
        self.spoken = gr.HTML(_spoken(spoken), elem_id="spoken", js_on_load=None)

    def wire(
        self,
        page: gr.Blocks,
        owner: Component,
        house: House,
        create: Create,
        library: Library,
        tabs: tuple[gr.Tab, gr.Tab],
    ) -> None:
        """On load a person is known again, in their language; all of it is said anew for another one."""

        def speak(code: str) -> dict[Component, Any]:
            spoken = language(code)
            making, made = tabs
            titles: dict[Component, Any] = {
                making: gr.update(label=spoken.say("page.create")),
                made: gr.update(label=spoken.say("page.library")),
            }
            return self._say(spoken) | titles | create.speak(spoken) | library.speak(spoken)

        def greet(known: str, chosen: str, request: gr.Request) -> dict[Component, Any]:
            """A person is this browser: a random token that it keeps. Each showing of a form gets a nonce of its own.

            Only then do the buttons wake: an order of nobody would be the same order for everybody.
            """
            code = chosen or best(request.headers.get("accept-language", ""))
            # What is drawn is English already.
            said = {self.spoken: _spoken(language(code))} if code == DEFAULT else speak(code)
            awake = {button: said.get(button, {}) | gr.update(interactive=True) for button in create.buttons}
            nonces = {nonce: token_urlsafe(16) for nonce in create.nonces}
            return said | awake | nonces | {owner: known or token_urlsafe(32)}

        def choose(code: str) -> dict[Component, Any]:
            return {self.chosen: code, **speak(code)}

        said = speak(DEFAULT)
        outputs = [owner, *create.nonces, *create.buttons, *said]
        greeted = page.load(greet, [owner, self.chosen], list(dict.fromkeys(outputs)), **QUICK)
        create.greet(greeted)
        changed = self.speech.input(choose, [self.speech], [self.chosen, *said], **QUICK)
        create.say_again(changed)
        for known in (greeted, changed):
            library.greet(known)
            house.greet(self.speech, known)

    def _say(self, spoken: Language) -> dict[Component, Any]:
        said: dict[Component, Any] = {
            self.brand: _brand(spoken),
            self.speech: gr.update(value=spoken.code, label=spoken.say("page.language")),
            self.spoken: _spoken(spoken),
        }
        return said | ({self.line: _sandbox(spoken)} if self.sandbox else {})


def _brand(spoken: Language) -> str:
    return f"<h1>Firstframe</h1><p>{safe_text(spoken.say('page.tagline'))}</p>"


def _sandbox(spoken: Language) -> str:
    return f"<p>{safe_text(spoken.say('page.sandbox'))}</p>"


def _spoken(spoken: Language) -> str:
    """Tells the page's script which language the page is in."""
    return f"<i data-language='{spoken.code}' hidden></i>"
