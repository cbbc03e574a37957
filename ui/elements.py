"""Elements: a small panel that makes a person or thing to be used again, and the ones this person has."""

from collections.abc import AsyncIterator
from secrets import token_urlsafe
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component
from pydantic import ValidationError

from client.elements import ElementRequest
from client.errors import PictureError
from client.plain import plain
from jobs.desk import Desk
from jobs.job import Job
from jobs.not_now import NotNow
from jobs.states import State
from ui import words
from ui.asking import request_of, told, wrong
from ui.complaints import Complaints, complained
from ui.events import PAGE, PATIENT, QUICK
from ui.fields import inputs
from ui.fitting import Fitting
from ui.form import Form
from ui.languages import DEFAULT, Language, language
from ui.safe_text import safe_text, safe_value

ASKED: Final = ("element_name", "element_description", "frontal_image", "refer_images")
"""What the panel asks for; elements made from a video are left to programs."""

PRESSES: Final = """
element.addEventListener('click', event => {
  const button = event.target.closest('[data-use], [data-forget]');
  if (button?.dataset.use) trigger('select', {element: button.dataset.use});
  if (button?.dataset.forget) trigger('delete', {job: button.dataset.forget});
});
"""


class Elements:
    """Makes elements as jobs like any other, and offers them to the form through `picker`, its input for elements."""

    def __init__(self, desk: Desk, picker: Component, *, sandbox: bool) -> None:
        self.desk = desk
        self.picker = picker
        self.sandbox = sandbox
        self.inputs = [item for item in inputs(ElementRequest) if item.path[-1] in ASKED]
        self.form = Form(self.inputs, language(DEFAULT))
        self.fitting = Fitting(desk, self.form)

    def draw(self, spoken: Language) -> None:
        with gr.Accordion(spoken.say("elements.panel"), open=False, elem_id="elements") as self.panel:
            for item in self.inputs:
                self.form.draw([item])
                if item.kind in ("picture", "pictures"):
                    self.fitting.draw(item)
            self.make = gr.Button(self._label(spoken), elem_id="make-element", interactive=False)
            self.cards = gr.HTML("", elem_id="element-cards", js_on_load=PRESSES)
        self.nonce = gr.Textbox("", visible=False)
        self.ticket = gr.Textbox("", visible=False)

    def speak(self, spoken: Language) -> dict[Component, Any]:
        return self.form.speak(spoken) | {
            self.panel: gr.update(label=spoken.say("elements.panel")),
            self.make: gr.update(value=self._label(spoken)),
        }

    def wire(self, owner: Component, speech: Component, complaints: Complaints) -> Any:
        """Every event of the panel. Gives the end of watching what was ordered."""
        asked = self.form.parts | self.fitting.parts
        press = self.make.click(
            self.start,
            inputs=[owner, self.nonce, speech],
            inputs_kwargs=asked,
            outputs=[self.ticket, self.nonce, complaints.part, *self.form.parts.values()],
            preprocess=False,
            **PAGE | {"trigger_mode": "once", "concurrency_limit": None},
        )
        seen = {"inputs": [owner, speech, self.ticket], "outputs": [self.cards, self.picker]}
        watched = press.success(self.watch, **seen, **PATIENT)
        self.cards.select(self.use, [self.picker], [self.picker], **QUICK)
        self.cards.delete(self.forget, [owner, speech], [self.cards, self.picker], **QUICK)
        self.fitting.wire(speech)
        return watched

    def greet(self, owner: Component, speech: Component, greeted: Any) -> None:
        """On load, and for another language: the elements there are, and those that are still being made."""
        greeted.then(self.newest, [owner, speech], [self.cards, self.picker], **PATIENT)

    async def start(self, owner: str, nonce: str, code: str, **values: Any) -> tuple[Any, ...]:
        """Writes the job down, once for each nonce, and empties the panel: pressing again makes no second one."""
        spoken = language(code)
        if not (owner and nonce):
            raise gr.Error(safe_text(spoken.say("page.not_ready")), print_exception=False)
        if found := await wrong(ElementRequest, values, self.inputs, spoken):
            return "", gr.skip(), complained(found), *(gr.skip() for _ in self.inputs)
        try:
            request = await request_of(ElementRequest, values, self.inputs, self.desk)
            estimate = float(self.desk.prices.element_credits)
            job = await self.desk.start(request, owner=owner, nonce=nonce, credits_estimated=estimate)
        except (PictureError, ValidationError, NotNow) as error:
            raise gr.Error(safe_text(told(error, spoken)), print_exception=False) from error
        empty: dict[str, Any] = {"picture": None, "pictures": [], "text": ""}
        return job.id, token_urlsafe(16), complained({}), *(empty[item.kind] for item in self.inputs)

    async def watch(self, owner: str, code: str, ticket: str) -> AsyncIterator[tuple[Any, Any]]:
        """The cards and what the form may pick, again for each change of the job."""
        if not await self.desk.job(ticket, owner):
            yield gr.skip(), gr.skip()
        else:
            async for _ in self.desk.watch(ticket):
                yield await self._seen(owner, language(code))

    async def newest(self, owner: str, code: str) -> AsyncIterator[tuple[Any, Any]]:
        yield await self._seen(owner, language(code))
        for job in await self.desk.elements(owner):
            if not job.resting:
                async for seen in self.watch(owner, code, job.id):
                    yield seen

    async def use(self, picked: list[str] | None, chosen: gr.EventData) -> list[str]:
        """The picked elements with one more."""
        return list(dict.fromkeys([*(picked or []), str(chosen.element)]))

    async def forget(self, owner: str, code: str, chosen: gr.EventData) -> tuple[Any, Any]:
        await self.desk.forget_element(str(chosen.job), owner)
        return await self._seen(owner, language(code))

    async def named(self, owner: str, ids: list[str]) -> list[tuple[str, str]]:
        """Name and thumbnail of each picked element; an id that was typed is its own name."""
        known = {job.element_id: job for job in await self.desk.elements(owner)} if ids else {}
        found = [(chosen, known.get(chosen)) for chosen in ids]
        return [(_name(job), _thumbnail(job)) if job else (chosen, "") for chosen, job in found]

    async def _seen(self, owner: str, spoken: Language) -> tuple[Any, Any]:
        jobs = await self.desk.elements(owner)
        choices = [(_name(job), job.element_id) for job in jobs if job.element_id]
        return cards(jobs, spoken, sandbox=self.sandbox), gr.update(choices=choices)

    def _label(self, spoken: Language) -> str:
        credits = spoken.credits(self.desk.prices.element_credits)
        if self.sandbox:
            return spoken.say("elements.would_make", credits=credits)
        return spoken.say("elements.make", credits=credits)


def cards(jobs: list[Job], spoken: Language, *, sandbox: bool) -> str:
    """The elements of a person, in escaped markup."""
    return "".join(_card(job, spoken, sandbox=sandbox) for job in jobs)


def _card(job: Job, spoken: Language, *, sandbox: bool) -> str:
    name = _name(job)
    buttons = ""
    if job.element_id:
        use = safe_text(spoken.say("elements.use"))
        buttons += f"<button type='button' data-use='{safe_value(job.element_id)}'>{use}</button>"
        line = spoken.say("elements.id", id=job.element_id)
    elif job.resting:
        parts = words.error(job, spoken, sandbox=sandbox)
        line = f"{parts.what} {parts.money} {parts.next}"
    else:
        line = spoken.say("elements.making")
    if job.resting:
        label = safe_text(spoken.say("elements.forget_it", name=name))
        forget = safe_text(spoken.say("elements.forget"))
        buttons += f"<button type='button' data-forget='{safe_value(job.id)}' aria-label='{label}'>{forget}</button>"
    look = "done" if job.state is State.DONE else "resting" if job.resting else "open"
    return (
        f"<article class='element {look}' aria-label='{safe_text(name)}'><img src='{_thumbnail(job)}' alt=''>"
        f"<div><h2>{safe_text(name)}</h2><p>{safe_text(line)}</p><div class='actions'>{buttons}</div></div></article>"
    )


def _name(job: Job) -> str:
    return plain(job.request.model_params.element_name) if isinstance(job.request, ElementRequest) else job.id


def _thumbnail(job: Job) -> str:
    return f"/p/{safe_value(job.token)}?picture"
