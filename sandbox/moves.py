"""How the camera moves: from the words of a prompt to the part of the picture it sees at each moment."""

import math
import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Window:
    """The part of a picture that fills the frame, as shares of its width and height: 0, 0, 1 is all of it."""

    left: float
    top: float
    share: float


@dataclass(frozen=True)
class Move:
    """Where the camera goes: `right` and `down` are -1, 0 or 1; `closer` is 1 (push in), 0 or -1 (pull out)."""

    right: int = 0
    down: int = 0
    closer: int = 0


PUSH_IN: Final = Move(closer=1)

_SIDEWAYS: Final = r"\b(?:pan|track|truck|slid|sweep|camera mov)(?:e|s|es|ing|ning)?\b[^.;!?]{0,24}?\b"
_UPRIGHT: Final = r"\b(?:tilt|crane|pedestal|boom|camera mov|camera look)(?:e|s|es|ing)?\b[^.;!?]{0,24}?\b"
_WORDS: Final = (
    (re.compile(_SIDEWAYS + r"left", re.I), Move(right=-1)),
    (re.compile(_SIDEWAYS + r"right", re.I), Move(right=1)),
    (re.compile(_UPRIGHT + r"up(?:wards?)?\b", re.I), Move(down=-1)),
    (re.compile(r"\b(?:rises?|rising|ascends?|ascending)\b", re.I), Move(down=-1)),
    (re.compile(_UPRIGHT + r"down(?:wards?)?\b", re.I), Move(down=1)),
    (re.compile(r"\b(?:descends?|descending|lowers|lowering)\b", re.I), Move(down=1)),
    (
        re.compile(r"\b(?:zoom|push|doll(?:y|ie)|mov(?:e)?)(?:s|es|ing|ming)?[ -](?:slowly |gently )?in\b", re.I),
        PUSH_IN,
    ),
    (
        re.compile(
            r"\b(?:zoom|pull|doll(?:y|ie)|mov(?:e)?)(?:s|es|ing|ming)?[ -](?:slowly |gently )?(?:out|back|away)\b", re.I
        ),
        Move(closer=-1),
    ),
)


def move_for(prompt: str) -> Move:
    """The camera move that a prompt asks for, the first one named in each direction; a push-in when none is."""
    found = sorted((match.start(), index) for index, (words, _) in enumerate(_WORDS) if (match := words.search(prompt)))
    moves = [_WORDS[index][1] for _, index in found]
    right, down, closer = (
        next((step for move in moves if (step := getattr(move, axis))), 0) for axis in ("right", "down", "closer")
    )
    return Move(right, down, closer) if moves else PUSH_IN


def extent(seconds: float) -> float:
    """How far a gentle move goes in so many seconds, as a share of the frame."""
    return min(0.05 + 0.016 * seconds, 0.2)


def nearest(move: Move, reach: float) -> float:
    """The smallest share of the picture that the move ever shows."""
    return min(window(move, reach, 0).share, window(move, reach, 1).share)


def window(move: Move, reach: float, moment: float) -> Window:
    """What the camera sees at a moment from 0 to 1. Shows all of the picture at the wide end of a push-in or pull-out.

    Sizes change by equal factors in equal times, so that a zoom looks even; starts and stops are eased.
    """
    done = ease(moment)
    aside = 1 if move.right or move.down else 0
    steps = aside + {1: done, 0: 0.0, -1: 1 - done}[move.closer]
    share = (1 + reach) ** -steps
    room = (1 - share) / 2
    return Window(room * (1 + move.right * (2 * done - 1)), room * (1 + move.down * (2 * done - 1)), share)


def settling(moment: float) -> Window:
    """A camera that comes to rest on the whole picture at moment 1."""
    share = 1.04 ** -((1 - min(max(moment, 0.0), 1.0)) ** 2)
    return Window((1 - share) / 2, (1 - share) / 2, share)


def ease(moment: float) -> float:
    """0 to 1 with a soft start and a soft stop."""
    return (1 - math.cos(math.pi * min(max(moment, 0.0), 1.0))) / 2
