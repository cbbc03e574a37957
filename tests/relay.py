"""A way to another port of this machine that remembers what was sent along it."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import NamedTuple, Self
from urllib.parse import urlsplit


class Head(NamedTuple):
    """The beginning of a request."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Relay:
    """To the host and port of `target`. Everything passes as it comes."""

    target: str
    url: str = ""
    sent: list[bytearray] = field(default_factory=list)
    """What came from each client."""

    @contextmanager
    def running(self) -> Iterator[Self]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.url = f"http://127.0.0.1:{server.getsockname()[1]}"
            Thread(target=self._accept, args=(server,), daemon=True).start()
            yield self
            # Closing it alone does not wake the thread that waits for the next client.
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)

    def heads(self) -> list[Head]:
        """The beginning of every request so far."""
        found = [
            re.findall(
                rb"(?:^|(?<=\r\n)|(?<=[}\]]))([A-Z]+) (/\S*) HTTP/1\.1\r\n((?:[!-9;-~]+:.*\r\n)+)\r\n", bytes(each)
            )
            for each in self.sent
        ]
        return [
            Head(method.decode(), path.decode(), _headers(lines.decode("latin-1")))
            for heads in found
            for method, path, lines in heads
        ]

    def _accept(self, server: socket.socket) -> None:
        where = urlsplit(self.target)
        with suppress(OSError):
            while True:
                client, _ = server.accept()
                far = socket.create_connection((where.hostname, where.port))
                sent = bytearray()
                self.sent.append(sent)
                Thread(target=_pump, args=(client, far, sent), daemon=True).start()
                Thread(target=_pump, args=(far, client, None), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket, kept: bytearray | None) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            if kept is not None:
                kept.extend(piece)
            target.sendall(piece)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _headers(lines: str) -> dict[str, str]:
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines.splitlines())}
