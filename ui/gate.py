"""The web around the page: videos, posters, archives, pick-up links, and the page's own fonts and style."""

from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Header, HTTPException
from fastapi.responses import FileResponse, HTMLResponse, StreamingResponse
from starlette.staticfiles import StaticFiles

from jobs.archive import MOST, Entry, archive, file_name
from jobs.desk import Desk
from jobs.job import Job, Kind
from ui.headers import ALONE, policy
from ui.languages import best, language
from ui.pickup import nothing, pickup
from ui.stage import headline

ASSETS = Path(__file__).parent / "assets"
PRIVATE = {
    "Cache-Control": "private, max-age=3600",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""A poster never changes behind its address, so its owner's browser may keep it; nobody else may."""
PASSING = PRIVATE | {"Cache-Control": "private, no-store"}
"""A video stays on no computer it was only looked at on. A rehearsal is soon gone, and a pick-up page changes."""


def gate(desk: Desk, *, mode: Literal["sandbox", "evolink"]) -> APIRouter:
    """Routes beside Gradio's. A token is the only way to a video; an unknown one is a plain 404."""
    routes = APIRouter()

    async def job(token: str) -> Job:
        found = await desk.by_token(token)
        if found is None:
            raise HTTPException(404)
        return found

    @routes.api_route("/v/{token}", methods=["GET", "HEAD"])
    async def video(job: Annotated[Job, Depends(job)], download: bool = False) -> FileResponse:
        name = f"firstframe-{job.id[:8]}.mp4" if download else None
        return _file(desk.video(job), "video/mp4", PASSING, name)

    @routes.api_route("/r/{token}", methods=["GET", "HEAD"])
    async def rehearsal(token: str) -> FileResponse:
        return _file(desk.rehearsal(token), "video/mp4", PASSING)

    @routes.api_route("/p/{token}", methods=["GET", "HEAD"])
    async def poster(job: Annotated[Job, Depends(job)]) -> FileResponse:
        return _file(await desk.poster(job), "image/jpeg", PRIVATE)

    @routes.post("/zip")
    async def zipped(token: Annotated[list[str], Form(max_length=MOST)]) -> StreamingResponse:
        """Those of the videos whose files are here. Tokens come in the body, since addresses end up in logs."""
        jobs = [found for each in dict.fromkeys(token) if (found := await desk.by_token(each))]
        taken: set[str] = set()
        entries = [
            Entry(path, file_name(headline(job), job.created, taken), job.created)
            for job in jobs
            if job.kind is Kind.VIDEO and (path := desk.video(job))
        ]
        if not entries:
            raise HTTPException(404)
        name = {"Content-Disposition": f'attachment; filename="firstframe-{len(entries)}.zip"'}
        return StreamingResponse(archive(entries), media_type="application/zip", headers=PASSING | name)

    @routes.api_route("/j/{token}", methods=["GET", "HEAD"])
    async def picked_up(token: str, accept_language: Annotated[str, Header()] = "") -> HTMLResponse:
        """The page of one video, for whoever has its link."""
        job = await desk.by_token(token)
        spoken = language(best(accept_language))
        headers = PASSING | {"X-Robots-Tag": "noindex", "Content-Security-Policy": policy(ALONE)}
        if job is None or job.kind is not Kind.VIDEO:
            return HTMLResponse(nothing(spoken), 404, headers)
        here = desk.video(job) is not None
        return HTMLResponse(pickup(job, spoken, here=here, sandbox=mode == "sandbox"), headers=headers)

    return routes


def _file(path: Path | None, media_type: str, headers: dict[str, str], name: str | None = None) -> FileResponse:
    """All of a file or the part that is asked for."""
    if path is None:
        raise HTTPException(404)
    return FileResponse(path, media_type=media_type, headers=headers, filename=name)


def assets() -> StaticFiles:
    """Fonts and the page's script, served at /house (/assets is Gradio's)."""
    return StaticFiles(directory=ASSETS)
