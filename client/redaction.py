"""What no log may tell, taken out of texts: the key, secret addresses, and what somebody typed."""

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Final

from pydantic import SecretStr

PIECE: Final = 12
"""Characters of a key, or of a spelling of it, by which it can be recognised."""
MARK: Final = "[key]"

_TOKEN: Final = re.compile(r"(?<![\w-])([\w-]{6})[\w-]{37}(?![\w-])", re.ASCII)
"""32 random bytes as we write them: who somebody is, and where a video is seen. The beginning tells them apart."""
_ADDRESS: Final = re.compile(r"\b(https?://)(?:[^\s/?#'\"<>]*@)?([^\s?#'\"<>]*)[?#][^\s'\"<>]*")
"""What follows the path is often a signature, and what stands before the host is one always."""
_QUOTED: Final = re.compile(r"\binput_value=.*?, input_type=", re.DOTALL)
"""How pydantic shows what it refused."""


class Redaction:
    """Takes them out of any text. Of a key every piece is taken, in each spelling in which it may travel."""

    def __init__(self, key: SecretStr | None = None) -> None:
        whole = key.get_secret_value() if key else ""
        size = min(PIECE, len(whole))
        self._size = size
        self._pieces = frozenset(
            spelling[start : start + size]
            for spelling in _spellings(whole)
            for start in range(len(spelling) - size + 1)
        )

    def __call__(self, text: str) -> str:
        text = _QUOTED.sub("input_value=…, input_type=", self._without_key(text))
        return _TOKEN.sub(r"\1…", _ADDRESS.sub(r"\1\2?…", text))

    def _without_key(self, text: str) -> str:
        if not self._pieces:
            return text
        found = [place for place in range(len(text)) if text[place : place + self._size] in self._pieces]
        told, end = "", 0
        for place in found:
            if place >= end:
                told += text[end:place] + MARK
            end = max(end, place + self._size)
        return told + text[end:]


def _spellings(key: str) -> Iterator[str]:
    """As it is, in hexadecimal, percent-encoded, and in base64 wherever in a longer text it may begin."""
    if not key:
        return
    yield key
    content = key.encode()
    for written in (content.hex(), "".join(f"%{byte:02x}" for byte in content)):
        yield written
        yield written.upper()
    for encode in (b64encode, urlsafe_b64encode):
        for before in range(3):
            # The first and the last letter also hold bits of what stands beside the key.
            yield encode(bytes(before) + content).decode().rstrip("=")[before + 1 if before else 0 : -1]
