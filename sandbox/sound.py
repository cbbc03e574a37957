"""A soft bed of sound: slow chords that move with the shots, the same for the same words."""

import random
import zlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sandbox.film import ShotPlan
from sandbox.mp4 import SAMPLE_RATE

CHORD_SECONDS: Final = 4.0
"""About how long a chord stands within a shot."""
LOUDNESS: Final = 0.16
"""The loudest sample; full scale is 1."""
OVERLAP, FADE_IN, FADE_OUT = 0.9, 0.8, 1.4
"""Seconds by which neighbouring chords overlap, and of the fades at the ends."""

# Semitones above the key: open chords that follow each other in any order without a jolt.
_CHORDS: Final = ((-12, 0, 7, 16, 23), (-15, -3, 4, 12, 19), (-19, -7, 5, 12, 16), (-17, -5, 2, 11, 19))
_OVERTONES: Final = ((1, 1.0), (2, 0.22), (3, 0.07))
_KEY: Final = 261.63

Samples = NDArray[np.float32]


def bed(shots: Sequence[ShotPlan]) -> Samples:
    """Two rows (left, right) of samples at 48 kHz, exactly as long as the shots together, silent at both ends."""
    chance = random.Random(zlib.crc32("\n".join(shot.prompt for shot in shots).encode()))
    key = _KEY * 2 ** (chance.randint(-5, 2) / 12)
    turn = chance.randrange(len(_CHORDS))
    sound = np.zeros((2, sum(shot.seconds for shot in shots) * SAMPLE_RATE))
    for number, (begin, end) in enumerate(_stretches(shots)):
        _add_chord(sound, begin, end, key, _CHORDS[(number + turn) % len(_CHORDS)], chance)
    sound *= _slope(sound.shape[1], FADE_IN) * _slope(sound.shape[1], FADE_OUT)[::-1]
    sound *= LOUDNESS / np.abs(sound).max()
    return sound.astype(np.float32)


def _stretches(shots: Sequence[ShotPlan]) -> list[tuple[float, float]]:
    """Begin and end in seconds of each chord: a new one at each cut, and within long shots."""
    stretches, begin = [], 0.0
    for shot in shots:
        count = max(1, round(shot.seconds / CHORD_SECONDS))
        edges = [begin + shot.seconds * index / count for index in range(count + 1)]
        stretches += list(pairwise(edges))
        begin += shot.seconds
    return stretches


def _add_chord(
    sound: NDArray[np.float64], begin: float, end: float, key: float, chord: Sequence[int], chance: random.Random
) -> None:
    first = max(0, round((begin - OVERLAP / 2) * SAMPLE_RATE))
    last = min(sound.shape[1], round((end + OVERLAP / 2) * SAMPLE_RATE))
    time = np.arange(last - first) / SAMPLE_RATE
    shape = _slope(time.size, OVERLAP) * _slope(time.size, OVERLAP)[::-1]
    for place, semitones in enumerate(chord):
        pitch = key * 2 ** (semitones / 12)
        swell = 1 + 0.25 * np.sin(2 * np.pi * (chance.uniform(0.08, 0.2) * time + chance.random()))
        level = shape * swell * (0.8**place) * (0.7 if pitch < 110 else 1.0)
        for side, detune in ((0, -0.35), (1, 0.35)):
            phase = chance.random()
            for overtone, strength in _OVERTONES:
                turns = overtone * ((pitch + detune) * time + phase)
                sound[side, first:last] += level * strength * np.sin(2 * np.pi * turns)


def _slope(count: int, seconds: float) -> NDArray[np.float64]:
    """Rises softly from 0 to 1 within the seconds, then stays."""
    rise = np.minimum(np.arange(count) / (seconds * SAMPLE_RATE), 1)
    return (1 - np.cos(np.pi * rise)) / 2
