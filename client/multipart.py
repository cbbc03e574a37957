"""A file on its way up, piece by piece."""

import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import anyio

PIECE: Final = 256 * 1024


class Multipart:
    """One file as a multipart form. Can be read again for another try; holds one piece in memory at a time.

    Raises OSError when the file cannot be read.
    """

    def __init__(self, source: Path | bytes, *, name: str, media_type: str) -> None:
        boundary = secrets.token_hex(16)
        quoted = re.sub(r'[\x00-\x1f"\\\x7f]', lambda mark: f"%{ord(mark[0]):02X}", name)
        self._source = source
        self._head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file_name"\r\n\r\n{quoted}\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\n'
            f"Content-Type: {media_type}\r\n\r\n"
        ).encode()
        self._foot = f"\r\n--{boundary}--\r\n".encode()
        self.size = len(source) if isinstance(source, bytes) else source.stat().st_size
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(self._head) + self.size + len(self._foot)),
        }

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._head
        if isinstance(self._source, bytes):
            for start in range(0, self.size, PIECE):
                yield self._source[start : start + PIECE]
        else:
            for start in range(0, self.size, PIECE):
                yield await anyio.to_thread.run_sync(_piece, self._source, start)
        yield self._foot


def _piece(source: Path, start: int) -> bytes:
    """Opened for each piece: whoever stops asking in the middle leaves no file open."""
    with source.open("rb", buffering=0) as file:
        file.seek(start)
        return file.read(PIECE)
