"""What only real connections show: which breakdowns look like what, and what each of them means for the money."""

import asyncio
import gzip
import json
import socket
import struct
from collections.abc import Awaitable, Callable

import httpx
import pytest
from pydantic import SecretStr

from client.api import Deadlines, EvoLink
from client.errors import NotSent, OutcomeUnknown, TooLarge, Unavailable

TASK = json.dumps({"id": "task-unified-1-abcdefgh", "status": "pending"}).encode()
IDEMPOTENCY = "vid_" + "0" * 32
QUICK = Deadlines(read=0.6, submit=0.6, upload=0.6)

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
WholeRequest = Callable[[Reader], Awaitable[bytes]]
Answer = Callable[[Writer], Awaitable[None]]


def evolink(port: int) -> EvoLink:
    base = f"http://127.0.0.1:{port}"
    return EvoLink(SecretStr("sk-x"), base_url=base, files_url=base, deadlines=QUICK)


def head(*lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


def answer(body: bytes, *lines: str, status: str = "200 OK") -> bytes:
    return head("Content-Type: application/json", f"Content-Length: {len(body)}", *lines, status=status) + body


def reset(writer: Writer) -> None:
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def closed(writer: Writer) -> None:
    writer.close()


async def reset_after_request(writer: Writer) -> None:
    reset(writer)


async def silence(writer: Writer) -> None:
    await asyncio.sleep(30)


async def half_a_head(writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-")
    await asyncio.sleep(30)


async def cut_by_length(writer: Writer) -> None:
    writer.write(head("Content-Length: 500") + TASK)


async def cut_chunk(writer: Writer) -> None:
    writer.write(head("Transfer-Encoding: chunked") + b"50\r\n" + TASK[:20])


async def cut_without_length(writer: Writer) -> None:
    writer.write(head("Connection: close") + TASK[:-5])


async def silence_in_the_body(writer: Writer) -> None:
    writer.write(head(f"Content-Length: {len(TASK)}") + TASK[:9])
    await asyncio.sleep(30)


async def drip(writer: Writer) -> None:
    for byte in answer(TASK):
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.1)


async def garbage(writer: Writer) -> None:
    writer.write(b"\x16\x03\x01 this is not HTTP\r\n\r\n")


async def html(writer: Writer) -> None:
    writer.write(answer(b"<html>Maintenance</html>"))


async def huge_header(writer: Writer) -> None:
    writer.write(head("X-Filler: " + "a" * 300_000, "Content-Length: 0"))


async def gzip_bomb(writer: Writer) -> None:
    writer.write(answer(gzip.compress(bytes(10_000_000)), "Content-Encoding: gzip"))


async def endless(writer: Writer) -> None:
    writer.write(head("Transfer-Encoding: chunked"))
    while True:
        writer.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
        await writer.drain()


async def no_content(writer: Writer) -> None:
    writer.write(head(status="204 No Content"))


async def elsewhere(writer: Writer) -> None:
    writer.write(head("Location: /v1/elsewhere", "Content-Length: 0", status="307 Temporary Redirect"))


async def bad_gateway(writer: Writer) -> None:
    writer.write(answer(b"<html>502</html>", status="502 Bad Gateway"))


TOXICS = [
    closed,
    reset_after_request,
    silence,
    half_a_head,
    cut_by_length,
    cut_chunk,
    cut_without_length,
    silence_in_the_body,
    drip,
    garbage,
    html,
    huge_header,
    gzip_bomb,
    endless,
    no_content,
    elsewhere,
    bad_gateway,
]


class Counted:
    """Reads each request whole, then treats it badly."""

    def __init__(self, treat: Answer, whole_request: WholeRequest) -> None:
        self.treat, self.whole_request = treat, whole_request
        self.requests = 0

    async def __call__(self, reader: Reader, writer: Writer) -> None:
        await self.whole_request(reader)
        self.requests += 1
        await self.treat(writer)
        if not writer.transport.is_closing():
            await writer.drain()


@pytest.mark.parametrize("treat", TOXICS, ids=lambda treat: treat.__name__)
async def test_a_paid_request_that_arrived_is_never_taken_for_unsent_and_never_repeated(
    serve, whole_request: WholeRequest, treat: Answer
) -> None:
    service = Counted(treat, whole_request)
    async with evolink(await serve(service)) as client:
        with pytest.raises(OutcomeUnknown):
            await client.submit(b"{}", idempotency_key=IDEMPOTENCY)
    assert service.requests <= 1


@pytest.mark.parametrize("treat", TOXICS, ids=lambda treat: treat.__name__)
async def test_a_reading_that_breaks_down_is_unavailable(serve, whole_request: WholeRequest, treat: Answer) -> None:
    service = Counted(treat, whole_request)
    async with evolink(await serve(service)) as client:
        with pytest.raises(Unavailable):
            await client.task("task-unified-1-abcdefgh")
    assert service.requests <= 3


async def test_a_connection_reset_before_the_request_was_read_is_unknown_all_the_same(serve) -> None:
    async def at_accept(reader: Reader, writer: Writer) -> None:
        reset(writer)

    async with evolink(await serve(at_accept)) as client:
        with pytest.raises((OutcomeUnknown, NotSent)) as raised:
            await client.submit(b"{}" * 100_000, idempotency_key=IDEMPOTENCY)
    assert isinstance(raised.value, OutcomeUnknown) or isinstance(raised.value.__cause__, httpx.ConnectError)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_refused_connection_is_not_sent() -> None:
    async with evolink(free_port()) as client:
        with pytest.raises(NotSent):
            await client.submit(b"{}", idempotency_key=IDEMPOTENCY)
        with pytest.raises(Unavailable):
            await client.credits()


async def test_a_handshake_that_fails_is_not_sent(serve) -> None:
    async def no_tls(reader: Reader, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 400 Plain HTTP here\r\n\r\n")
        await writer.drain()

    base = f"https://127.0.0.1:{await serve(no_tls)}"
    async with EvoLink(SecretStr("sk-x"), base_url=base, deadlines=QUICK) as client:
        with pytest.raises(NotSent):
            await client.submit(b"{}", idempotency_key=IDEMPOTENCY)


async def test_readings_share_a_connection_and_paid_requests_do_not(serve, whole_request: WholeRequest) -> None:
    connections: list[list[bytes]] = []

    async def service(reader: Reader, writer: Writer) -> None:
        mine: list[bytes] = []
        connections.append(mine)
        while True:
            request = await whole_request(reader)
            mine.append(request.split(b" ", 2)[1])
            writer.write(answer(TASK))
            await writer.drain()

    async with evolink(await serve(service)) as client:
        await client.task("task-unified-1-abcdefgh")
        await client.submit(b"{}", idempotency_key=IDEMPOTENCY)
        await client.task("task-unified-1-abcdefgh")
        await client.submit(b"{}", idempotency_key=IDEMPOTENCY)
    reading, paid = b"/v1/tasks/task-unified-1-abcdefgh", b"/v1/videos/generations"
    assert connections == [[reading, reading], [paid], [paid]]


async def test_an_early_no_to_an_upload_is_heard(serve) -> None:
    async def too_large(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(b'{"success": false, "code": 40001}', "Connection: close", status="413 Too Large"))
        while await reader.read(65536):
            pass

    async with evolink(await serve(too_large)) as client:
        with pytest.raises(TooLarge):
            await client.upload(bytes(400_000), name="a.png", media_type="image/png")


async def test_proxies_of_the_environment_are_not_asked(
    serve, whole_request: WholeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

    async def service(reader: Reader, writer: Writer) -> None:
        await whole_request(reader)
        writer.write(answer(b'{"data": [{"id": "m"}]}'))
        await writer.drain()

    async with evolink(await serve(service)) as client:
        assert await client.models() == ["m"]
