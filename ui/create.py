"""The Create tab: the form on the left, the stage on the right, and the way of one click between them."""

import asyncio
from collections.abc import AsyncIterator
from secrets import token_urlsafe
from typing import Any

import gradio as gr
from gradio.components.base import Component
from pydantic import ValidationError

from client.errors import PictureError
from client.schema import VideoRequest
from jobs.desk import Desk
from jobs.not_now import LookedFor, NotNow
from ui import references
from ui.asking import request_of, told, wrong
from ui.batch import NAME, Batch, count
from ui.complaints import Complaints, complained
from ui.elements import Elements
from ui.events import PAGE, PATIENT, QUICK
from ui.fields import inputs
from ui.fitting import Fitting
from ui.form import SAMPLE, Form
from ui.languages import DEFAULT, Language, language
from ui.looking import Looking
from ui.reckoning import ELEMENTS, SHOTS
from ui.refilling import Refilling
from ui.rehearsing import Rehearsing
from ui.safe_text import safe_text
from ui.sending import Sending, Service
from ui.watching import Watching

REST = 3.0
"""Seconds."""


class Create:
    """Draws the tab inside the present Blocks, then wires it. Holds nothing of any person.

    `owner` and `speech` are the page's: who is there, and the language they read.
    """

    def __init__(self, desk: Desk, owner: Component, speech: Component, service: Service, *, sandbox: bool) -> None:
        self.desk = desk
        self.owner = owner
        self.speech = speech
        self.sandbox = sandbox
        self.inputs = inputs()
        self.form = Form(self.inputs, language(DEFAULT))
        self.complaints = Complaints()
        self.fitting = Fitting(desk, self.form)
        self.watching = Watching(desk, sandbox=sandbox)
        self.rehearsing = Rehearsing(self.form, self.watching, self.complaints)
        self.batch = Batch(desk, self.form, sandbox=sandbox)
        self.refilling = Refilling(desk, self.form)
        self.sending = Sending(service, self.refilling)

    def draw(self) -> None:
        """The two columns. On a phone the right one comes first."""
        spoken = language(DEFAULT)
        with gr.Row(elem_id="columns"):
            with gr.Column(elem_id="give", min_width=320):
                self._draw_form(spoken)
                with gr.Accordion(spoken.say("form.advanced"), open=False, elem_id="advanced") as self.advanced:
                    self.form.draw(item for item in self.inputs if item.advanced)
                    self.sending.draw(spoken)
                with gr.Column(elem_id="bar"):
                    self.batch.draw_receipt()
                    self.bar = gr.HTML("", elem_id="reckoning", js_on_load=None)
                    with gr.Row(elem_id="buttons"):
                        self.go = gr.Button("", variant="primary", size="lg", elem_id="go", interactive=False)
                        self.rehearsing.draw(spoken)
            with gr.Column(elem_id="get", min_width=320):
                self.watching.draw(spoken)
        self.nonce = gr.Textbox(visible=False)
        self.ticket = gr.Textbox(visible=False)
        self.complaints.draw()
        self.looking = Looking(self.desk, self.form, self.elements, self.sending, sandbox=self.sandbox)

    def _draw_form(self, spoken: Language) -> None:
        front = {item.name: item for item in self.inputs if not item.advanced}
        told = ("model_params__multi_shot", "prompt", "model_params__multi_prompt")
        with gr.Row(elem_id="frames"):
            frames = [front.pop(name) for name, item in list(front.items()) if item.kind == "picture"]
            self.form.draw(frames)
        for item in frames:
            self.fitting.draw(item)
        self.sample = gr.Button(spoken.say("form.sample"), elem_id="sample", size="sm")
        self.batch.draw(spoken)
        with gr.Column(elem_id="telling"):
            self.form.draw(front.pop(name) for name in told)
            self.references = references.draw(spoken)
        for item in front.values():
            self.form.draw([item])
            if item.name == ELEMENTS:
                self.elements = Elements(self.desk, self.form.parts[ELEMENTS], sandbox=self.sandbox)
                self.elements.draw(spoken)
            if item.kind == "pictures":
                self.fitting.draw(item)

    def speak(self, spoken: Language) -> dict[Component, Any]:
        """What of the tab is said, in a language."""
        said: dict[Component, Any] = {
            self.sample: gr.update(value=spoken.say("form.sample")),
            self.advanced: gr.update(label=spoken.say("form.advanced")),
            self.references: gr.update(words=references.words(spoken)),
        }
        for part in (self.form, self.batch, self.elements, self.rehearsing, self.sending):
            said |= part.speak(spoken)
        return said

    def wire(self, *others: gr.HTML) -> None:
        """Every event of the tab. `others`: where else there are buttons that fill the form."""
        # First, since the events of one change wait for one another: a late answer would make this one late as well.
        self.complaints.wire([self.form, self.elements.form])
        asked = self.form.parts | self.fitting.parts | {NAME: self.batch.pictures}
        press = self.go.click(
            self.start,
            inputs=[self.owner, self.nonce, self.speech],
            inputs_kwargs=asked,
            outputs=[self.ticket, self.nonce, self.go, self.complaints.part],
            preprocess=False,
            **PAGE | {"trigger_mode": "once", "concurrency_limit": None},
        )
        watched = self.watching.wire(self.owner, self.speech, press, self.ticket)
        watched.then(**self._look(), **QUICK)
        press.success(self.rest, [self.ticket], [self.go], **PATIENT).then(**self._look(), **QUICK)
        self.batch.wire(self.owner, self.speech, asked, self.go.click, self.complaints)
        self.batch.follow(self.owner, self.speech, self.watching).then(**self._look(), **QUICK)
        changes = [change for name in self.form.parts for change in self.form.changes(name)]
        gr.on(
            [*changes, self.batch.pictures.change],
            **self._look(),
            **QUICK | {"trigger_mode": "always_last"},
        )
        self.form.parts["duration"].change(
            lambda length: gr.update(length=int(length)), self.form.parts["duration"], self.form.parts[SHOTS], **QUICK
        )
        self.fitting.wire(self.speech)
        self.elements.wire(self.owner, self.speech, self.complaints).then(**self._look(), **QUICK)
        self.rehearsing.wire(self.speech, asked)
        sample = self.sample.click(
            lambda code: (str(SAMPLE), language(code).say("form.sample_prompt")),
            [self.speech],
            [self.form.parts["image_start"], self.form.parts["prompt"]],
            **QUICK,
        )
        again = self.refilling.wire(self.owner, self.watching.stage, self.watching.strip, *others)
        for filled in (sample, self.sending.wire(self.speech), *again):
            filled.then(**self._look(), **QUICK)
            self.fitting.say_again(filled)
            self.complaints.forget(filled)

    def greet(self, greeted: Any) -> None:
        """Goes on once the page knows who is there: the bar, the newest video, the strip."""
        greeted.then(**self._look(), **QUICK)
        self.watching.attach(self.owner, self.speech, greeted)
        self.elements.greet(self.owner, self.speech, greeted)

    def say_again(self, changed: Any) -> None:
        """After another language was chosen, what was told before is told once more."""
        changed.then(**self._look(), **QUICK)
        self.watching.again(self.owner, self.speech, changed)
        self.fitting.say_again(changed)
        self.elements.fitting.say_again(changed)
        self.elements.greet(self.owner, self.speech, changed)

    @property
    def nonces(self) -> tuple[Component, ...]:
        """What makes two presses one order."""
        return self.nonce, self.batch.nonce, self.elements.nonce

    @property
    def buttons(self) -> tuple[gr.Button, ...]:
        """Those that wait until the page knows who is there."""
        return self.go, self.rehearsing.button, self.elements.make

    def _look(self) -> dict[str, Any]:
        return self.looking.event(self.owner, self.speech, self.batch.pictures, self.bar, self.go, self.references)

    async def start(self, owner: str, nonce: str, code: str, **values: Any) -> AsyncIterator[tuple[Any, ...]]:
        """Writes the job down, which makes it safe, and hands out a fresh nonce for the next one.

        What is wrong stands beside its input before anything is sent; then there is no ticket.
        """
        spoken = language(code)
        if not (owner and nonce):
            raise gr.Error(safe_text(spoken.say("page.not_ready")), print_exception=False)
        if count(values):
            # Those are asked for once more, with their receipt.
            yield "", gr.skip(), gr.skip(), gr.skip()
            return
        if found := await wrong(VideoRequest, values, self.inputs, spoken):
            yield "", gr.skip(), gr.skip(), complained(found)
            return
        yield gr.skip(), gr.skip(), gr.Button(spoken.say("bar.sending"), interactive=False), complained({})
        try:
            request = await request_of(VideoRequest, values, self.inputs, self.desk)
            if await self.desk.lost.looks_for(owner, request):
                raise LookedFor
            estimate = float(self.desk.prices.credits(request))
            job = await self.desk.start(request, owner=owner, nonce=nonce, credits_estimated=estimate)
        except (PictureError, ValidationError, NotNow) as error:
            yield gr.skip(), gr.skip(), gr.Button(interactive=True), gr.skip()
            raise gr.Error(safe_text(told(error, spoken)), print_exception=False) from error
        yield job.id, token_urlsafe(16), gr.Button(spoken.say("bar.sent"), interactive=False), gr.skip()

    async def rest(self, ticket: str) -> Any:
        """The button sleeps a while after an order: whoever presses again at once means the same video."""
        if not ticket:
            return gr.skip()
        await asyncio.sleep(REST)
        return gr.Button(interactive=True)
