"""A small real clip, and what it becomes at home."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

from client.schema import VideoRequest
from jobs.labels import write_label

SECONDS = 5


@cache
def film() -> bytes:
    """Noise, so that it is not too small to be cut in half: 5 seconds, the default length of a video."""
    chance = np.random.default_rng(7)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=4, options={"crf": "30"})
            stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
            for _ in range(4 * SECONDS):
                picture = chance.integers(0, 255, (96, 160, 3), dtype=np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
            container.mux(stream.encode())
        return path.read_bytes()


def labelled(clip: bytes, request: VideoRequest) -> bytes:
    """The clip as it lies on our shelf once it is whole."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        path.write_bytes(clip)
        write_label(path, request)
        return path.read_bytes()


@cache
def film_by(artist: str) -> bytes:
    """The same clip under the name of somebody, so that one can be told from another."""
    with TemporaryDirectory() as folder:
        source, target = Path(folder) / "film.mp4", Path(folder) / "signed.mp4"
        source.write_bytes(film())
        with av.open(str(source)) as before, av.open(str(target), "w") as after:
            after.metadata["artist"] = artist
            stream = after.add_stream_from_template(before.streams.video[0])
            for packet in before.demux():
                if packet.dts is not None:
                    packet.stream = stream
                    after.mux(packet)
        return target.read_bytes()
