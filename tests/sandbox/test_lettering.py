"""A caption's words: of every prompt what this computer can write, and never an empty box for a letter."""

import struct
from itertools import count
from pathlib import Path

import pytest
from PIL import ImageFont

from sandbox import lettering
from sandbox.lettering import clean, own_font, written

HEIGHT, ROOM = 17, 700
CHINESE = "镜头缓缓推近，光线柔和地变化。"
JAPANESE = "カメラがゆっくりと寄り、光がやわらかく移り変わる。"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer without any font but Pillow's own."""
    monkeypatch.setattr(lettering, "FALLBACKS", ())


@pytest.fixture
def eastern(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A computer with one more, which has Chinese and Japanese letters."""
    path = tmp_path / "eastern.ttf"
    path.write_bytes(_with_letters(CHINESE + JAPANESE))
    monkeypatch.setattr(lettering, "FALLBACKS", ("missing.ttf", str(path)))


def test_references_are_read_as_words() -> None:
    assert clean("<<<image_1>>> meets\n<<<element_2>>> – at  noon…") == "image 1 meets element 2 - at noon..."


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("A boat drifts", "A boat drifts"),
        ("Une fête à Noël, très tôt", "Une fete a Noel, tres tot"),
        ("Große Wörter, Ärger", "Grosse Worter, Arger"),
        ("¿Qué mañana? ¡Sí!", "Que manana? Si!"),
        ("«Œuvre», łódź", '"Oeuvre", lodz'),
    ],
)
def test_letters_and_accents_are_written_without_any_other_font(prompt: str, said: str) -> None:
    text, font = written(prompt, HEIGHT, ROOM)
    assert text == said
    assert font.getname() == own_font(HEIGHT).getname()


@pytest.mark.parametrize("prompt", [CHINESE, JAPANESE])
def test_what_nothing_here_can_write_is_left_out(prompt: str) -> None:
    assert written(prompt, HEIGHT, ROOM)[0] == ""


@pytest.mark.usefixtures("eastern")
@pytest.mark.parametrize("prompt", [CHINESE, JAPANESE, f"{CHINESE} Slowly"])
def test_a_font_that_has_the_letters_is_used(prompt: str) -> None:
    text, font = written(prompt, HEIGHT, ROOM)
    assert text == prompt
    assert font.size != own_font(HEIGHT).size


@pytest.mark.usefixtures("eastern")
@pytest.mark.parametrize("prompt", [CHINESE, JAPANESE])
def test_a_text_without_blanks_is_cut_at_a_letter(prompt: str) -> None:
    text, font = written(prompt * 12, HEIGHT, ROOM)
    assert text.endswith("...")
    assert len(text) > len(prompt)
    assert (prompt * 12).startswith(text.removesuffix("..."))
    assert ROOM - 6 * HEIGHT < font.getlength(text) <= ROOM


@pytest.mark.usefixtures("eastern")
def test_words_among_them_stay_whole() -> None:
    lengths = {written(f"{CHINESE} Slowly {CHINESE}", HEIGHT, room)[0] for room in range(0, ROOM, 2)}
    assert any("Slowly" in text for text in lengths)
    assert not any(text.removesuffix("...").endswith(("S", "Slo", "Slowl")) for text in lengths)


def test_no_mark_stands_before_the_dots() -> None:
    cut = [written("Slowly, gently. Then: a stop", HEIGHT, room)[0] for room in range(0, ROOM, 2)]
    assert "Slowly, gently..." in cut
    assert not any(text.startswith("...") for text in cut)


def _with_letters(letters: str) -> bytes:
    """Pillow's own font, with some of its glyphs standing for these letters as well."""
    font = ImageFont.load_default(size=HEIGHT)
    assert isinstance(font, ImageFont.FreeTypeFont)
    data: bytes = font.font_bytes
    tables = struct.unpack(">H", data[4:6])[0]
    entries = [struct.unpack(">4sLLL", data[12 + 16 * at : 28 + 16 * at]) for at in range(tables)]
    parts = {tag: data[offset : offset + length] for tag, _, offset, length in entries}
    parts[b"cmap"] = _cmap({**{chr(code): code - 29 for code in range(33, 127)}, **dict(zip(letters, count(4)))})
    offset, directory, body = 12 + 16 * tables, data[:12], b""
    for tag, part in parts.items():
        directory += struct.pack(">4sLLL", tag, 0, offset + len(body), len(part))
        body += part + bytes(-len(part) % 4)
    return directory + body


def _cmap(glyphs: dict[str, int]) -> bytes:
    """A table of letters and their glyphs, one group each, in the format 12."""
    groups = b"".join(struct.pack(">LLL", ord(letter), ord(letter), glyph) for letter, glyph in sorted(glyphs.items()))
    table = struct.pack(">HHLLL", 12, 0, 16 + len(groups), 0, len(groups) // 12) + groups
    return struct.pack(">HHHHL", 0, 1, 3, 10, 12) + table
