"""What rendering costs over bare encoding, and how steadily the camera moves. `python -m bench.render`

Cost: CPU seconds of this process, x264's threads included, for a film of 5 s at 720p, against x264 alone with the same
settings on the same frames, which already lie in memory. Both run several times in turn; the middle ratio counts. The
softer a picture, the less x264 has to do and the larger the ratio: the two samples are small and soft.

Shake: the second difference of a tracked point, in the frames as the renderer makes them; beside it the same in the
decoded film, where x264's own rounding of movement to quarter pixels is added.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import av
import numpy as np
from PIL import Image

from bench.steadiness import Plane, leaves, trembling
from sandbox.film import FRAME_RATE, Film, ShotPlan
from sandbox.moves import extent, move_for, window
from sandbox.mp4 import mp4
from sandbox.planes import parts
from sandbox.render import frames, render

SECONDS, SIZE, ROUNDS = 5, (1280, 720), 7
SAMPLES = ("tower.jpg", "groot.jpeg")
MOVES = ("slow push in", "pull back", "pan left", "tilt up", "pan right while zooming in")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photograph = folder / "photograph.jpg"
        leaves((2400, 1350)).save(photograph, quality=92)
        _say(f"render over bare x264, {SECONDS} s at 720p, CPU (goal 1.3)")
        for picture in (photograph, *(_sample(name) for name in SAMPLES)):
            bare, whole = cost(picture, folder)
            _say(f"  {picture.name:<28}{whole / bare:6.2f}   {whole / SECONDS:.3f} : {bare / SECONDS:.3f} s a second")
        _say("shake in px, largest and root mean square (goal 0.03); the same after x264")
        for prompt in MOVES:
            made, decoded = shake(photograph, prompt, folder)
            _say(f"  {prompt:<28}{_figures(made)}   {_figures(decoded)}")


def cost(picture: Path, folder: Path) -> tuple[float, float]:
    """CPU seconds of encoding ready frames, and of rendering the film from its picture, of the round in the middle."""
    film = _film(picture, "slow push in")
    ready = list(frames(film, SIZE))

    def encode() -> None:
        with mp4(folder / "bare.mp4", SIZE, FRAME_RATE, sound=False) as writer:
            for frame in ready:
                writer.show(frame)

    rounds = [
        (_cpu(encode), _cpu(lambda: render(film, folder / "film.mp4", lambda share: None))) for _ in range(ROUNDS)
    ]
    return sorted(rounds, key=lambda pair: pair[1] / pair[0])[ROUNDS // 2]


def shake(picture: Path, prompt: str, folder: Path) -> tuple[Plane, Plane]:
    """Second differences of a tracked point, in the frames as made and as decoded."""
    film = _film(picture, prompt)
    render(film, folder / "film.mp4", lambda share: None)
    move, reach, count = move_for(prompt), extent(SECONDS), film.frames
    windows = [window(move, reach, number / (count - 1)) for number in range(count)]
    with Image.open(picture) as opened, av.open(str(folder / "film.mp4")) as decoded:
        return (
            trembling(opened, windows, (parts(frame)[0] for frame in frames(film, SIZE))),
            trembling(
                opened, windows, (frame.to_ndarray()[: SIZE[1]].astype(np.uint8) for frame in decoded.decode(video=0))
            ),
        )


def _film(picture: Path, prompt: str) -> Film:
    return Film(picture, None, (), (ShotPlan(prompt, SECONDS),), aspect_ratio="16:9")


def _sample(name: str) -> Path:
    found = find_spec("gradio")
    assert found
    assert found.origin
    return Path(found.origin).parent / "media_assets" / "images" / name


def _cpu(work: Callable[[], None]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def _figures(steps: Plane) -> str:
    return f"{np.abs(steps).max():7.3f}{np.sqrt((steps**2).mean()):7.3f}"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
