"""The caption: there, legible, still, and nowhere else."""

import numpy as np
import pytest

from sandbox.captions import Caption
from sandbox.planes import Bytes, blank, parts

SIZE = (1280, 720)


@pytest.mark.parametrize("ground", [235, 126, 16])
def test_white_words_on_a_dark_pill_at_the_bottom_left(ground: int) -> None:
    rows, columns = _touched(_captioned("A boat drifts", ground=ground), ground)
    assert rows.min() > 640
    assert rows.max() < 720 - 24
    assert 24 < columns.min() < 48
    assert columns.max() < 640
    luma = parts(_captioned("A boat drifts", ground=ground))[0]
    box = luma[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    shade, words = int(np.median(box)), int(np.percentile(box, 99))
    assert shade <= 120
    assert words - shade > 75


def test_it_touches_nothing_else() -> None:
    luma, chroma = parts(_captioned("A boat drifts", ground=126))
    rows, columns = np.nonzero(luma != 126)
    assert rows.max() - rows.min() < 48
    assert (chroma[: rows.min() // 2 - 1] == 90).all()
    assert (chroma[:, columns.max() // 2 + 2 :] == 90).all()


def test_it_takes_the_colour_out_under_it_only() -> None:
    _, chroma = parts(_captioned("A boat drifts", ground=126))
    assert chroma.min() == 90
    assert 90 < chroma.max() <= 128


def test_a_longer_prompt_is_cut_at_a_word() -> None:
    short, long = (_width(prompt) for prompt in ("A boat", "A boat drifts " + "slowly along the river " * 20))
    assert short < long <= 0.62 * 1280


def test_without_letters_for_a_prompt_only_the_label_is_shown() -> None:
    label = _width("")
    assert _width("\U0010fffd\U0010fffc") == label
    assert _width("A boat") > label + 40


def test_it_says_what_the_film_is_and_then_the_words() -> None:
    sandbox, rehearsal = (_captioned("A boat", label=label) for label in ("sandbox preview", "rehearsal"))
    assert (sandbox != rehearsal).any()
    assert _width("A boat") > int(np.ptp(_touched(rehearsal, 126)[1]))


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (360, 360)])
def test_in_a_small_frame_it_can_still_be_read(size: tuple[int, int]) -> None:
    label, both = (_touched(_captioned(words, size, label="rehearsal"), 126) for words in ("", "The boat drifts"))
    assert np.ptp(label[0]) > 20
    assert np.ptp(both[1]) > np.ptp(label[1]) + 60
    assert both[1].max() < size[0] * 0.75


@pytest.mark.parametrize("size", [(320, 180), (720, 1280), (720, 720), (3840, 2160), (1640, 4096)])
def test_it_fits_every_frame(size: tuple[int, int]) -> None:
    rows, columns = _touched(_captioned("The quick brown fox jumps over the lazy dog again", size), 126)
    assert columns.max() < size[0] * 0.75
    assert rows.min() > size[1] * 0.8


def _captioned(prompt: str, size: tuple[int, int] = SIZE, ground: int = 126, label: str = "sandbox preview") -> Bytes:
    frame = blank(size)
    luma, chroma = parts(frame)
    luma[:], chroma[:] = ground, 90
    Caption(prompt, size, label).draw(frame)
    return frame


def _touched(frame: Bytes, ground: int) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.nonzero(parts(frame)[0] != ground)
    return rows, columns


def _width(prompt: str) -> int:
    _, columns = _touched(_captioned(prompt), 126)
    return int(columns.max() - columns.min())
