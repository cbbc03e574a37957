import struct
from pathlib import Path

import pytest
from PIL import Image

from client import av1, avif
from client.av1 import sequence_sizes
from client.claims import claimed_sizes
from client.kinds import HEAD, kind
from tests.client.drawn import av1_header, avif_around, bombs, box, kinds, of


def claimed(path: Path, content: bytes) -> list[tuple[int, int]]:
    path.write_bytes(content)
    return list(claimed_sizes(path, kind(content[:HEAD]) or "", content[:HEAD]))


def streamed(*contents: bytes) -> list[tuple[int, int]]:
    return list(sequence_sizes(memoryview(content) for content in contents))


@pytest.mark.parametrize(
    "how",
    [{"lossless": True}, {"lossless": False}, {"lossless": False, "exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0"}],
    ids=["lossless", "lossy", "extended"],
)
@pytest.mark.parametrize("size", [(1, 1), (303, 304), (1025, 77)])
def test_a_webp_tells_its_canvas(tmp_path: Path, size: tuple[int, int], how: dict[str, object]) -> None:
    content = of(Image.new("RGB", size), "WEBP", **how)
    assert claimed(tmp_path / "a", content) == [size]


def test_kinds_whose_readers_take_care_claim_nothing_here(tmp_path: Path) -> None:
    assert claimed(tmp_path / "a", kinds()["png"]) == []


@pytest.mark.parametrize("size", [(64, 64), (303, 304), (1025, 77)])
def test_an_avif_tells_the_same_outside_and_inside(tmp_path: Path, size: tuple[int, int]) -> None:
    assert claimed(tmp_path / "a", of(Image.new("RGB", size), "AVIF", speed=10)) == [size, size]


def test_a_transparent_avif_and_a_film_tell_the_size_of_each_stream(tmp_path: Path) -> None:
    assert claimed(tmp_path / "a", of(Image.new("RGBA", (96, 80)), "AVIF", speed=10)).count((96, 80)) >= 3
    film = claimed(tmp_path / "a", kinds()["film"])
    assert set(film) == {(120, 104)}
    assert len(film) >= 2


@pytest.mark.parametrize("inside", [False, True])
def test_a_stream_may_lie_in_the_header_too(tmp_path: Path, inside: bool) -> None:
    content = avif_around(av1_header(5000, 4000), inside=inside)
    assert claimed(tmp_path / "a", content) == [(400, 300), (5000, 4000)]


@pytest.mark.parametrize("timing", [False, True])
def test_a_long_header_is_read_to_its_size(timing: bool) -> None:
    assert streamed(av1_header(5000, 4000, reduced=False, timing=timing)) == [(5000, 4000)]


def test_a_stream_is_read_to_its_end() -> None:
    padding = b"\x7a\x81\x01" + bytes(129)
    extended = b"\x36\0\1\0"
    assert streamed(padding + extended + av1_header(9, 8) + av1_header(700, 600)) == [(9, 8), (700, 600)]
    assert streamed(b"\x3c\0" + av1_header(9, 8), av1_header(7, 6)) == [(7, 6)]


def test_a_header_that_is_cut_off_is_damaged() -> None:
    with pytest.raises(IndexError):
        streamed(av1_header(9, 8)[:-2])


def test_a_number_without_end_is_damaged_or_huge() -> None:
    assert streamed(b"\x7a" + b"\xff" * 8 + b"\x0a") == []
    with pytest.raises(IndexError):
        streamed(b"\x7a\xff")


def test_there_is_an_end_to_the_units_that_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(av1, "MOST_UNITS", 4)
    assert streamed(b"\x12\0" * 2, b"\x12\0" * 2) == []
    with pytest.raises(ValueError, match="units"):
        streamed(b"\x12\0" * 2, b"\x12\0" * 3)


@pytest.mark.parametrize("tick", ["0", "1" + "0" * 32 + "1"], ids=["none", "longer than any number"])
def test_the_tick_of_a_clock_is_passed(tick: str) -> None:
    bits = "00000" + "1" + "0" * 64 + tick + "0" + "0" + "00000" + "0" * 12 + "00000"
    bits += "0011" + "0011" + f"{9:04b}" + f"{7:04b}"
    data = int(bits.ljust(160, "0"), 2).to_bytes(20, "big")
    assert streamed(b"\x0a\x14" + data) == [(10, 8)]


def sizes(content: bytes) -> list[tuple[int, int]]:
    return list(avif.sizes(memoryview(content)))


def place(*items: bytes, version: int = 0) -> bytes:
    """A table of items, each with an offset and a length of four bytes."""
    count = struct.pack(">I" if version == 2 else ">H", len(items))
    return box(b"meta", bytes(4) + box(b"iloc", bytes([version, 0, 0, 0, 0x44, 0]) + count + b"".join(items)))


def test_every_version_of_the_table_is_read() -> None:
    stream = av1_header(700, 600)
    old = stream + place(struct.pack(">HHHII", 1, 0, 1, 0, len(stream)))
    new = stream + place(struct.pack(">IHHHII", 1, 0, 0, 1, 0, len(stream)), version=2)
    for content in (old, new):
        shifted = box(b"free", content[: len(stream)]) + content[len(stream) :]
        moved = shifted.replace(struct.pack(">II", 0, len(stream)), struct.pack(">II", 8, len(stream)))
        assert sizes(moved) == [(700, 600)]


def test_an_item_in_pieces_is_put_together() -> None:
    stream = av1_header(700, 600)
    item = struct.pack(">HHHIIII", 1, 0, 2, 8, 5, 13, len(stream) - 5)
    assert sizes(box(b"free", stream) + place(item)) == [(700, 600)]


def test_an_item_without_a_length_goes_on_to_the_end() -> None:
    table = place(struct.pack(">HHHII", 1, 0, 1, 46, 0))
    assert len(table) == 46 - 8 + 4
    assert sizes(table + box(b"mdat", av1_header(700, 600))[4:]) == [(700, 600)]


def test_the_same_bytes_count_once_but_overlapping_ones_do_not_pass() -> None:
    stream = av1_header(700, 600)
    same = struct.pack(">HHHII", 1, 0, 1, 8, len(stream))
    assert sizes(box(b"free", stream) + place(same, same)) == [(700, 600)]
    overlapping = [struct.pack(">HHHII", 1, 0, 1, 8 + start, 0) for start in range(9)]
    with pytest.raises(ValueError, match="overlap"):
        sizes(box(b"free", b"\0" * 99) + place(*overlapping))


@pytest.mark.parametrize(("name", "form"), [(b"stco", ">I"), (b"co64", ">Q")])
def test_a_track_is_read_from_its_first_chunk(name: bytes, form: str) -> None:
    chunks = box(name, bytes(4) + struct.pack(">I", 1) + struct.pack(form, 8))
    track = box(b"moov", box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", chunks)))))
    assert sizes(box(b"mdat", av1_header(700, 600) + b"\x3c\0") + track) == [(700, 600)]


def test_boxes_may_be_long_or_last_to_the_end() -> None:
    size = box(b"ispe", bytes(4) + struct.pack(">II", 40, 30))
    long = struct.pack(">I", 1) + b"iprp" + struct.pack(">Q", 16 + len(size)) + size
    last = struct.pack(">I", 0) + b"iprp" + size
    assert sizes(long + last) == [(40, 30), (40, 30)]


def test_what_has_no_end_is_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sizes(b"\0\0\0\7iprp" + b"\0" * 20) == []
    with pytest.raises(ValueError, match="table"):
        sizes(place(struct.pack(">HHHII", 1, 0, 9, 0, 0)))
    monkeypatch.setattr(avif, "MOST_PARTS", 4)
    assert sizes(box(b"free") * 4) == []
    with pytest.raises(ValueError, match="boxes"):
        sizes(box(b"free") * 5)
    with pytest.raises(ValueError, match="table"):
        sizes(place(struct.pack(">HHHII", 1, 0, 1, 0, 4)))


def test_every_bomb_of_an_avif_is_seen_before_it_is_opened(tmp_path: Path) -> None:
    assert (25_000, 25_000) in claimed(tmp_path / "a", bombs()["avif"])
    assert (16_000, 16_000) in claimed(tmp_path / "a", bombs()["avif that hides it"])


@pytest.mark.parametrize(
    ("brands", "word"),
    [
        ([b"avif", b"mif1"], "AVIF"),
        ([b"mif1", b"miaf", b"avif"], "AVIF"),
        ([b"mif1", b"heic"], "HEIC"),
        ([b"msf1", b"hevc"], "HEIC"),
        ([b"mif1"], "HEIC"),
        ([b"isom", b"avif"], "video"),
    ],
)
def test_a_container_is_named_by_what_is_in_it(brands: list[bytes], word: str) -> None:
    assert kind(box(b"ftyp", brands[0] + bytes(4) + b"".join(brands))) == word
