"""The door: read the settings, build the parts, serve. The only place that knows all rooms."""

import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from secrets import token_urlsafe

import uvicorn
from fastapi import FastAPI
from pydantic import AliasChoices, AnyHttpUrl, Field, SecretStr, ValidationError

from client.addresses import loopback_origin
from client.api import EvoLink
from client.delivery import Delivery
from client.errors import SettingError
from client.key import mark
from client.prices import load
from client.settings import ServiceSettings, told
from client.version import VERSION
from jobs.database import StoreError
from jobs.room import Room, check
from sandbox.rehearse import rehearse
from sandbox.server import listen, origin_of, serve_sandbox
from sandbox.service import build_sandbox
from sandbox.settings import SandboxSettings

SHUTDOWN = 2
"""Seconds that open streams get at the end. Their jobs are safe without them."""
ENOUGH = 1_000_000_000.0
"""Credits in the sandbox of the app: nobody shall run out of pretend money."""


class Settings(ServiceSettings):
    """Everything the environment may say, or a file `.env` in the folder it is started from."""

    prices: str = Field(default="", validation_alias=AliasChoices("FIRSTFRAME_PRICES"))
    public_url: AnyHttpUrl | None = None
    space_host: str | None = None
    space_id: str | None = None
    host: str = Field(default="127.0.0.1", validation_alias=AliasChoices("GRADIO_SERVER_NAME"))
    port: int = Field(default=7860, ge=0, le=65535, validation_alias=AliasChoices("GRADIO_SERVER_PORT"))

    @property
    def fleeting(self) -> bool:
        """Whether the data lie on the disk of a Space itself, which is empty again after each restart."""
        data = self.data.resolve()
        return bool(self.space_id) and not any(place.is_mount() for place in (data, *data.parents[:-1]))

    @property
    def public_origin(self) -> str | None:
        """Where this app is reached from outside; known on a Space and when it is said."""
        if self.public_url:
            return str(self.public_url).rstrip("/")
        return f"https://{self.space_host}" if self.space_host else None


def build_app(settings: Settings) -> FastAPI:
    """The whole app, ready to be served. With no key it brings its own EvoLink: the sandbox, on a port of this machine.

    Raises SettingError for a key, an address or a price file that cannot be used.
    """
    prices = load(Path(settings.prices)) if settings.prices else None
    parts = AsyncExitStack()
    if settings.key:
        service = EvoLink(settings.key, base_url=settings.evolink_base_url, files_url=settings.evolink_files_url)
        delivery = Delivery(allowed_origin=loopback_origin(settings.evolink_base_url))
    else:
        listener, key = listen(), SecretStr(token_urlsafe(32))
        here = origin_of(listener)
        sandbox = build_sandbox(SandboxSettings(settings.data / "sandbox", key=key, credits=ENOUGH))
        service = EvoLink(key, base_url=here, files_url=here)
        delivery = Delivery(allowed_origin=here)

    room = Room(
        settings.data,
        service,
        delivery,
        rehearse,
        prices=prices,
        idempotency=settings.idempotency,
        key_mark=mark(settings.key) if settings.key else None,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with parts:
            if not settings.key:
                await parts.enter_async_context(serve_sandbox(sandbox, listener))
            await parts.enter_async_context(service)
            await parts.enter_async_context(delivery)
            await parts.enter_async_context(room)
            yield

    # Gradio reads these while it is imported, which takes seconds: whatever will not do has been said by now.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from ui.page import web
    from ui.sending import Service

    return web(
        room.desk,
        Service(settings.evolink_base_url, settings.evolink_files_url),
        mode="evolink" if settings.key else "sandbox",
        version=VERSION,
        public_url=settings.public_origin,
        lifespan=lifespan,
        fleeting=settings.fleeting,
    )


def main() -> int:
    """Serves until it is told to stop. Gives the exit code; what is wrong with settings or data is one sentence."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for chatty in ("httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        settings = Settings()
        check(settings.data)
        app = build_app(settings)
    except (SettingError, ValidationError) as error:
        sys.stderr.write(f"{_sentence(error)}\n")
        return 2
    except StoreError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    name = "localhost" if settings.host in ("127.0.0.1", "0.0.0.0") else settings.host
    sys.stdout.write(f"Firstframe is at http://{name}:{settings.port}\n")
    sys.stdout.flush()
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        timeout_graceful_shutdown=SHUTDOWN,
        proxy_headers=True,
    )
    return 0


def _sentence(error: SettingError | ValidationError) -> str:
    if isinstance(error, SettingError):
        return str(error)
    return told(error)


if __name__ == "__main__":
    sys.exit(main())
