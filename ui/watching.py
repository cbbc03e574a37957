"""The right-hand side: the stage with one job as it goes on, and the strip of recent clips."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr
from gradio.components.base import Component

from jobs.desk import Desk
from jobs.job import Kind
from jobs.not_now import NotNow
from ui import stage as pictured
from ui.asking import told
from ui.events import PATIENT, QUICK
from ui.languages import Language, language
from ui.safe_text import safe_text

RECENT = 12

PRESSES = """
element.addEventListener('click', event => {
  const button = event.target.closest('[data-open], [data-again], [data-continue], [data-act]');
  if (button?.dataset.open) trigger('click', {job: button.dataset.open});
  if (button?.dataset.again) trigger('select', {job: button.dataset.again});
  if (button?.dataset.continue) trigger('edit', {job: button.dataset.continue});
  const {act, about, task} = button?.dataset ?? {};
  if (act) trigger('submit', {act, job: about, task: task ?? ''});
});
"""
SHOWN = "(owner, code) => [owner, code, document.querySelector('#stage [data-job]')?.dataset.job ?? '']"


class Watching:
    """Reads jobs and shows them; owns none. Holds which watcher of a page is the newest, nothing of any person."""

    def __init__(self, desk: Desk, *, sandbox: bool) -> None:
        self.desk = desk
        self.sandbox = sandbox
        self._newest: dict[str, object] = {}

    def draw(self, spoken: Language) -> None:
        empty = pictured.stage(None, spoken, sandbox=self.sandbox)
        self.stage = gr.HTML(empty, elem_id="stage", js_on_load=PRESSES)
        self.strip = gr.HTML("", elem_id="strip", js_on_load=PRESSES)
        self.none = gr.Textbox(visible=False)

    def wire(self, owner: Component, speech: Component, press: Any, ticket: Component) -> Any:
        """After a press, and when a clip of the strip is opened. Gives the end of watching what was ordered."""
        look = self._recent(owner, speech)
        watched = press.success(self.ordered, [owner, speech, ticket], [self.stage], **PATIENT)
        watched.then(**look)
        press.success(**look)
        for cards in (self.strip, self.stage):
            cards.click(self.opened, [owner, speech], [self.stage], **PATIENT).then(**look)
        self.stage.submit(self.decided, [owner, speech], [self.stage], **PATIENT).then(**look)
        return watched

    def attach(self, owner: Component, speech: Component, greeted: Any) -> None:
        """After the greeting."""
        look = self._recent(owner, speech)
        greeted.then(**look | QUICK)
        greeted.then(self.newest, [owner, speech], [self.stage], **PATIENT).then(**look)

    def again(self, owner: Component, speech: Component, changed: Any) -> None:
        """After another language was chosen: the same job, in that language."""
        look = self._recent(owner, speech)
        changed.then(**look)
        changed.then(self.watch, [owner, speech, self.none], [self.stage], js=SHOWN, **PATIENT)

    def _recent(self, owner: Component, speech: Component) -> dict[str, Any]:
        return {"fn": self.recent, "inputs": [owner, speech], "outputs": [self.strip], **PATIENT}

    async def watch(self, owner: str, code: str, ticket: str, request: gr.Request) -> AsyncIterator[str]:
        """One picture of the job for each real change. Reading only: closing the page stops nothing but the reading.

        When another clip is opened, this one goes on unseen, so that its end still brings the strip up to date.
        """
        spoken = language(code)
        with self.turn(request) as mine:
            job = await self.desk.job(ticket, owner)
            if job is None or job.kind is not Kind.VIDEO:
                yield pictured.stage(None, spoken, sandbox=self.sandbox)
                return
            under_way = not job.resting
            async for job in self.desk.watch(ticket):
                if mine():
                    yield pictured.stage(job, spoken, sandbox=self.sandbox)
            settled = await self.desk.lost.settled(job) if under_way else job
            if settled is not job and mine():
                yield pictured.stage(settled, spoken, sandbox=self.sandbox)
            if not mine():
                # Gradio shows a generator's last picture once more when it ends; this one has been overtaken.
                yield gr.skip()

    async def ordered(self, owner: str, code: str, ticket: str, request: gr.Request) -> AsyncIterator[Any]:
        """The job that was just written down. Without a ticket nothing was, and the stage stays as it is."""
        if not ticket:
            yield gr.skip()
            return
        async for shown in self.watch(owner, code, ticket, request):
            yield shown

    @contextmanager
    def turn(self, request: gr.Request) -> Iterator[Callable[[], bool]]:
        """The stage of a page, until somebody else takes it: the function tells whether it is still ours."""
        session, mine = request.session_hash or "", object()
        self._newest[session] = mine
        try:
            yield lambda: self._newest.get(session) is mine
        finally:
            if self._newest.get(session) is mine:
                del self._newest[session]

    async def newest(self, owner: str, code: str, request: gr.Request) -> AsyncIterator[str]:
        """Goes on with the newest open job of this person, or shows the last one made."""
        job = await self.desk.newest_open(owner) or next(iter(await self.desk.recent(owner, 1)), None)
        async for shown in self.watch(owner, code, job.id if job else "", request):
            yield shown

    async def opened(self, owner: str, code: str, request: gr.Request, chosen: gr.EventData) -> AsyncIterator[str]:
        """Shows the clip that was clicked in the strip."""
        async for shown in self.watch(owner, code, str(chosen.job), request):
            yield shown

    async def decided(self, owner: str, code: str, request: gr.Request, chosen: gr.EventData) -> AsyncIterator[str]:
        """Does what a person said about a job, and shows that job, or the one that was sent in its place."""
        ticket = str(chosen.job)
        match chosen.act:
            case "look":
                await self.desk.look_again(ticket, owner)
            case "choose":
                await self.desk.lost.choose(ticket, owner, str(chosen.task))
            case "agree":
                await self.desk.lost.agree_to_price(owner)
            case "send":
                try:
                    again = await self.desk.lost.send_again(ticket, owner)
                except NotNow as error:
                    raise gr.Error(safe_text(told(error, language(code))), print_exception=False) from error
                ticket = again.id if again else ticket
        async for shown in self.watch(owner, code, ticket, request):
            yield shown

    async def recent(self, owner: str, code: str) -> str:
        return pictured.strip(await self.desk.recent(owner, RECENT), language(code)) if owner else ""
