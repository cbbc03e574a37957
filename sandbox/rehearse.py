"""A rehearsal: the film of a request, small and at once, from whatever pictures are here."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from client.errors import PictureError
from client.schema import VideoRequest
from sandbox.errors import RenderError
from sandbox.film import plan
from sandbox.worker import render_in_worker


async def rehearse(
    request: VideoRequest, pictures: Mapping[str, Path], target: Path, progress: Callable[[float], None]
) -> None:
    """Renders the request to `target`, 360 pixels on the short side, in a process that ends with this call.

    `pictures` maps addresses of the request to local files; a picture without one is seen as a backdrop. Raises
    PictureError for a file that cannot be read, RenderError for anything else.
    """
    film = replace(plan(request, pictures), quality="360p", label="rehearsal")
    try:
        await render_in_worker(film, target, progress)
    except RenderError as error:
        if error.code == "image_processing_error":
            raise PictureError(str(error), code="picture_damaged") from error
        raise
