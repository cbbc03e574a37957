import gzip
import json
import zlib
from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.bodies import UnreadableBody, read_body, read_json


class Pieces(httpx.AsyncByteStream):
    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.read = 0

    async def __aiter__(self):
        for piece in self.pieces:
            self.read += 1
            yield piece


async def body(*pieces: bytes, encoding: str = "identity", limit: int = 1000) -> bytes:
    headers = {"content-encoding": encoding}
    return await read_body(httpx.Response(200, headers=headers, stream=Pieces(*pieces)), limit)


async def test_as_much_as_agreed() -> None:
    assert await body(b"a" * 500, b"b" * 500) == b"a" * 500 + b"b" * 500
    assert await body() == b""


async def test_no_byte_more() -> None:
    with pytest.raises(UnreadableBody):
        await body(b"a" * 500, b"b" * 501)


async def test_reading_ends_as_soon_as_it_is_too_much() -> None:
    pieces = Pieces(*[b"a" * 600] * 1000)
    with pytest.raises(UnreadableBody):
        await read_body(httpx.Response(200, stream=pieces), 1000)
    assert pieces.read == 2


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_a_packed_answer_is_unpacked_and_counted(encoding: str, pack) -> None:
    packed = pack(b'{"a": 1}')
    assert await body(packed[:5], packed[5:], encoding=encoding) == b'{"a": 1}'
    with pytest.raises(UnreadableBody):
        await body(pack(bytes(20_000_000)), encoding=encoding)


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "zstd"])
async def test_other_packings_are_refused(encoding: str) -> None:
    with pytest.raises(UnreadableBody):
        await body(b"", encoding=encoding)


async def test_broken_packing() -> None:
    with pytest.raises(UnreadableBody):
        await body(b"no gzip at all", encoding="gzip")


def test_json() -> None:
    assert read_json(b'{"a": [1, NaN, Infinity]}') == {"a": [1, None, None]}
    assert read_json("\ufeff{}".encode()) == {}
    assert read_json('{"a": 1}'.encode("utf-16")) == {"a": 1}


@pytest.mark.parametrize("text", [b"", b"{", b"{} x", b"[" * 500_000, b"\xff\xfe\xfd", b"9" * 5000])
def test_no_json(text: bytes) -> None:
    with pytest.raises(UnreadableBody):
        read_json(text)


@given(st.binary(max_size=100))
def test_any_bytes(text: bytes) -> None:
    with suppress(UnreadableBody):
        json.dumps(read_json(text), allow_nan=False)
