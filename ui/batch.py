"""Several first frames at once: one receipt with one total, then a job for each picture."""

import asyncio
import hashlib
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from secrets import token_urlsafe
from typing import Any, Final, NamedTuple

import gradio as gr
from gradio.components.base import Component
from pydantic import ValidationError

from client.errors import PictureError
from client.faults import Remedy
from client.pictures import examine
from client.schema import VideoRequest
from jobs.desk import Desk
from jobs.not_now import NotNow
from ui import receipt
from ui.asking import request_of, told, wrong
from ui.complaints import Complaints, complained
from ui.events import PAGE, PATIENT, QUICK
from ui.fitting import PREFIX
from ui.form import Form, files, paths
from ui.languages import Language, language
from ui.reckoning import chosen
from ui.safe_text import safe_text
from ui.watching import Watching

NAME: Final = "batch"
"""The keyword of the pictures among the form's values. It is no part of a request."""

PRESSES: Final = """
element.addEventListener('click', event => {
  const button = event.target.closest('[data-send], [data-back]');
  if (button && 'back' in button.dataset) trigger('clear');
  if (button && 'send' in button.dataset) { button.disabled = true; trigger('submit'); }
});
document.addEventListener('mended', () => element.querySelector('[data-back], [data-over]') && trigger('clear'));
"""
"""Whoever changes the form has another order in mind than the receipt says."""


class Candidate(NamedTuple):
    """A picture of a batch. `fixes` are told before and applied; with a `sentence` it cannot be sent at all."""

    payload: dict[str, Any]
    fixes: tuple[Remedy, ...] = ()
    sentence: str = ""

    def standing(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The form with this picture as its first frame."""
        fixes = {"html": "", "agreed": {self.payload["path"]: list(self.fixes)}}
        return {**values, "image_start": self.payload, f"{PREFIX}image_start": fixes}


def standing(values: Mapping[str, Any]) -> dict[str, Any]:
    """The form as it is for the first picture of a batch; as it is, without a batch."""
    several = files(values.get(NAME))
    return Candidate(several[0]).standing(values) if several else dict(values)


class Batch:
    """Draws its panel under the first frame and its receipt above the button. Holds nothing of any person."""

    def __init__(self, desk: Desk, form: Form, *, sandbox: bool) -> None:
        self.desk = desk
        self.form = form
        self.sandbox = sandbox

    def draw(self, spoken: Language) -> None:
        with gr.Accordion(spoken.say("batch.open"), open=False, elem_id="several") as self.panel:
            self.pictures = gr.Gallery(
                type="filepath",
                interactive=True,
                columns=4,
                height=190,
                object_fit="cover",
                buttons=[],
                label=spoken.say("batch.title"),
                elem_id="batch",
                elem_classes=["input", "pictures"],
            )
            self.help = gr.HTML(receipt.help(spoken), js_on_load=None)
        self.nonce = gr.Textbox(visible=False)
        self.tickets = gr.Textbox(visible=False)
        self.first = gr.Textbox(visible=False)

    def draw_receipt(self) -> None:
        self.receipt = gr.HTML("", elem_id="receipt", js_on_load=PRESSES)

    def speak(self, spoken: Language) -> dict[Component, Any]:
        return {
            self.panel: gr.update(label=spoken.say("batch.open")),
            self.pictures: gr.update(label=spoken.say("batch.title")),
            self.help: receipt.help(spoken),
            self.receipt: "",
        }

    def wire(
        self, owner: Component, speech: Component, asked: dict[str, Component], press: Any, complaints: Complaints
    ) -> None:
        """`asked`: everything the form holds. `press`: the event of the button Create."""
        everything: dict[str, Any] = {"inputs_kwargs": asked, "preprocess": False}
        press(self.ask, [speech], outputs=[self.receipt, complaints.part], **everything, **QUICK)
        gr.on([self.receipt.clear, self.pictures.upload, self.pictures.delete], lambda: "", None, self.receipt, **QUICK)
        self.sent = self.receipt.submit(
            self.start,
            [owner, self.nonce, speech],
            outputs=[self.receipt, self.pictures, self.tickets, self.first, self.nonce],
            **everything,
            **PAGE | {"trigger_mode": "once", "concurrency_limit": None},
        )

    def follow(self, owner: Component, speech: Component, watching: Watching) -> Any:
        """The first video on the stage; each of them in the strip, as it begins and as it ends. Gives the sending."""
        self.sent.success(watching.ordered, [owner, speech, self.first], [watching.stage], **PATIENT)

        async def recent(owner: str, code: str, tickets: str) -> AsyncIterator[Any]:
            yield await watching.recent(owner, code)
            for ticket in tickets.split():
                async for job in self.desk.watch(ticket, owner):
                    if job.resting:
                        yield await watching.recent(owner, code)

        self.sent.success(recent, [owner, speech, self.tickets], [watching.strip], **PATIENT)
        return self.sent

    async def ask(self, code: str, **values: Any) -> tuple[Any, Any]:
        """The receipt, before anything is sent; nothing at all when there is no batch."""
        spoken, candidates = language(code), await self._candidates(values, language(code))
        if not candidates:
            return gr.skip(), gr.skip()
        fit = [candidate for candidate in candidates if not candidate.sentence]
        if fit and (found := await wrong(VideoRequest, fit[0].standing(values), self.form.inputs, spoken)):
            return "", complained(found)
        lines = [receipt.Line(one.payload, one.fixes, one.sentence) for one in candidates]
        each = self.desk.prices.credits(chosen(values))
        return receipt.asking(lines, each, self.desk.prices, spoken, sandbox=self.sandbox), complained({})

    async def start(self, owner: str, nonce: str, code: str, **values: Any) -> AsyncIterator[tuple[Any, ...]]:
        """A job for each picture. What was not sent stays in the panel, under the same nonce: sent once more, a
        picture whose job was written down after all gets no second one."""
        spoken = language(code)
        if not (owner and nonce):
            raise gr.Error(safe_text(spoken.say("page.not_ready")), print_exception=False)
        fit = [candidate for candidate in await self._candidates(values, spoken) if not candidate.sentence]
        started: list[str] = []
        left: list[Candidate] = []
        same: Counter[str] = Counter()
        for number, candidate in enumerate(fit, 1):
            yield receipt.sending(number, len(fit), spoken), gr.skip(), gr.skip(), gr.skip(), gr.skip()
            try:
                request = await request_of(VideoRequest, candidate.standing(values), self.form.inputs, self.desk)
                picture = request.image_start or ""
                same[picture] += 1
                estimate = float(self.desk.prices.credits(request))
                job = await self.desk.start(
                    request, owner=owner, nonce=derived(nonce, picture, same[picture]), credits_estimated=estimate
                )
                started.append(job.id)
            except (PictureError, ValidationError, NotNow) as error:
                left.append(candidate._replace(sentence=told(error, spoken)))
            except (OSError, sqlite3.Error):
                left.append(candidate._replace(sentence=spoken.say("batch.trouble")))
        lines = [receipt.Line(one.payload, one.fixes, one.sentence) for one in left]
        rest = [one.payload["path"] for one in left]
        tickets = gr.skip() if not started else " ".join(started)
        first = started[0] if started else ""
        yield receipt.sent(len(started), lines, spoken), rest, tickets, first, nonce if left else token_urlsafe(16)

    async def _candidates(self, values: Mapping[str, Any], spoken: Language) -> list[Candidate]:
        payloads = files(values.get(NAME))
        return [await asyncio.to_thread(_judged, payload, spoken) for payload in payloads]


def derived(nonce: str, picture: str, time: int) -> str:
    """The nonce of one job of a batch: the same for the same picture in the same batch, chosen for the same time."""
    return f"{nonce}.{hashlib.sha256(f'{picture} {time}'.encode()).hexdigest()[:32]}"


def count(values: Mapping[str, Any]) -> int:
    """How many pictures stand in the batch."""
    return len(paths(values.get(NAME)))


def _judged(payload: dict[str, Any], spoken: Language) -> Candidate:
    try:
        return Candidate(payload, examine(Path(payload["path"])).remedies)
    except PictureError as error:
        return Candidate(payload, sentence=spoken.error(error))
    except OSError:
        return Candidate(payload, sentence=spoken.of("what", "picture_gone"))
