"""A TCP proxy that spoils what passes through it: once a call of the wanted kind comes, its toxic takes over."""

import asyncio
import gzip
import re
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal, Self

Call = Literal["upload", "submit", "poll", "download", "callback", "other"]

CALLS: dict[str, Call] = {
    r"POST /api/v1/files/": "upload",
    r"POST /v1/videos/generations": "submit",
    r"(POST /v1/tasks/batch|GET /v1/tasks/)": "poll",
    r"GET /media/": "download",
    r"POST /callback/": "callback",
}


@dataclass
class Exchange:
    """One request on its way: the answer is fetched by `pass_on`, what the client gets is up to the toxic."""

    proxy: "Proxy"
    call: Call
    request: bytes
    writer: asyncio.StreamWriter

    async def pass_on(self) -> tuple[bytes, bytes]:
        """The server has the whole request now, and gave this head and body."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.proxy.upstream)
        head, _, body = self.request.partition(b"\r\n\r\n")
        head = re.sub(rb"\r\n[Cc]onnection: [^\r]*", b"", head)
        writer.write(head + b"\r\nConnection: close\r\n\r\n" + body)
        answer = await reader.read(-1)
        writer.close()
        if self.call == self.proxy.call:
            self.proxy.heard.set()
        head, _, body = answer.partition(b"\r\n\r\n")
        return head, body

    async def say(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
        await self.writer.drain()

    def reset(self) -> None:
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Toxic = Callable[[Exchange], Awaitable[None]]


@dataclass
class Proxy:
    """`hits`: so many calls of this kind are spoilt, then all goes well. `came` counts what came, spoilt or not;
    `heard` is set once the server has such a call."""

    upstream: int
    call: Call
    toxic: Toxic
    hits: int
    came: Counter[Call] = field(default_factory=Counter)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    origin: str = ""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Self]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=200)
        self.origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server:
            yield self
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _request(reader)
            line = request[:300].decode("latin-1")
            call = next((call for start, call in CALLS.items() if re.match(start, line)), "other")
            self.came[call] += 1
            exchange = Exchange(self, call, request, writer)
            spoilt = call == self.call and self.came[call] <= self.hits
            await (self.toxic if spoilt else harmless)(exchange)
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    if length := re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE):
        return head + await reader.readexactly(int(length[1]))
    if b"chunked" in head.lower():
        return head + await reader.readuntil(b"\r\n0\r\n\r\n")
    return head


async def _for_ever() -> None:
    await asyncio.Event().wait()


def _head(*lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", "Content-Type: application/json", *lines, "", ""]).encode()


async def harmless(exchange: Exchange) -> None:
    head, body = await exchange.pass_on()
    await exchange.say(head, b"\r\n\r\n", body)


async def reset_at_accept(exchange: Exchange) -> None:
    exchange.reset()


async def close_at_accept(exchange: Exchange) -> None:
    """The connection ends, and the server never heard of it."""


async def never_read(exchange: Exchange) -> None:
    await _for_ever()


async def close_after_request(exchange: Exchange) -> None:
    await exchange.pass_on()


async def reset_after_request(exchange: Exchange) -> None:
    await exchange.pass_on()
    exchange.reset()


async def stall_before_headers(exchange: Exchange) -> None:
    await exchange.pass_on()
    await _for_ever()


async def cut_content_length(exchange: Exchange) -> None:
    head, body = await exchange.pass_on()
    await exchange.say(head, b"\r\n\r\n", body[: len(body) // 2])


async def cut_chunked(exchange: Exchange) -> None:
    _, body = await exchange.pass_on()
    await exchange.say(_head("Transfer-Encoding: chunked"), f"{len(body):x}\r\n".encode(), body[: len(body) // 2])


async def cut_until_closed(exchange: Exchange) -> None:
    _, body = await exchange.pass_on()
    await exchange.say(_head("Connection: close"), body[: len(body) // 2])


async def stall_in_body(exchange: Exchange) -> None:
    head, body = await exchange.pass_on()
    await exchange.say(head, b"\r\n\r\n", body[: len(body) // 2])
    await _for_ever()


async def drip(exchange: Exchange) -> None:
    head, body = await exchange.pass_on()
    for byte in head + b"\r\n\r\n" + body:
        await exchange.say(bytes([byte]))
        await asyncio.sleep(0.3)


async def garbage(exchange: Exchange) -> None:
    await exchange.pass_on()
    await exchange.say(b"\x16\x03\x01 this is not HTTP\r\n\r\n")


async def html(exchange: Exchange) -> None:
    await exchange.pass_on()
    page = b"<html><h1>Maintenance</h1></html>"
    await exchange.say(_head(f"Content-Length: {len(page)}"), page)


async def huge_header(exchange: Exchange) -> None:
    await exchange.pass_on()
    await exchange.say(_head("X-Filler: " + "a" * 300_000, "Content-Length: 0"))


async def gzip_bomb(exchange: Exchange) -> None:
    await exchange.pass_on()
    bomb = gzip.compress(bytes(10_000_000))
    await exchange.say(_head("Content-Encoding: gzip", f"Content-Length: {len(bomb)}"), bomb)


async def no_content(exchange: Exchange) -> None:
    await exchange.pass_on()
    await exchange.say(_head(status="204 No Content"))


async def elsewhere(exchange: Exchange) -> None:
    await exchange.pass_on()
    await exchange.say(_head("Location: /v1/elsewhere", "Content-Length: 0", status="307 Temporary Redirect"))


UNHEARD: tuple[Toxic, ...] = (reset_at_accept, close_at_accept, never_read)
"""The server never has the request."""

HEARD: tuple[Toxic, ...] = (
    close_after_request,
    reset_after_request,
    stall_before_headers,
    cut_content_length,
    cut_chunked,
    cut_until_closed,
    stall_in_body,
    drip,
    garbage,
    html,
    huge_header,
    gzip_bomb,
    no_content,
    elsewhere,
)
"""The server has the whole request, and the client no answer that can be read."""


async def latency(exchange: Exchange) -> None:
    await asyncio.sleep(0.3)
    await harmless(exchange)


async def bandwidth(exchange: Exchange) -> None:
    head, body = await exchange.pass_on()
    answer = head + b"\r\n\r\n" + body
    for start in range(0, len(answer), 4096):
        await exchange.say(answer[start : start + 4096])
        await asyncio.sleep(0.02)


SLOW: tuple[Toxic, ...] = (latency, bandwidth)
"""Everything arrives, later."""
