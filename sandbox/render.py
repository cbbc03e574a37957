"""Pictures into a film: H.264 with a gentle camera, and a soft bed of sound when asked for."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from sandbox.captions import Caption
from sandbox.film import FRAME_RATE, Film, ShotPlan, plan
from sandbox.mp4 import SAMPLE_RATE, mp4
from sandbox.planes import Bytes, Planes, blank, fine
from sandbox.scenes import Layer, Scene, scenes
from sandbox.sound import bed
from sandbox.stills import backdrop, cut

__all__ = ["Film", "ShotPlan", "frames", "part_of", "plan", "render"]


def render(film: Film, target: Path, progress: Callable[[float], None], *, size: tuple[int, int] | None = None) -> None:
    """Write the film to `target`, under another name until it is whole. `size` overrules the film's own, for a try-out.

    `progress` hears the share of frames done, from above 0 to 1. Raises RenderError for a picture that will not do,
    OSError when the file cannot be written.
    """
    size = size or film.size
    part = part_of(target)
    try:
        with mp4(part, size, FRAME_RATE, film.sound, f"Firstframe {film.label}") as writer:
            music = bed(film.shots) if film.sound else None
            beat = SAMPLE_RATE // FRAME_RATE
            for number, frame in enumerate(frames(film, size)):
                writer.show(frame)
                if music is not None:
                    writer.play(music[:, number * beat : (number + 1) * beat])
                progress((number + 1) / film.frames)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def part_of(target: Path) -> Path:
    """Where the film grows until it is whole."""
    return target.with_name(f"{target.name}.part")


def frames(film: Film, size: tuple[int, int]) -> Iterator[Bytes]:
    """Every frame of the film as NV12, one at a time."""
    for scene in scenes(film):
        yield from _scene_frames(scene, size, film.label)


def _scene_frames(scene: Scene, size: tuple[int, int], label: str) -> Iterator[Bytes]:
    caption = Caption(scene.prompt, size, label)
    ready: dict[Layer, Planes] = {}
    for number in range(scene.frames):
        visible = scene.visible(number)
        ready = {layer: ready.get(layer) or _planes(layer, scene, size) for layer in visible}
        frame = blank(size)
        for layer in visible:
            if layer is visible[0]:
                ready[layer].look(layer.look(number), frame)
            else:
                above = blank(size)
                ready[layer].look(layer.look(number), above)
                _mix(frame, above, layer.opacity(number))
        caption.draw(frame)
        yield frame


def _planes(layer: Layer, scene: Scene, size: tuple[int, int]) -> Planes:
    closest = min(layer.look(0).share, layer.look(scene.frames - 1).share)
    wanted = fine(size, closest)
    picture = cut(layer.picture, size[0] / size[1], wanted) if layer.picture else backdrop(scene.prompt, wanted)
    return Planes(picture, size, closest)


def _mix(frame: Bytes, above: Bytes, opacity: float) -> None:
    """Lay one frame over another, a few rows at a time to stay in the cache."""
    weight = round(opacity * 256)
    for start in range(0, frame.shape[0], 32):
        rows = slice(start, start + 32)
        mixed = np.multiply(frame[rows], np.uint16(256 - weight), dtype=np.uint16)
        mixed += np.multiply(above[rows], np.uint16(weight), dtype=np.uint16)
        mixed += 128
        mixed >>= 8
        np.copyto(frame[rows], mixed, casting="unsafe")
