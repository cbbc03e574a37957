from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.mp4 import MOST_BOXES, duration, is_mp4, is_whole


def box(kind: bytes, content: bytes = b"") -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + kind + content


FTYP = box(b"ftyp", b"isom\0\0\2\0isommp41")
VIDEO = FTYP + box(b"moov", bytes(100)) + box(b"mdat", bytes(1000))


def test_the_head_tells() -> None:
    assert is_mp4(VIDEO)
    assert is_mp4(VIDEO[:12])
    assert not is_mp4(VIDEO[:11])
    assert not is_mp4(b"<!doctype html><html>")
    assert not is_mp4(b"")


@pytest.mark.parametrize(
    ("content", "whole"),
    [
        (VIDEO, True),
        (VIDEO[:-1], False),
        (VIDEO[:200], False),
        (VIDEO + b"\0\0\0\1mdat" + (116).to_bytes(8, "big") + bytes(100), True),
        (VIDEO + b"\0\0\0\1mdat" + (117).to_bytes(8, "big") + bytes(100), False),
        (VIDEO + b"\0\0\0\0mdat" + bytes(77), True),
        (VIDEO + b"\0\0\0\7free", False),
        (VIDEO + b"\0\0", True),
    ],
)
def test_whether_it_was_cut(tmp_path: Path, content: bytes, whole: bool) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(content)
    assert is_whole(path) is whole


def header(scale: int, length: int, *, wide: bool = False) -> bytes:
    """An `mvhd` box, in either of the two widths its numbers may have."""
    times, width = (bytes(19), 8) if wide else (bytes(11), 4)
    numbers = scale.to_bytes(4, "big") + length.to_bytes(width, "big")
    return box(b"mvhd", (b"\1" if wide else b"\0") + times + numbers + bytes(80))


def clip(*inside: bytes) -> bytes:
    return FTYP + box(b"mdat", bytes(50)) + box(b"moov", b"".join(inside))


@pytest.mark.parametrize(
    ("content", "seconds"),
    [
        (clip(header(1000, 5042)), 5.042),
        (clip(header(90_000, 1_350_000, wide=True)), 15),
        (clip(header(1, 2**62, wide=True)), 2.0**62),
        (clip(box(b"iods", bytes(9)), header(24, 72)), 3),
        (clip(header(1000, 5000), header(1000, 9000)), 5),
        (FTYP + b"\0\0\0\0moov" + header(600, 3000), 5),
        (FTYP + b"\0\0\0\1moov" + (16 + 108).to_bytes(8, "big") + header(600, 3000), 5),
        (FTYP + (2**31).to_bytes(4, "big") + b"moov" + header(600, 3000), 5),
        (FTYP + b"\0\0\0\1moov" + b"\xff" * 8 + header(600, 3000), 5),
        (clip(header(0, 5000)), 0),
        (clip(header(1000, 0)), 0),
        (clip(header(1000, 2**32 - 1)), 0),
        (clip(header(1000, 2**64 - 1, wide=True)), 0),
    ],
)
def test_how_long_a_film_says_it_lasts(tmp_path: Path, content: bytes, seconds: float) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(content)
    assert duration(path) == seconds


@pytest.mark.parametrize(
    "content",
    [
        b"",
        FTYP,
        FTYP + box(b"mdat", bytes(99)),
        clip(),
        clip(box(b"free", bytes(99))),
        clip(box(b"mvhd", bytes(11))),
        clip(box(b"mvhd", b"\1" + bytes(30))),
        clip(b"\0\0\0\4mvhd", header(1000, 5000)),
        FTYP + b"\0\0\0\1free" + (15).to_bytes(8, "big") + box(b"moov", header(1000, 5000)),
        FTYP + box(b"free", box(b"moov", header(1000, 5000))),
        FTYP + header(1000, 5000),
        FTYP + b"\0\0\0\1mo",
        FTYP + b"\0\0\0\1moov" + b"\xff" * 8 + b"\0\0\0\1free" + b"\xff" * 8,
        b"\0\0\0\x08free" * (MOST_BOXES + 1) + clip(header(1000, 5000)),
    ],
)
def test_a_file_that_holds_no_film(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(content)
    assert duration(path) is None


@pytest.mark.parametrize(
    ("style", "seconds"), [("faststart", 1.5), ("use_metadata_tags", 1.5), ("frag_keyframe+empty_moov", 0)]
)
def test_what_real_writers_say(tmp_path: Path, style: str, seconds: float) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w", format="mp4", options={"movflags": style}) as film:
        stream = film.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(36):
            film.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        film.mux(stream.encode())
    assert duration(path) == pytest.approx(seconds, abs=0.05)
    assert is_whole(path)


GOOD = clip(box(b"free", bytes(5)), header(1000, 5000))
places = st.integers(0, len(GOOD) - 1)


@given(st.lists(st.tuples(places, st.binary(min_size=1, max_size=9)), max_size=5), st.integers(0, len(GOOD)))
def test_no_bytes_break_the_reading(tmp_path_factory: pytest.TempPathFactory, changes: list, end: int) -> None:
    content = bytearray(GOOD)
    for place, other in changes:
        content[place : place + len(other)] = other
    path = tmp_path_factory.getbasetemp() / "mutant.mp4"
    path.write_bytes(content[:end])
    assert is_whole(path) in (True, False)
    seconds = duration(path)
    assert seconds is None or 0 <= seconds < 2.0**65
