"""The bed of sound: gentle, without clicks, the same for the same words."""

import numpy as np
import pytest

from sandbox.film import ShotPlan
from sandbox.sound import bed

SHOTS = (ShotPlan("a boat", 2), ShotPlan("a pier", 3))


@pytest.mark.parametrize("seconds", [1, 3, 15])
def test_it_is_exactly_as_long_as_the_shots(seconds: int) -> None:
    assert bed([ShotPlan("a boat", seconds)]).shape == (2, seconds * 48_000)


def test_it_begins_and_ends_in_silence() -> None:
    sound = bed(SHOTS)
    assert np.abs(sound[:, :96]).max() < 1e-4
    assert np.abs(sound[:, -96:]).max() < 1e-4


def test_it_is_soft_and_never_clicks() -> None:
    sound = bed(SHOTS)
    assert 0.1 < np.abs(sound).max() < 0.2
    steps = np.abs(np.diff(sound, axis=1))
    assert steps.max() < 0.02
    assert steps.max() < 8 * steps[:, 24_000:-24_000].mean()


def test_it_has_no_sharp_tones() -> None:
    spectrum = np.abs(np.fft.rfft(bed(SHOTS)[0])) ** 2
    frequencies = np.fft.rfftfreq(5 * 48_000, 1 / 48_000)
    assert spectrum[frequencies > 3_500].sum() < 1e-4 * spectrum.sum()
    assert spectrum[frequencies < 40].sum() < 1e-2 * spectrum.sum()


def test_left_and_right_differ_a_little() -> None:
    left, right = bed(SHOTS)
    assert np.std(left) == pytest.approx(np.std(right), rel=0.5)
    assert np.abs(left - right).max() > 0.01


def test_the_chord_changes_with_the_shot() -> None:
    left = bed(SHOTS)[0]
    tones = [set(_tones(left[start : start + 48_000])) for start in (24_000, 144_000)]
    assert tones[0] != tones[1]


def test_the_words_choose_it_and_nothing_else() -> None:
    assert np.array_equal(bed(SHOTS), bed(SHOTS))
    assert not np.array_equal(bed(SHOTS), bed((ShotPlan("a boat", 2), ShotPlan("a wood", 3))))


def _tones(sound: np.ndarray) -> list[int]:
    """The three strongest frequencies of a second of sound, in Hz."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(sound.size)))
    return sorted(int(place) for place in np.argsort(spectrum)[-3:])
