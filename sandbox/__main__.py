"""`python -m sandbox --port N`: the sandbox alone, for other clients and for tests."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import get_args

import anyio
from pydantic import SecretStr

from sandbox.server import listen, serve_sandbox
from sandbox.service import build_sandbox
from sandbox.settings import ExtraFields, FileErrors, Idempotency, SandboxSettings, UnknownElements


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until SIGINT or SIGTERM. Gives the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    asked = _parser().parse_args(arguments)
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(_serve(_settings(asked), asked.host, asked.port))
    except (OSError, RuntimeError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


async def _serve(settings: SandboxSettings, host: str, port: int) -> None:
    # asyncio.run ends this coroutine in good order at SIGINT; in its own process SIGTERM shall do the same.
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    async with serve_sandbox(build_sandbox(settings), listen(host, port)) as origin:
        sys.stdout.write(f"The sandbox is ready at {origin}\n")
        sys.stdout.flush()
        await anyio.sleep_forever()


def _settings(asked: argparse.Namespace) -> SandboxSettings:
    given = {name: value for name, value in vars(asked).items() if name not in ("host", "port")}
    return SandboxSettings(**given)


def _parser() -> argparse.ArgumentParser:
    default = SandboxSettings(Path("data/sandbox"))
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A local EvoLink without the bill.")
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="where to listen (%(default)s)")
    add("--port", type=int, default=0, help="0 takes any that is free")
    add("--data", type=Path, default=default.data, help="tasks, pictures and videos lie here (%(default)s)")
    add("--key", type=SecretStr, help="the only key that is let in; without it any key is")
    add("--credits", type=float, default=default.credits, help="what the account holds (%(default)s)")
    add("--faults", dest="drills", action="store_true", help="let faults be armed by POST /sandbox/faults")
    add("--pictures-required", action="store_true", help="refuse a request without any picture")
    add("--extra-fields", choices=get_args(ExtraFields), default=default.extra_fields)
    add("--unknown-elements", choices=get_args(UnknownElements), default=default.unknown_elements)
    add("--idempotency", choices=get_args(Idempotency), default=default.idempotency)
    add("--file-errors", choices=get_args(FileErrors), default=default.file_errors)
    add("--submits-per-minute", type=int, help="more than these get a 429")
    add("--renders-at-once", type=int, default=default.renders_at_once, help="(%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
