"""The free rehearsal: one click beside Create plays what this form would become, made on this computer."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import gradio as gr
from gradio.components.base import Component
from pydantic import ValidationError

from client.errors import PictureError
from client.schema import VideoRequest
from jobs.disk import NoRoom
from jobs.rehearsal import Rehearsal
from ui.asking import request_of, told, wrong
from ui.batch import standing
from ui.complaints import Complaints, complained
from ui.events import PAGE
from ui.form import Form
from ui.languages import Language, language
from ui.progress import progress
from ui.safe_text import safe_text, safe_value
from ui.watching import Watching


class Rehearsing:
    """The button and what it shows on the stage."""

    def __init__(self, form: Form, watching: Watching, complaints: Complaints) -> None:
        self.form = form
        self.watching = watching
        self.complaints = complaints
        self.desk = watching.desk

    def draw(self, spoken: Language) -> None:
        self.button = gr.Button(spoken.say("rehearsal.button"), size="lg", elem_id="rehearse", interactive=False)

    def speak(self, spoken: Language) -> dict[Component, Any]:
        return {self.button: gr.update(value=spoken.say("rehearsal.button"))}

    def wire(self, speech: Component, asked: dict[str, Component]) -> None:
        self.button.click(
            self.rehearse,
            inputs=[speech],
            inputs_kwargs=asked,
            outputs=[self.watching.stage, self.complaints.part],
            preprocess=False,
            **PAGE | {"trigger_mode": "once", "concurrency_limit": None},
        )

    async def rehearse(self, code: str, request: gr.Request, **values: Any) -> AsyncIterator[Any]:
        """Takes the stage until something else is shown there."""
        spoken, values = language(code), standing(values)
        found = await wrong(VideoRequest, values, self.form.inputs, spoken)
        yield gr.skip(), complained(found)
        if found:
            return
        with self.watching.turn(request) as mine:
            try:
                asked = await request_of(VideoRequest, values, self.form.inputs, self.desk)
            except (PictureError, ValidationError, NoRoom) as error:
                raise gr.Error(safe_text(told(error, spoken)), print_exception=False) from error
            async with aclosing(self.desk.rehearse(asked)) as rehearsals:
                async for rehearsal in rehearsals:
                    if not mine():
                        break
                    yield played(rehearsal, spoken), gr.skip()
            if not mine():
                yield gr.skip(), gr.skip()


def played(rehearsal: Rehearsal, spoken: Language) -> str:
    """A rehearsal on the stage, in escaped markup."""
    title = safe_text(spoken.say("rehearsal.ready" if rehearsal.ready else "rehearsal.making"))
    if rehearsal.trouble:
        said = safe_text(spoken.say("rehearsal.failed"))
        inside = f"<div class='screen'><p>{said}</p></div>"
    elif rehearsal.ready:
        inside = (
            f"<div class='screen'><video src='/r/{safe_value(rehearsal.token)}' controls autoplay muted loop "
            f"playsinline aria-label='{title}'></video></div><div class='line'><h2 data-announce>{title}</h2></div>"
            f"<p class='note'>{safe_text(spoken.say('rehearsal.note'))}</p>"
        )
    else:
        inside = (
            f"<div class='screen'></div><div class='line'><h2 data-announce>{title}</h2></div>"
            f"{progress(rehearsal.percent, spoken)}"
        )
    state = "trouble" if rehearsal.trouble else "ready" if rehearsal.ready else "making"
    return f"<section class='stage rehearsal' data-rehearsal='{state}'>{inside}</section>"
