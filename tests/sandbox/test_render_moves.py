"""The camera: where the words send it, and how steadily it goes."""

import numpy as np
import pytest
from PIL import Image

from bench.steadiness import leaves, trembling
from sandbox.moves import PUSH_IN, Move, Window, extent, move_for, settling, window
from sandbox.planes import Planes, blank, parts

SIZE = (640, 360)
MOVES = [PUSH_IN, Move(closer=-1), Move(right=-1), Move(right=1), Move(down=-1), Move(down=1), Move(1, 0, 1)]


@pytest.mark.parametrize(
    ("prompt", "move"),
    [
        ("A boat on a lake", PUSH_IN),
        ("Slow zoom in on her face", PUSH_IN),
        ("The camera zooms out over the valley", Move(closer=-1)),
        ("pull back to reveal the room", Move(closer=-1)),
        ("Dolly out.", Move(closer=-1)),
        ("Pan left along the wall", Move(right=-1)),
        ("the camera pans slowly to the right", Move(right=1)),
        ("tracking right past the shops", Move(right=1)),
        ("Tilt up to the sky", Move(down=-1)),
        ("the camera tilts gently down", Move(down=1)),
        ("She waits while the camera rises", Move(down=-1)),
        ("crane up, zoom out", Move(0, -1, -1)),
        ("pan left while zooming in", Move(-1, 0, 1)),
        ("zoom out, then zoom in", Move(closer=-1)),
        ("Japan. Left alone at sunrise", PUSH_IN),
        ("He turns right", PUSH_IN),
    ],
)
def test_the_words_choose_the_move(prompt: str, move: Move) -> None:
    assert move_for(prompt) == move


@pytest.mark.parametrize("move", MOVES)
def test_the_camera_never_leaves_the_picture(move: Move) -> None:
    for step in range(101):
        seen = window(move, 0.2, step / 100)
        assert min(seen.left, seen.top) >= -1e-12
        assert max(seen.left, seen.top) + seen.share <= 1 + 1e-12


def test_the_wide_end_is_all_of_the_picture() -> None:
    everything = pytest.approx((0, 0, 1))
    assert _parts(window(PUSH_IN, 0.1, 0)) == everything
    assert _parts(window(Move(closer=-1), 0.1, 1)) == everything
    assert _parts(settling(1)) == everything


def test_a_push_in_gets_closer_and_a_pan_moves_sideways() -> None:
    assert window(PUSH_IN, 0.1, 1).share == pytest.approx(1 / 1.1)
    left = [window(Move(right=-1), 0.1, moment).left for moment in (0, 0.25, 0.5, 0.75, 1)]
    assert left == sorted(left, reverse=True)
    assert left[0] - left[-1] == pytest.approx(1 - 1 / 1.1)


def test_longer_shots_go_further_within_bounds() -> None:
    reaches = [extent(seconds) for seconds in range(1, 16)]
    assert reaches == sorted(reaches)
    assert 0.05 < reaches[0] < reaches[-1] <= 0.2


@pytest.mark.parametrize("move", MOVES)
def test_nothing_trembles(move: Move) -> None:
    picture = leaves((1600, 900))
    windows = [window(move, extent(3), number / 71) for number in range(72)]
    planes = Planes(picture, SIZE, min(seen.share for seen in windows))
    frames = [blank(SIZE) for _ in windows]
    for seen, frame in zip(windows, frames, strict=True):
        planes.look(seen, frame)
    assert np.abs(trembling(picture, windows, [parts(frame)[0] for frame in frames])).max() < 0.03


def test_trembling_is_noticed() -> None:
    """The measure itself: a camera that moves by whole pixels is far over the limit."""
    picture = leaves((1600, 900))
    windows = [window(Move(right=1), extent(3), number / 71) for number in range(72)]
    planes = Planes(picture, SIZE, windows[0].share)
    pixel = windows[0].share / SIZE[0]
    frames = [blank(SIZE) for _ in windows]
    for seen, frame in zip(windows, frames, strict=True):
        planes.look(Window(round(seen.left / pixel) * pixel, seen.top, seen.share), frame)
    assert np.abs(trembling(picture, windows, [parts(frame)[0] for frame in frames])).max() > 0.5


def test_colour_lies_where_players_look_for_it() -> None:
    """The first chroma sample lies half a pixel from the left, the others two pixels apart."""
    size, edge = (64, 32), 33
    board = Image.new("RGB", size, (128, 128, 128))
    board.paste((228, 98, 128), (edge, 0, *size))
    frame = blank(size)
    Planes(board, size, 1).look(Window(0, 0, 1), frame)
    red = parts(frame)[1][8, :, 1].astype(float)
    samples_before_edge = ((red[-3] - red) / (red[-3] - red[2])).sum()
    assert 0.5 + 2 * (samples_before_edge - 0.5) == pytest.approx(edge, abs=0.15)


def _parts(seen: Window) -> tuple[float, float, float]:
    return seen.left, seen.top, seen.share
