"""Serves until it is told to stop; then it ends within five seconds, whatever is under way.

Nothing has to be finished for a job's sake: its row tells the next start where to go on. All the seconds of the end
stand here.
"""

import asyncio
import logging
import os
import signal
import threading
from contextlib import suppress
from socket import socket
from types import FrameType
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

STREAMS: Final = 0.7
"""Seconds that open streams and downloads get, first of all. Then the line is cut, which is what they expect of a
browser that goes away."""
DEAF: Final = 2
"""After so many, those that do not mind are cancelled."""
ORDERS: Final = 2.0
"""Then: seconds for the answer to a paid request that is already on its way."""
END: Final = 5.0
"""Seconds from the signal until the process ends even though a thread of it hangs in the disk or a look-up."""

logger = logging.getLogger(__name__)


def serve(app: ASGIApp, **settings: Any) -> int:
    """Gives the exit code. `settings` are uvicorn's."""
    server = _Server(uvicorn.Config(app, timeout_graceful_shutdown=DEAF, **settings))
    with suppress(KeyboardInterrupt):
        server.run()
    return 0 if server.started else 3


class _Server(uvicorn.Server):
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.should_exit:
            last = threading.Timer(END, _end, [sig])
            last.daemon = True
            last.start()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        asyncio.get_running_loop().call_later(STREAMS, self._hang_up)
        await super().shutdown(sockets)

    def _hang_up(self) -> None:
        for connection in list(self.server_state.connections):
            if connection.transport:
                connection.transport.abort()


def _end(sig: int) -> None:
    """As a power cut does, which every row survives."""
    logger.warning("Something did not end by itself within %.0f seconds. No job is lost.", END)
    os._exit(128 + signal.Signals(sig))
