"""The film as a list of scenes: which pictures are seen when, and how the camera moves over them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sandbox.film import FRAME_RATE, Film, ShotPlan, called
from sandbox.moves import Window, ease, extent, move_for, settling, window

LAST_BEGINS, LAST_STANDS = 2 / 3, 11 / 12
"""When the last frame begins to show through, and when nothing else is seen any more: shares of the last shot."""


@dataclass(frozen=True)
class Layer:
    """A picture that comes in over the ones before it, fading from frame `begins` to frame `stands` of its scene.

    `picture` None is a backdrop. `look` gives the window for a frame of the scene.
    """

    picture: Path | None
    begins: float
    stands: float
    look: Callable[[int], Window]

    def opacity(self, frame: int) -> float:
        """From 0 to 1."""
        if frame >= self.stands:
            return 1.0
        return ease((frame - self.begins) / (self.stands - self.begins))


@dataclass(frozen=True)
class Scene:
    """One shot, between two cuts."""

    prompt: str
    frames: int
    layers: tuple[Layer, ...]

    def visible(self, frame: int) -> tuple[Layer, ...]:
        """The layers that are seen, the undermost first; it covers all of the frame."""
        covering = max(index for index, layer in enumerate(self.layers) if layer.opacity(frame) == 1)
        return tuple(layer for layer in self.layers[covering:] if layer.opacity(frame) > 0)


def scenes(film: Film) -> tuple[Scene, ...]:
    """One scene for each shot. The first begins with the first frame, the last one ends on the last frame."""
    return tuple(
        _scene(shot, _cast(film, shot, index == 0), film.last if index == len(film.shots) - 1 else None)
        for index, shot in enumerate(film.shots)
    )


def _cast(film: Film, shot: ShotPlan, opening: bool) -> tuple[Path | None, ...]:
    pictures = film.numbered
    wanted = [pictures[number - 1] for number in called(shot.prompt) if 1 <= number <= len(pictures)]
    if opening and film.first:
        wanted = [film.first, *(picture for picture in wanted if picture != film.first)]
    return tuple(wanted) or pictures[:1] or (None,)


def _scene(shot: ShotPlan, cast: tuple[Path | None, ...], last: Path | None) -> Scene:
    frames = shot.seconds * FRAME_RATE
    end = frames - 1
    move, reach = move_for(shot.prompt), extent(shot.seconds)
    part = frames * (LAST_BEGINS if last else 1) / len(cast)
    follow = partial(_follow, partial(window, move, reach), 0, end)
    layers = [
        Layer(picture, index * part - part / 4 if index else 0, index * part + part / 4 if index else 0, follow)
        for index, picture in enumerate(cast)
    ]
    if last:
        begins = frames * LAST_BEGINS
        layers.append(Layer(last, begins, frames * LAST_STANDS, partial(_follow, settling, begins, end)))
    return Scene(shot.prompt, frames, tuple(layers))


def _follow(path: Callable[[float], Window], begins: float, end: float, frame: int) -> Window:
    return path((frame - begins) / (end - begins))
