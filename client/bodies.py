"""The body of an answer, never more of it than agreed."""

import json
import zlib
from collections.abc import Callable
from typing import Any, Final

import httpx

LIMIT: Final = 1_000_000
"""Bytes of an answer, after unpacking. A page of fifty tasks has about 30,000."""


class UnreadableBody(Exception):
    """Too long, packed in a way that was not asked for, or no JSON."""


async def read_body(response: httpx.Response, limit: int = LIMIT) -> bytes:
    """The unpacked bytes, counted while they come in.

    Raises UnreadableBody, and httpx's errors for a body that is cut off.
    """
    unpack = _unpacker(response.headers.get("content-encoding", "identity"))
    assert isinstance(response.stream, httpx.AsyncByteStream)
    body = bytearray()
    # Not `aiter_bytes`: it unpacks each piece whole before anybody can count.
    async for piece in response.stream:
        body += unpack(piece, limit + 1 - len(body))
        if len(body) > limit:
            raise UnreadableBody("The answer is too long.")
    return bytes(body)


def read_json(body: bytes) -> Any:
    """What the JSON says; NaN and Infinity, which are no JSON, count as null. Raises UnreadableBody."""
    try:
        return json.loads(body, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise UnreadableBody("The answer is no JSON.") from error


class _Packed:
    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def __call__(self, piece: bytes, room: int) -> bytes:
        try:
            return self._inflate.decompress(piece, room)
        except zlib.error as error:
            raise UnreadableBody("The answer cannot be unpacked.") from error


def _plain(piece: bytes, room: int) -> bytes:
    return piece[:room]


def _unpacker(encoding: str) -> Callable[[bytes, int], bytes]:
    match encoding.strip().lower():
        case "identity" | "":
            return _plain
        case "gzip" | "deflate":
            return _Packed()
        case _:
            raise UnreadableBody("The answer is packed in an unknown way.")
