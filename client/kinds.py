"""What kind of file somebody chose, told from its first bytes and not from its name."""

from typing import Final

HEAD: Final = 64
"""Bytes that `kind` wants to see."""

_BEGINNINGS: Final = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"%PDF": "PDF",
    b"PK\x03\x04": "ZIP archive",
    b"\x1aE\xdf\xa3": "video",
    b"8BPS": "Photoshop file",
}
_FAMILIES: Final = {
    b"avif": "AVIF",
    b"avis": "AVIF",
    b"heic": "HEIC",
    b"heix": "HEIC",
    b"hevc": "HEIC",
    b"heim": "HEIC",
    b"heis": "HEIC",
}
_CONTAINERS: Final = (b"mif1", b"msf1")
"""Say only that there are pictures inside; what kind, the brands after them tell."""


def kind(head: bytes) -> str | None:
    """A word for it, such as `PNG`, `HEIC`, `SVG`, `text file` or `video`; None when it cannot be told."""
    for beginning, word in _BEGINNINGS.items():
        if head.startswith(beginning):
            return word
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        return _family(head)
    return _text(head)


def _family(head: bytes) -> str:
    major = head[8:12]
    if major not in _CONTAINERS:
        return _FAMILIES.get(major, "video")
    brands = (head[place : place + 4] for place in range(16, int.from_bytes(head[:4], "big"), 4))
    return next((_FAMILIES[brand] for brand in brands if brand in _FAMILIES), "HEIC")


def _text(head: bytes) -> str | None:
    try:
        # A character may be cut at the end of what was read.
        words = head.decode() if len(head) < HEAD else head.decode(errors="ignore")
    except UnicodeDecodeError:
        return None
    if any(ord(mark) < 32 and not mark.isspace() for mark in words) or len(words.encode()) < len(head) - 3:
        return None
    return "SVG" if words.lstrip("\ufeff \t\r\n").lower().startswith("<svg") else "text file"
