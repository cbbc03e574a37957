"""Under each picture input: what is wrong, the remedy that is offered, and what will be sent."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components.base import Component

from client.errors import PictureError
from client.faults import ORDER, Remedy
from client.pictures import examine, thumbnail
from jobs.desk import Desk
from ui.events import QUICK
from ui.fields import Input
from ui.form import Form, paths
from ui.languages import language
from ui.pictured import Note, refused, written

PREFIX: Final = "fit__"

AGREE: Final = """
element.addEventListener('click', event => {
  const button = event.target.closest('[data-path]');
  if (button) trigger('select', {path: button.dataset.path, remedies: button.dataset.remedies.split(' ')});
});
"""

Agreed = Mapping[str, Sequence[Remedy]]
"""The remedies that a person agreed to, by the path of the picture."""


def agreed(values: Mapping[str, Any], name: str) -> Agreed:
    """What was agreed for the pictures of an input."""
    return _agreed(values.get(f"{PREFIX}{name}"))


class Fitting:
    """A note under each picture input. The note's value holds what was agreed, so that the page alone remembers it."""

    def __init__(self, desk: Desk, form: Form) -> None:
        self.desk = desk
        self.form = form
        self.parts: dict[str, Component] = {}
        """The notes, by their keyword among the form's values."""
        self._events: list[dict[str, Any]] = []

    def draw(self, item: Input) -> None:
        name = f"{PREFIX}{item.name}"
        self.parts[name] = gr.HTML(
            {"html": "", "agreed": {}},
            html_template="${value.html}",
            js_on_load=AGREE,
            elem_id=name,
            elem_classes=["fitting"],
        )

    def wire(self, speech: Component) -> None:
        """A note is written anew when its picture changes, when something is agreed, and for another first frame."""
        for item in self.form.inputs:
            note = self.parts.get(f"{PREFIX}{item.name}")
            if note is None:
                continue
            picture = self.form.parts[item.name]
            beside = [self.form.parts["image_start"]] if item.name in ("image_end", "image_urls") else []
            how = {"inputs": [speech, note, picture, *beside], "outputs": [note], "preprocess": False, **QUICK}
            gr.on([part.change for part in (picture, *beside)], partial(self.note, item), **how)
            note.select(self._agreeing(item), **how)
            self._events.append({"fn": partial(self.note, item), **how})

    def say_again(self, changed: Any) -> None:
        """After another language was chosen, or the form was filled."""
        for event in self._events:
            changed.then(**event)

    async def note(self, item: Input, code: str, before: Any, payload: Any, first: Any = None) -> dict[str, Any]:
        """The note for the pictures as they are now."""
        return await self._note(item, code, _agreed(before), payload, first)

    def _agreeing(self, item: Input) -> Callable[..., Awaitable[dict[str, Any]]]:
        """What writes the note after a remedy was agreed to or taken back. Gradio finds the event by its annotation."""

        async def agree(
            chosen: gr.EventData, code: str, before: Any, payload: Any, first: Any = None
        ) -> dict[str, Any]:
            now = {**_agreed(before), str(chosen.path): _known(chosen.remedies)}
            return await self._note(item, code, now, payload, first)

        return agree

    async def _note(self, item: Input, code: str, was: Agreed, payload: Any, first: Any) -> dict[str, Any]:
        shape = await asyncio.to_thread(_shape, paths(first)) if item.name == "image_end" else None
        now = {str(path): was.get(str(path), ()) for path in paths(payload)}
        spoken, told = language(code), ""
        for number, (path, fixes) in enumerate(now.items(), start=1 + bool(paths(first))):
            # References are called as texts and chips call them.
            called = spoken.say("references.image", number=number)
            title = called if item.name == "image_urls" else spoken.title(item)
            try:
                told += written(await self._examined(title, Path(path), fixes, shape), spoken)
            except PictureError as error:
                told += refused(title, error, spoken)
        return {"html": told, "agreed": {path: list(fixes) for path, fixes in now.items()}}

    async def _examined(self, title: str, path: Path, fixes: Sequence[Remedy], beside: float | None) -> Note:
        """What there is to say of a picture. Raises PictureError."""
        found = await asyncio.to_thread(examine, path, beside=beside)
        wanted = [*fixes, *found.remedies]
        kept = self.desk.picture(await self.desk.keep(path, wanted, beside=beside))
        assert kept, "what was kept just now is here"
        sent = (await asyncio.to_thread(examine, kept)).measured
        note = Note(title, path, found, tuple(fixes), sent)
        return note.showing(await _image(path), await _image(kept)) if note.changed else note


async def _image(path: Path) -> str:
    """A small picture as an address that holds it."""
    return f"data:image/jpeg;base64,{base64.b64encode(await asyncio.to_thread(thumbnail, path)).decode()}"


def _shape(first: list[Path]) -> float | None:
    try:
        picture = examine(first[0]).measured if first else None
    except PictureError:
        return None
    return picture.width / picture.height if picture else None


def _agreed(note: Any) -> Agreed:
    """What a note holds. Anything else that a page may send counts as nothing."""
    told = note.get("agreed") if isinstance(note, dict) else None
    return {str(path): _known(remedies) for path, remedies in told.items()} if isinstance(told, dict) else {}


def _known(remedies: Any) -> tuple[Remedy, ...]:
    return tuple(remedy for remedy in ORDER if remedy in remedies) if isinstance(remedies, list | tuple) else ()
