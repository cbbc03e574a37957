"""The door: read the settings, build the parts, serve. The only place that knows all rooms."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from secrets import token_urlsafe
from typing import Annotated

from fastapi import FastAPI
from pydantic import AliasChoices, AnyHttpUrl, BeforeValidator, Field, SecretStr, ValidationError

from client.addresses import check_address, loopback_origin
from client.api import EvoLink
from client.delivery import Delivery
from client.errors import AddressError, SettingError
from client.key import mark
from client.logs import Style, begin, nothing_past_the_log
from client.prices import load
from client.settings import ServiceSettings, told
from client.version import VERSION
from jobs.database import StoreError
from jobs.room import Room, check
from sandbox.rehearse import rehearse
from sandbox.server import listen, origin_of, serve_sandbox
from sandbox.service import build_sandbox
from sandbox.settings import SandboxSettings
from ui.hosts import Hosts
from ui.serving import ORDERS, serve
from ui.starting import Start, mode_of, refusal, writable

ENOUGH = 1_000_000_000.0
"""Credits in the sandbox of the app: nobody shall run out of pretend money."""

SPACE_PROXIES = "127.0.0.1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"
"""On a Space only the proxies in front of it can reach us, from private addresses: who asks is whom they name."""


class Settings(ServiceSettings):
    """Everything the environment may say, or a file `.env` in the folder it is started from."""

    prices: str = Field(default="", validation_alias=AliasChoices("FIRSTFRAME_PRICES"))
    public_url: AnyHttpUrl | None = None
    space_host: str | None = None
    space_id: str | None = None
    host: str = Field(default="127.0.0.1", validation_alias=AliasChoices("GRADIO_SERVER_NAME"))
    port: int = Field(default=7860, ge=0, le=65535, validation_alias=AliasChoices("GRADIO_SERVER_PORT"))
    temp: Annotated[Path | None, BeforeValidator(lambda said: said or None)] = Field(
        default=None, validation_alias=AliasChoices("GRADIO_TEMP_DIR")
    )
    hosts: str = Field(default="", validation_alias=AliasChoices("FIRSTFRAME_HOSTS"))
    log: Annotated[Style | None, BeforeValidator(lambda said: said or None)] = Field(
        default=None, validation_alias=AliasChoices("FIRSTFRAME_LOG")
    )
    open: Annotated[bool, BeforeValidator(lambda said: said or False)] = Field(
        default=False, validation_alias=AliasChoices("FIRSTFRAME_OPEN")
    )

    @property
    def uploads(self) -> Path:
        """Where Gradio keeps what people choose."""
        return (self.temp or self.data / "gradio").absolute()

    @property
    def proxies(self) -> str | None:
        """Whose word counts on who asks: None leaves it to uvicorn, which trusts this computer."""
        return SPACE_PROXIES if self.space_id and "FORWARDED_ALLOW_IPS" not in os.environ else None

    @property
    def names(self) -> tuple[str, ...]:
        """What this house is called; a Space keeps its name when it has a public address of its own beside it."""
        return tuple(name.strip() for name in (*self.hosts.split(","), self.space_host or "") if name.strip())

    @property
    def start(self) -> Start:
        """What there is to start with. Looks at the disk."""
        return Start(
            host=self.host,
            public_url=self.public_origin,
            on_a_space=bool(self.space_id or self.space_host),
            keyed=self.key is not None,
            open=self.open,
            hosts=self.names,
            data=self.data,
            data_mode=mode_of(self.data),
            data_writable=writable(self.data),
            uploads=self.uploads,
            uploads_mode=mode_of(self.uploads),
            user=str(os.getuid()) if sys.platform != "win32" else "you",
        )

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

    @property
    def callbacks(self) -> str | None:
        """The same, if EvoLink may call back there. The sandbox on this machine is asked often enough without."""
        try:
            return check_address(self.public_origin) if self.key and self.public_origin else None
        except AddressError:
            return None


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
        callbacks=settings.callbacks,
        patience=ORDERS,
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
    for folder in (settings.data, settings.uploads):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ["GRADIO_TEMP_DIR"] = str(settings.uploads)
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
        hosts=Hosts(settings.names, bind=settings.host, origin=settings.public_origin),
    )


def main() -> int:
    """Serves until it is told to stop. Gives the exit code; what is wrong with settings or data is one sentence."""
    try:
        settings = Settings()
        begin(settings.key, settings.log)
        if refused := refusal(settings.start, os.environ):
            raise SettingError(refused)
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
    with nothing_past_the_log():
        return serve(
            app,
            host=settings.host,
            port=settings.port,
            log_level="warning",
            log_config=None,
            proxy_headers=True,
            forwarded_allow_ips=settings.proxies,
            server_header=False,
        )


def _sentence(error: SettingError | ValidationError) -> str:
    if isinstance(error, SettingError):
        return str(error)
    return told(error)


if __name__ == "__main__":
    sys.exit(main())
