import re
from dataclasses import replace
from html import escape, unescape
from pathlib import Path

import pytest

from client.errors import PictureError
from client.faults import Remedy, judged
from client.opening import Measured
from ui.languages import NAMES, language
from ui.pictured import Note, refused, written

ENGLISH = language("en")
HOSTILE = "<b onclick='x'>\"&"
GOOD = Measured("JPEG", 1200, 800, 340_000, False, False)
WIDE = Measured("WEBP", 3000, 600, 2_000_000, False, False)


def note(found: Measured, *agreed: Remedy, beside: float | None = None, title: str = "First frame") -> Note:
    made = Note(title, Path("/tmp/gradio/1/a'b.webp"), judged(found, beside), agreed, GOOD)
    return made.showing("data:image/jpeg;base64,AA", "data:image/jpeg;base64,BB") if made.changed else made


def said(made: Note, code: str = "en") -> str:
    return written(made, language(code))


def buttons(markup: str) -> list[tuple[str, str, str]]:
    """Look, path and remedies of each."""
    found = re.findall("<button type='button' class='(\\w+)' data-path='([^']*)' data-remedies='([^']*)'>", markup)
    return [(look, unescape(path), remedies) for look, path, remedies in found]


def test_a_good_picture_is_told_as_it_will_be_sent() -> None:
    told = said(note(GOOD))
    assert "First frame: will be sent as 1200 × 800, JPEG, 340 kB, without camera data and place." in told
    assert buttons(told) == []
    assert "<img" not in told


def test_what_can_be_mended_is_offered_with_one_button_before_and_after() -> None:
    told = said(note(WIDE))
    assert told.count("<p class='wrong'>First frame: ") == 2
    assert re.findall("<figcaption>(.*?)</figcaption>", told) == [
        "As it is: 3000 × 600, WEBP, 2 MB",
        "As it would be sent: 1200 × 800, JPEG, 340 kB",
    ]
    assert re.findall("src='(.*?)'", told) == ["data:image/jpeg;base64,AA", "data:image/jpeg;base64,BB"]
    assert buttons(told) == [("mend", "/tmp/gradio/1/a'b.webp", "convert crop")]
    assert "Make it fit: convert it, crop it" in told


def test_what_was_agreed_already_is_kept_by_the_next_button() -> None:
    (found,) = buttons(said(note(WIDE, "convert")))
    assert found[2] == "convert crop"
    assert said(note(WIDE, "convert")).count("<p class='wrong'>") == 1


def test_what_was_agreed_is_told_and_can_be_taken_back() -> None:
    told = said(note(WIDE, "convert", "crop"))
    assert "converted, cropped" in told
    assert buttons(told) == [("undo", "/tmp/gradio/1/a'b.webp", "")]
    assert "src='data:image/jpeg;base64,BB'" in told


def test_what_only_looks_better_is_advice() -> None:
    told = said(note(GOOD, beside=1.0))
    assert "<p class='advice'>" in told
    assert "class='wrong'" not in told
    assert buttons(told)[0][2] == "match"


def test_a_turned_picture_is_shown_upright_with_nothing_to_undo() -> None:
    told = said(note(replace(GOOD, rotated=True)))
    assert "set upright" in told
    assert "src='data:image/jpeg;base64,BB'" in told
    assert buttons(told) == []


def test_what_nothing_can_help_is_one_sentence() -> None:
    error = PictureError("This picture is damaged and cannot be read.", code="picture_damaged")
    assert refused("Last frame", error, ENGLISH) == (
        "<p class='wrong'>Last frame: This picture is damaged and cannot be read.</p>"
    )


@pytest.mark.parametrize("made", [note(GOOD, title=HOSTILE), note(WIDE, title=HOSTILE)])
def test_titles_and_paths_are_no_markup(made: Note) -> None:
    hostile = replace(made, path=Path(HOSTILE))
    assert HOSTILE not in said(hostile)
    assert escape(HOSTILE) in said(hostile)


def test_a_refusal_is_no_markup() -> None:
    assert HOSTILE not in refused(HOSTILE, PictureError(HOSTILE), ENGLISH)


@pytest.mark.parametrize("code", NAMES)
def test_every_remedy_has_words_in_every_language(code: str) -> None:
    odd = Measured("GIF", 2000, 200, 20_000_000, True, True, moving=True)
    offer, done = note(odd, beside=1.0), note(odd, *judged(odd, 1.0).remedies, beside=1.0)
    assert set(judged(odd, 1.0).remedies) == {"convert", "shrink", "crop", "enlarge", "flatten", "match"}
    assert all(escape(language(code).of("remedy", remedy)) in said(offer, code) for remedy in offer.found.remedies)
    assert all(escape(language(code).of("mended", remedy)) in said(done, code) for remedy in done.agreed)
