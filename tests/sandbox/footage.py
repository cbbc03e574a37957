"""Films made for tests, and what can be read out of them."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from sandbox.film import Film, ShotPlan
from sandbox.render import render

SIZE = (320, 180)


@dataclass
class Footage:
    """A decoded film: every frame as Y, U and V, and what its streams say of themselves."""

    luma: NDArray[np.uint8]
    chroma: NDArray[np.uint8]
    times: list[Fraction]
    video: dict[str, Any]
    sound: NDArray[np.float32] | None
    audio: dict[str, Any]
    metadata: dict[str, str]

    def colour(self, frame: int, across: float = 0.5, down: float = 0.3) -> tuple[int, int, int]:
        """Red, green and blue at a place of a frame, given as shares of its width and height, by the BT.709 formula."""
        height, width = self.luma.shape[1:]
        row, column = int(down * height), int(across * width)
        light = (float(self.luma[frame, row, column]) - 16) / 219
        blue, red = ((float(self.chroma[frame, plane, row // 2, column // 2]) - 128) / 224 for plane in (0, 1))
        rgb = light + 1.5748 * red, light - 0.1873 * blue - 0.4681 * red, light + 1.8556 * blue
        return tuple(round(255 * part) for part in rgb)  # type: ignore[return-value]


def filmed(film: Film, target: Path, size: tuple[int, int] = SIZE) -> Footage:
    """Render a film and decode it again."""
    render(film, target, lambda share: None, size=size)
    return decoded(target)


def decoded(path: Path) -> Footage:
    """Every frame and sample of an MP4."""
    luma, chroma, times = [], [], []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        video = {
            "codec": context.name,
            "format": context.pix_fmt,
            "primaries": context.color_primaries,
            "transfer": context.color_trc,
            "matrix": context.colorspace,
            "range": context.color_range,
            "size": (context.width, context.height),
            "rate": stream.average_rate,
            "seconds": stream.duration * stream.time_base,
            "frames": stream.frames,
        }
        for frame in container.decode(stream):
            rows = frame.to_ndarray()
            height, width = frame.height, frame.width
            luma.append(rows[:height])
            chroma.append(rows[height:].reshape(2, height // 2, width // 2))
            times.append(frame.pts * frame.time_base)
        metadata = dict(container.metadata)
    sound, audio = _heard(path)
    return Footage(np.stack(luma), np.stack(chroma), times, video, sound, audio, metadata)


def _heard(path: Path) -> tuple[NDArray[np.float32] | None, dict[str, Any]]:
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None, {}
        stream = container.streams.audio[0]
        samples = np.concatenate([frame.to_ndarray() for frame in container.decode(stream)], axis=1)
        return samples, {
            "codec": stream.codec_context.name,
            "rate": stream.codec_context.sample_rate,
            "layout": stream.codec_context.layout.name,
            "seconds": stream.duration * stream.time_base,
        }


def plain(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (400, 300)) -> Path:
    """A picture of one colour."""
    Image.new("RGB", size, colour).save(path)
    return path


def scenery(path: Path, seed: int, size: tuple[int, int] = (960, 540)) -> Path:
    """A picture with things in it, different for each seed."""
    chance = np.random.default_rng(seed)
    picture = Image.new("RGB", size, tuple(int(part) for part in chance.integers(60, 200, 3)))
    draw = ImageDraw.Draw(picture)
    for across, down, radius, *colour in chance.integers(0, 256, (60, 6)):
        middle, reach = (across * size[0] // 256, down * size[1] // 256), 8 + radius // 3
        box = (middle[0] - reach, middle[1] - reach, middle[0] + reach, middle[1] + reach)
        draw.ellipse(box, fill=tuple(int(part) for part in colour))
    picture.filter(ImageFilter.GaussianBlur(1.5)).save(path)
    return path


def one_shot(prompt: str, seconds: int = 1, **parts: Any) -> Film:
    """A film of a single shot."""
    return Film(**{"first": None, "last": None, "references": (), **parts}, shots=(ShotPlan(prompt, seconds),))


def likeness(seen: NDArray[np.uint8], expected: NDArray[np.uint8]) -> float:
    """Peak signal to noise in dB, without the part where the caption lies."""
    top = int(seen.shape[0] * 0.8)
    error = seen[:top].astype(float) - expected[:top]
    return float(10 * np.log10(255**2 / (error**2).mean()))
