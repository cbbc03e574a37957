"""A request back into the form: "Another like this", "Continue from the last frame", and a pasted request."""

from typing import Any

import gradio as gr
from gradio.components.base import Component
from gradio.processing_utils import save_file_to_cache

from client.errors import AddressError, PictureError
from client.schema import VideoRequest
from jobs.desk import Desk
from jobs.found import request_is_known
from ui.events import QUICK
from ui.form import Form
from ui.values import form_values

KEPT = ("duration", "quality", "sound", "model_params__watermark_info__enabled")
"""What a video that goes on where another ends shares with it."""


class Refilling:
    """Fills every input of the form; pictures are lent to Gradio as files of its own."""

    def __init__(self, desk: Desk, form: Form) -> None:
        self.desk = desk
        self.form = form

    def wire(self, owner: Component, *sources: gr.HTML) -> list[Any]:
        """The buttons beside clips. Returns what fills the form."""
        outputs = list(self.form.parts.values())
        again = [source.select(self.again, [owner], outputs, **QUICK) for source in sources]
        return again + [source.edit(self.go_on, [owner], outputs, **QUICK) for source in sources]

    async def again(self, owner: str, chosen: gr.EventData) -> list[Any]:
        """What the form holds to make another video like that of a job."""
        job = await self.desk.job(str(chosen.job), owner)
        if job is None or not isinstance(job.request, VideoRequest):
            return [gr.skip()] * len(self.form.parts)
        request = job.request if request_is_known(job) else job.request.model_copy(update={"prompt": ""})
        return await self.filled(request)

    async def go_on(self, owner: str, chosen: gr.EventData) -> list[Any]:
        """A new form that begins where a video ends, with its settings; what happens next is for the person to say."""
        job = await self.desk.job(str(chosen.job), owner)
        first = await self._last_frame(job.id, owner) if job else None
        if job is None or first is None:
            return [gr.skip()] * len(self.form.parts)
        values = form_values(job.request, self.form.inputs)
        fresh = {item.name: item.default for item in self.form.inputs if item.name not in KEPT}
        values |= fresh | {"prompt": "", "image_start": first}
        return [values[name] for name in self.form.parts]

    async def filled(self, request: VideoRequest, *, leave_unknown_pictures: bool = False) -> list[Any]:
        """A value for each part of the form, in its order. A picture that cannot be had any more leaves its place
        empty, or as it is."""
        values = form_values(request, self.form.inputs)
        otherwise = gr.skip() if leave_unknown_pictures else None
        for item in self.form.inputs:
            asked = values[item.name]
            if item.kind == "picture":
                values[item.name] = (await self._lent(asked) if asked else None) or otherwise
            elif item.kind == "pictures":
                values[item.name] = [path for picture in asked if (path := await self._lent(picture))] or otherwise
        return [values[name] for name in self.form.parts]

    async def _last_frame(self, job_id: str, owner: str) -> str | None:
        try:
            reference = await self.desk.library.last_frame(job_id, owner)
        except PictureError:
            return None
        return await self._lent(reference) if reference else None

    async def _lent(self, reference: str) -> str | None:
        """A copy in Gradio's own folder, from which alone it shows files."""
        try:
            picture = await self.desk.picture_of(reference)
        except (AddressError, PictureError):
            return None
        return save_file_to_cache(picture, self.form.parts["image_start"].GRADIO_CACHE) if picture else None
