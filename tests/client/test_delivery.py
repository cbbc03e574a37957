import asyncio
import errno
import os
import re
import shutil
from collections import namedtuple
from pathlib import Path

import anyio
import httpx
import pytest

from client import part as part_module
from client.delivery import Delivery, Patience
from client.errors import DeliveryError, DiskFull, LinkExpired, NotAVideo
from client.pinned import PinnedTransport
from client.version import USER_AGENT

LINK = "https://files.evolink.ai/acct/video.mp4"
FTYP = b"\0\0\0\x18ftypisom\0\0\2\0isommp41"
MOOV = b"\0\0\0\x74moov\0\0\0\x6cmvhd" + bytes(12) + (1000).to_bytes(4, "big") + (5000).to_bytes(4, "big") + bytes(80)
VIDEO = FTYP + MOOV + b"\0\x2a\0\0mdat" + bytes(0x2A0000 - 8)
ETAG = '"v1"'


class Pieces(httpx.AsyncByteStream):
    """A body that comes in pieces and may break off."""

    def __init__(self, content: bytes, broken: Exception | None = None) -> None:
        self.content, self.broken = content, broken

    async def __aiter__(self):
        for start in range(0, len(self.content), 65536):
            yield self.content[start : start + 65536]
        if self.broken:
            raise self.broken


class Shelf:
    """A media host with ranges, as good ones are; `breaks` says after how many bytes each answer breaks off."""

    def __init__(self, content: bytes = VIDEO, *, etag: str | None = ETAG, breaks: list[int | None] | None = None):
        self.content, self.etag, self.breaks = content, etag, list(breaks or [])
        self.asked: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        headers = {"etag": self.etag} if self.etag else {}
        wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        start, status = 0, 200
        if wanted and request.headers.get("if-range") == self.etag:
            start, status = int(wanted[1]), 206
            if start >= len(self.content):
                return httpx.Response(416, headers={"content-range": f"bytes */{len(self.content)}"})
            headers["content-range"] = f"bytes {start}-{len(self.content) - 1}/{len(self.content)}"
        content = self.content[start:]
        headers["content-length"] = str(len(content))
        stop = self.breaks.pop(0) if self.breaks else None
        broken = httpx.ReadError("cut") if stop is not None else None
        return httpx.Response(status, headers=headers, stream=Pieces(content[:stop], broken))

    def delivery(self, **settings: object) -> Delivery:
        return Delivery(transport=httpx.MockTransport(self), **settings)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "video.mp4"


def content(target: Path) -> bytes:
    return target.read_bytes()


def exists(target: Path) -> bool:
    return target.exists()


def left(target: Path) -> set[str]:
    return {path.name for path in target.parent.iterdir()}


async def test_a_video_comes_home(target: Path) -> None:
    told: list[tuple[int, int | None]] = []
    shelf = Shelf()
    async with shelf.delivery() as delivery:
        path = await delivery.fetch(LINK, target, progress=lambda size, total: told.append((size, total)))
    assert path == target
    assert content(target) == VIDEO
    assert left(target) == {"video.mp4"}
    [asked] = shelf.asked
    assert "authorization" not in asked.headers
    assert asked.headers["user-agent"] == USER_AGENT
    assert asked.headers["accept-encoding"] == "identity"
    assert told[-1] == (len(VIDEO), len(VIDEO))
    assert len(told) == 3
    assert told == sorted(told)


@pytest.mark.parametrize("stop", [70_000, 1_500_000])
async def test_it_goes_on_where_it_stopped(target: Path, stop: int) -> None:
    shelf = Shelf(breaks=[stop, 100_000])
    for _ in range(2):
        async with shelf.delivery() as delivery:
            with pytest.raises(DeliveryError) as raised:
                await delivery.fetch(LINK, target)
        assert raised.value.code == "delivery_broken"
        assert not exists(target)
    async with shelf.delivery() as delivery:
        await delivery.fetch(LINK, target)
    assert content(target) == VIDEO
    assert [asked.headers.get("range") for asked in shelf.asked] == [
        None,
        f"bytes={stop}-",
        f"bytes={stop + 100_000}-",
    ]
    assert {asked.headers.get("if-range") for asked in shelf.asked} == {None, ETAG}
    assert left(target) == {"video.mp4"}


async def test_another_version_is_begun_anew(target: Path) -> None:
    shelf = Shelf(breaks=[1_500_000])
    async with shelf.delivery() as delivery:
        with pytest.raises(DeliveryError):
            await delivery.fetch(LINK, target)
        shelf.content, shelf.etag = VIDEO[:-100_000] + b"other", '"v2"'
        await delivery.fetch(LINK, target)
    assert content(target) == shelf.content


@pytest.mark.parametrize("etag", [None, 'W/"weak"', "bare"])
async def test_without_a_strong_version_it_is_begun_anew(target: Path, etag: str | None) -> None:
    shelf = Shelf(etag=etag, breaks=[1_500_000])
    async with shelf.delivery() as delivery:
        with pytest.raises(DeliveryError):
            await delivery.fetch(LINK, target)
        await delivery.fetch(LINK, target)
    assert content(target) == VIDEO
    assert "range" not in shelf.asked[1].headers


async def test_a_fresh_link_goes_on_with_the_same_file(target: Path) -> None:
    shelf = Shelf(breaks=[1_500_000])
    async with shelf.delivery() as delivery:
        with pytest.raises(DeliveryError):
            await delivery.fetch(LINK, target)
        await delivery.fetch(LINK + "?signature=new", target)
    assert shelf.asked[1].headers["range"] == "bytes=1500000-"
    assert content(target) == VIDEO


async def test_a_part_that_is_already_whole_only_gets_its_name(target: Path) -> None:
    shelf = Shelf()
    target.with_name("video.mp4.part").write_bytes(VIDEO)
    target.with_name("video.mp4.etag").write_text(ETAG)
    async with shelf.delivery() as delivery:
        await delivery.fetch(LINK, target)
    assert content(target) == VIDEO
    assert len(shelf.asked) == 1


@pytest.mark.parametrize("etag", [ETAG, "\udcff", ""])
async def test_a_part_that_makes_no_sense_is_begun_anew(target: Path, etag: str) -> None:
    shelf = Shelf()
    target.with_name("video.mp4.part").write_bytes(VIDEO + b"too much")
    target.with_name("video.mp4.etag").write_text(etag, errors="surrogateescape")
    async with shelf.delivery() as delivery:
        await delivery.fetch(LINK, target)
    assert content(target) == VIDEO


@pytest.mark.parametrize(
    "headers", [{"content-range": "bytes 5-9/10"}, {"content-range": "bytes 100000-9/10", "etag": '"v2"'}, {}]
)
async def test_a_range_nobody_asked_for_is_not_glued_on(target: Path, headers: dict[str, str]) -> None:
    shelf = Shelf(breaks=[100_000])

    async def odd(request: httpx.Request) -> httpx.Response:
        if "range" in request.headers:
            return httpx.Response(206, headers=headers, content=b"odd")
        return await shelf(request)

    async with Delivery(transport=httpx.MockTransport(odd)) as delivery:
        with pytest.raises(DeliveryError):
            await delivery.fetch(LINK, target)
        await delivery.fetch(LINK, target)
    assert content(target) == VIDEO


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_link_that_died(target: Path, status: int) -> None:
    shelf = Shelf(breaks=[1_500_000])
    async with shelf.delivery() as delivery:
        with pytest.raises(DeliveryError):
            await delivery.fetch(LINK, target)
    dead = Delivery(transport=httpx.MockTransport(lambda request: httpx.Response(status)))
    async with dead:
        with pytest.raises(LinkExpired) as raised:
            await dead.fetch(LINK, target)
    assert raised.value.status == status
    assert target.with_name("video.mp4.part").stat().st_size == 1_500_000


@pytest.mark.parametrize("status", [204, 206, 300, 401, 429, 500, 503])
async def test_other_answers(target: Path, status: int) -> None:
    async with Delivery(transport=httpx.MockTransport(lambda request: httpx.Response(status))) as delivery:
        with pytest.raises(DeliveryError) as raised:
            await delivery.fetch(LINK, target)
    assert type(raised.value) is DeliveryError
    assert raised.value.status == status


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><html>Gone</html>",
        b"",
        b"\0\0\0\x18ftyp",
        b'{"error": 1}' * 99_999,
        FTYP + b"\0\0\0\x10mdat" + bytes(8),
        FTYP + b"\0\0\0\x10moov\0\0\0\x08free",
    ],
)
async def test_what_is_no_video(target: Path, content: bytes) -> None:
    async with Shelf(content).delivery() as delivery:
        with pytest.raises(NotAVideo):
            await delivery.fetch(LINK, target)
    assert left(target) == set()


async def test_a_head_in_small_pieces(target: Path) -> None:
    class Drops(httpx.AsyncByteStream):
        async def __aiter__(self):
            for byte in VIDEO[:200]:
                yield bytes([byte])

    answer = httpx.MockTransport(lambda request: httpx.Response(200, headers={"content-length": "200"}, stream=Drops()))
    async with Delivery(transport=answer) as delivery:
        await delivery.fetch(LINK, target)
    assert content(target) == VIDEO[:200]


async def test_a_cap_on_what_is_announced_and_on_what_comes(target: Path) -> None:
    announced = Shelf()
    async with announced.delivery(limit_bytes=len(VIDEO) - 1) as delivery:
        with pytest.raises(DeliveryError) as raised:
            await delivery.fetch(LINK, target)
    assert raised.value.code == "delivery_too_large"

    async def unannounced(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"transfer-encoding": "chunked"}, stream=Pieces(VIDEO))

    async with Delivery(transport=httpx.MockTransport(unannounced), limit_bytes=len(VIDEO) - 1) as delivery:
        with pytest.raises(DeliveryError) as raised:
            await delivery.fetch(LINK, target)
    assert raised.value.code == "delivery_too_large"
    assert left(target) == set()


async def test_an_end_that_is_marked_needs_no_length(target: Path) -> None:
    async def chunked(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"transfer-encoding": "chunked"}, stream=Pieces(VIDEO[:100_000]))

    async with Delivery(transport=httpx.MockTransport(chunked)) as delivery:
        await delivery.fetch(LINK, target)
    assert content(target) == VIDEO[:100_000]


async def test_speed_is_measured_anew_in_each_window(target: Path) -> None:
    async with Shelf().delivery(patience=Patience(window=0, slowest=1)) as delivery:
        await delivery.fetch(LINK, target)
    assert content(target) == VIDEO


async def test_a_system_that_opens_no_folders(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "O_DIRECTORY")
    async with Shelf().delivery() as delivery:
        await delivery.fetch(LINK, target)
    assert content(target) == VIDEO


async def test_exactly_the_cap(target: Path) -> None:
    async with Shelf().delivery(limit_bytes=len(VIDEO)) as delivery:
        await delivery.fetch(LINK, target)


@pytest.mark.parametrize("size", ["9" * 30, "-1", "x"])
async def test_an_odd_length_counts_as_none(target: Path, size: str) -> None:
    async def odd(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-length": size}, stream=Pieces(VIDEO))

    async with Delivery(transport=httpx.MockTransport(odd)) as delivery:
        await delivery.fetch(LINK, target)
    assert content(target) == VIDEO


async def test_a_packed_video_is_refused(target: Path) -> None:
    async def packed(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Pieces(b"x"))

    async with Delivery(transport=httpx.MockTransport(packed)) as delivery:
        with pytest.raises(DeliveryError) as raised:
            await delivery.fetch(LINK, target)
    assert raised.value.code == "delivery_packed"


@pytest.mark.parametrize("announced", [True, False])
async def test_a_partial_download_that_ends_as_if_it_were_whole_is_noticed(target: Path, announced: bool) -> None:
    async def short(request: httpx.Request) -> httpx.Response:
        headers = {"content-length": str(len(VIDEO))} if announced else {}
        return httpx.Response(200, headers=headers, stream=Pieces(VIDEO[:-9]))

    async with Delivery(transport=httpx.MockTransport(short)) as delivery:
        with pytest.raises(DeliveryError) as raised:
            await delivery.fetch(LINK, target)
    assert raised.value.code == "delivery_cut"
    assert not exists(target)


def redirecting(*steps: str) -> tuple[httpx.MockTransport, list[str]]:
    asked: list[str] = []
    shelf = Shelf()

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        if len(asked) <= len(steps):
            return httpx.Response(302, headers={"location": steps[len(asked) - 1]})
        return await shelf(request)

    return httpx.MockTransport(answer), asked


async def test_three_redirects_are_followed(target: Path) -> None:
    transport, asked = redirecting("/b", "https://cdn.example.org/c", "d?x=1")
    async with Delivery(transport=transport) as delivery:
        await delivery.fetch(LINK, target)
    assert asked == [
        LINK,
        "https://files.evolink.ai/b",
        "https://cdn.example.org/c",
        "https://cdn.example.org/d?x=1",
    ]
    assert content(target) == VIDEO


async def test_a_fourth_redirect_is_not(target: Path) -> None:
    transport, asked = redirecting("/b", "/c", "/d", "/e")
    async with Delivery(transport=transport) as delivery:
        with pytest.raises(DeliveryError) as raised:
            await delivery.fetch(LINK, target)
    assert raised.value.code == "delivery_redirects"
    assert len(asked) == 4


@pytest.mark.parametrize(
    "bad",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/",
        "https://127.0.0.1/",
        "http://files.evolink.ai/video.mp4",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://[::1]/",
        "http://127.0.0.1:7001/video.mp4",
        "https://x:99999999/",
    ],
)
async def test_bad_links_are_refused_at_first_and_on_the_way(target: Path, bad: str) -> None:
    transport, asked = redirecting(bad)
    async with Delivery(transport=transport, allowed_origin="http://127.0.0.1:7000") as delivery:
        for link, times in ((bad, 0), (LINK, 1)):
            with pytest.raises(DeliveryError):
                await delivery.fetch(link, target)
            assert len(asked) == times


async def test_an_unreadable_redirect(target: Path) -> None:
    transport, asked = redirecting("https://[bad")
    async with Delivery(transport=transport) as delivery:
        with pytest.raises(DeliveryError):
            await delivery.fetch(LINK, target)
    assert len(asked) == 1


async def test_a_link_whose_name_leads_inside(target: Path) -> None:
    async def resolver(name: str) -> list[str]:
        return ["169.254.169.254"]

    async with Delivery(transport=PinnedTransport(resolver)) as delivery:
        with pytest.raises(DeliveryError) as raised:
            await delivery.fetch(LINK, target)
    assert raised.value.code == "address_private"


async def serve_video(serve, whole_request, treat) -> str:
    async def service(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await treat(await whole_request(reader), writer)
        await writer.drain()

    return f"http://127.0.0.1:{await serve(service)}"


async def test_the_sandbox_on_this_machine_and_nothing_else_there(serve, whole_request, target: Path) -> None:
    async def treat(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(VIDEO)}\r\n\r\n".encode() + VIDEO)

    own = await serve_video(serve, whole_request, treat)
    other = await serve_video(serve, whole_request, treat)
    async with Delivery(allowed_origin=own) as delivery:
        await delivery.fetch(f"{own}/media/video.mp4", target)
        assert content(target) == VIDEO
        for link in (
            f"{other}/media/video.mp4",
            own.replace("http://", "https://"),
            own.replace("127.0.0.1", "localhost"),
        ):
            with pytest.raises(DeliveryError):
                await delivery.fetch(link, target.with_name("other.mp4"))
    async with Delivery() as delivery:
        with pytest.raises(DeliveryError):
            await delivery.fetch(f"{own}/media/video.mp4", target.with_name("other.mp4"))


HEAD = f"HTTP/1.1 200 OK\r\nContent-Length: {len(VIDEO)}\r\nETag: {ETAG}\r\n\r\n".encode()


async def cut(request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + VIDEO[:500_000])


async def silence(request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + VIDEO[:500_000])
    await writer.drain()
    await asyncio.sleep(30)


async def drip(request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + VIDEO[:50])
    for byte in VIDEO[50:500]:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("treat", "patience", "code", "kept"),
    [
        (cut, Patience(), "delivery_broken", 500_000),
        (silence, Patience(silence=0.5), "delivery_broken", 500_000),
    ],
)
async def test_a_partial_download_of_a_real_connection_is_kept(
    serve, whole_request, target: Path, treat, patience: Patience, code: str, kept: int
) -> None:
    own = await serve_video(serve, whole_request, treat)
    async with Delivery(allowed_origin=own, patience=patience) as delivery:
        with pytest.raises(DeliveryError) as raised:
            await delivery.fetch(f"{own}/video.mp4", target)
    assert raised.value.code == code
    assert not exists(target)
    assert target.with_name("video.mp4.part").stat().st_size >= kept


async def test_a_slow_drip_is_given_up_and_what_came_is_kept(serve, whole_request, target: Path) -> None:
    own = await serve_video(serve, whole_request, drip)
    async with Delivery(allowed_origin=own, patience=Patience(window=0.2)) as delivery:
        with pytest.raises(DeliveryError) as raised:
            await delivery.fetch(f"{own}/video.mp4", target)
    assert raised.value.code == "delivery_slow"
    assert target.with_name("video.mp4.part").stat().st_size >= 50


class MediaHost:
    """A real server that knows ranges. Each connection breaks after as many bytes of the file as `breaks` says."""

    def __init__(self, *breaks: int) -> None:
        self.film, self.etag, self.breaks = VIDEO, ETAG, list(breaks)
        self.asked: list[str | None] = []
        self.given = 0

    async def __call__(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        said = dict(line.split(": ", 1) for line in request.decode().lower().splitlines()[1:] if ": " in line)
        start = int(said["range"][6:-1]) if said.get("if-range") == self.etag else 0
        self.asked.append(said.get("range"))
        end = self.breaks.pop(0) if self.breaks else len(self.film)
        status = f"206 Partial Content\r\nContent-Range: bytes {start}-{len(self.film) - 1}/{len(self.film)}"
        head = f"HTTP/1.1 {status if start else '200 OK'}\r\nContent-Length: {len(self.film) - start}\r\n"
        writer.write(f"{head}ETag: {self.etag}\r\n\r\n".encode() + self.film[start:end])
        self.given += end - start


async def test_a_partial_download_goes_on_by_range_with_a_real_server(serve, whole_request, target: Path) -> None:
    host = MediaHost(700_000, 1_900_000)
    own = await serve_video(serve, whole_request, host)
    for _ in range(2):
        async with Delivery(allowed_origin=own) as delivery:
            with pytest.raises(DeliveryError):
                await delivery.fetch(f"{own}/video.mp4", target)
    async with Delivery(allowed_origin=own) as delivery:
        await delivery.fetch(f"{own}/video.mp4", target)
    assert host.asked == [None, "bytes=700000-", "bytes=1900000-"]
    assert host.given == len(VIDEO)
    assert content(target) == VIDEO
    assert left(target) == {"video.mp4"}


async def test_a_partial_download_of_another_version_is_begun_anew_with_a_real_server(
    serve, whole_request, target: Path
) -> None:
    host = MediaHost(700_000)
    own = await serve_video(serve, whole_request, host)
    async with Delivery(allowed_origin=own) as delivery:
        with pytest.raises(DeliveryError):
            await delivery.fetch(f"{own}/video.mp4", target)
        host.etag, host.film = '"v2"', VIDEO[:-9] + b"otherwise"
        await delivery.fetch(f"{own}/video.mp4", target)
    assert host.asked == [None, "bytes=700000-"]
    assert content(target) == host.film


async def test_a_deadline_for_the_whole_file(serve, whole_request, target: Path) -> None:
    async def steady(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD)
        for start in range(0, len(VIDEO), 10_000):
            writer.write(VIDEO[start : start + 10_000])
            await writer.drain()
            await asyncio.sleep(0.05)

    own = await serve_video(serve, whole_request, steady)
    async with Delivery(allowed_origin=own, patience=Patience(total=0.5)) as delivery:
        with pytest.raises(DeliveryError) as raised:
            await delivery.fetch(f"{own}/video.mp4", target)
    assert raised.value.code == "delivery_broken"


async def test_a_disk_that_is_full_before(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 10, len(VIDEO) - 1))
    async with Shelf().delivery() as delivery:
        with pytest.raises(DiskFull):
            await delivery.fetch(LINK, target)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
async def test_a_disk_that_fills_up_on_the_way(target: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def full(path: Path, pieces: object) -> None:
        raise OSError(number, "no room")

    shelf = Shelf()
    async with shelf.delivery() as delivery:
        with monkeypatch.context() as patched:
            patched.setattr(part_module, "_append", full)
            with pytest.raises(DiskFull):
                await delivery.fetch(LINK, target)
        assert not exists(target)
        await delivery.fetch(LINK, target)
    assert content(target) == VIDEO


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
async def test_a_really_full_device(target: Path) -> None:
    target.with_name("video.mp4.part").symlink_to("/dev/full")
    async with Shelf().delivery() as delivery:
        with pytest.raises(DeliveryError):
            await delivery.fetch(LINK, target)


async def test_a_folder_that_is_not_there(target: Path) -> None:
    async with Shelf().delivery() as delivery:
        with pytest.raises(DeliveryError) as raised:
            await delivery.fetch(LINK, target.parent / "gone" / "video.mp4")
    assert raised.value.code == "disk_refused"


async def test_the_file_is_on_the_disk_before_it_has_its_name(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    real_fsync, real_replace = os.fsync, Path.replace

    def fsync(handle: int) -> None:
        done.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")
        real_fsync(handle)

    def replace(self: Path, other: Path) -> Path:
        done.append("rename")
        return real_replace(self, other)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    async with Shelf().delivery() as delivery:
        await delivery.fetch(LINK, target)
    assert done == ["file", "rename", "folder"]


async def test_a_fetch_that_is_cancelled_leaves_a_part_that_can_be_gone_on_with(target: Path) -> None:
    gate = anyio.Event()

    class Stuck(httpx.AsyncByteStream):
        async def __aiter__(self):
            yield VIDEO[:1_200_000]
            gate.set()
            await asyncio.sleep(60)

    shelf = Shelf()

    async def first_stuck(request: httpx.Request) -> httpx.Response:
        if gate.is_set():
            return await shelf(request)
        headers = {"content-length": str(len(VIDEO)), "etag": ETAG}
        return httpx.Response(200, headers=headers, stream=Stuck())

    async with Delivery(transport=httpx.MockTransport(first_stuck)) as delivery:
        running = asyncio.create_task(delivery.fetch(LINK, target))
        await gate.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await delivery.fetch(LINK, target)
    assert shelf.asked[0].headers["range"] == "bytes=1200000-"
    assert content(target) == VIDEO
