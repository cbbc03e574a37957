"""What programs ask that look after this one: is it up, and can it take work."""

from typing import Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from jobs.pulse import Pulse

ANSWERED_ANEW = {"Cache-Control": "no-store"}


def health(pulse: Pulse, *, mode: Literal["sandbox", "evolink"], version: str) -> APIRouter:
    """`/healthz` answers while the process does; `/readyz` says 503 and why while no job could be taken."""
    routes = APIRouter()

    @routes.api_route("/healthz", methods=["GET", "HEAD"])
    async def up() -> JSONResponse:
        return JSONResponse({"status": "ok", "mode": mode, "version": version}, headers=ANSWERED_ANEW)

    @routes.api_route("/readyz", methods=["GET", "HEAD"])
    async def ready() -> JSONResponse:
        weakness = await pulse.weakness()
        if weakness:
            return JSONResponse({"status": "not_ready", "reason": weakness.value}, 503, ANSWERED_ANEW)
        return JSONResponse({"status": "ready", "mode": mode, "version": version}, headers=ANSWERED_ANEW)

    return routes
