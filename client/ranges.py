"""What the headers of a file say about its size, its version, and the part of it that comes."""

import re
from collections.abc import Mapping


def goes_on(headers: Mapping[str, str], size: int, version: str) -> bool:
    """Whether a 206 begins after the first `size` bytes, and is of the same version."""
    return headers.get("content-range", "").startswith(f"bytes {size}-") and headers.get("etag", version) == version


def is_all(headers: Mapping[str, str], size: int) -> bool:
    """Whether a 416 says that there is nothing after the first `size` bytes."""
    return headers.get("content-range", "") == f"bytes */{size}"


def total_size(headers: Mapping[str, str], start: int) -> int | None:
    """Bytes of the whole file of which the answer holds those from `start` on; None when it does not tell."""
    ranged = re.fullmatch(r"bytes \d+-\d+/(\d{1,18})", headers.get("content-range", ""), re.ASCII)
    if start and ranged:
        return int(ranged[1])
    length = headers.get("content-length", "")
    return start + int(length) if re.fullmatch(r"\d{1,18}", length, re.ASCII) else None


def version(headers: Mapping[str, str]) -> str:
    """The ETag, if it is one that tells versions apart byte by byte; otherwise nothing."""
    etag = headers.get("etag", "")
    return etag if etag.startswith('"') and etag.isascii() else ""
