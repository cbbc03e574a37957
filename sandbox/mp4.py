"""Frames and sound into an MP4 that browsers play while it loads."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from os import cpu_count
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE: Final = 48_000
X264: Final = {"preset": "veryfast", "crf": "23"}
THREADS: Final = min(4, cpu_count() or 1)
BT709, LIMITED = 1, 1
"""The code points of ITU-T H.273 for primaries, transfer and matrix; FFmpeg's number for limited range."""


class Mp4:
    """An MP4 being written: H.264 in yuv420p and BT.709, with AAC in stereo when there is sound."""

    def __init__(self, container: av.container.OutputContainer, size: tuple[int, int], rate: int, sound: bool) -> None:
        self._container = container
        self._picture = container.add_stream("libx264", rate=rate, options=X264)
        self._picture.width, self._picture.height = size
        self._picture.pix_fmt = "nv12"  # the layout x264 works in; what it writes is yuv420p
        context = self._picture.codec_context
        context.thread_count = THREADS
        context.color_primaries = context.color_trc = context.colorspace = BT709
        context.color_range = LIMITED
        self._sound = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo") if sound else None
        self._frames, self._samples, self._rate = 0, 0, rate

    def show(self, frame: NDArray[np.uint8]) -> None:
        """Add a frame as NV12: height * 3 / 2 rows. The array must not change afterwards."""
        picture = av.VideoFrame.from_numpy_buffer(frame, format="nv12")
        picture.pts, picture.time_base = self._frames, Fraction(1, self._rate)
        self._frames += 1
        self._container.mux(self._picture.encode(picture))

    def play(self, samples: NDArray[np.float32]) -> None:
        """Add sound: two rows of samples from -1 to 1."""
        assert self._sound
        sound = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
        sound.sample_rate, sound.pts, sound.time_base = SAMPLE_RATE, self._samples, Fraction(1, SAMPLE_RATE)
        self._samples += samples.shape[1]
        self._container.mux(self._sound.encode(sound))

    def finish(self) -> None:
        """Write what the encoders still hold back."""
        for stream in (self._picture, self._sound):
            if stream:
                self._container.mux(stream.encode(None))


@contextmanager
def mp4(path: Path, size: tuple[int, int], rate: int, sound: bool, title: str = "") -> Iterator[Mp4]:
    """Open an MP4 for writing; its index goes to the front when the block ends."""
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        container.metadata.update(title=title, comment=title)
        film = Mp4(container, size, rate, sound)
        yield film
        film.finish()
