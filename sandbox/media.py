"""Finished videos, by links that die."""

from typing import Annotated

import anyio
from fastapi import APIRouter, Path
from fastapi.responses import FileResponse

from sandbox.answers import ErrorAnswer
from sandbox.envelopes import Refusal
from sandbox.gate import GatedRoute
from sandbox.parts import Here, Parts

router = APIRouter(route_class=GatedRoute, tags=["media"])


@router.head("/media/{name}", name="media", include_in_schema=False)
@router.get(
    "/media/{name}",
    name="media",
    response_class=FileResponse,
    responses={
        200: {"content": {"video/mp4": {}}, "description": "The video"},
        206: {"content": {"video/mp4": {}}, "description": "A part of it"},
        400: {"model": ErrorAnswer},
        404: {"model": ErrorAnswer},
        410: {"model": ErrorAnswer},
    },
)
async def media(name: Annotated[str, Path(pattern=r"^[\w-]+\.mp4$")], here: Here) -> FileResponse:
    """A video: no key is asked, ranges are served, and after its life the link is dead."""
    path = here.runner.media / name
    try:
        made = (await anyio.Path(path).stat()).st_mtime
    except FileNotFoundError as error:
        raise Refusal(404, "There is no such video.") from error
    if made + here.settings.link_life <= here.clock():
        raise Refusal(410)
    return FileResponse(path, media_type="video/mp4", headers={"X-Content-Type-Options": "nosniff"})


async def sweep(here: Parts) -> None:
    """Clears away the videos whose links are dead, now and every hour."""
    while True:
        for path in here.runner.media.glob("*.mp4"):
            if ".part" not in path.name and path.stat().st_mtime + here.settings.link_life <= here.clock():
                path.unlink()
        here.files.sweep()
        await anyio.sleep(3600)
