import av
import numpy
import pytest
from PIL import Image

from client.errors import PictureError
from client.order import UPLOAD
from jobs import frames
from jobs.frames import cut, last_frame

RATE = 12


def clip(path, seconds, size=(320, 320), noise=False):
    """Every frame of another grey; the last is white."""
    chance = numpy.random.default_rng(1)
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=RATE, options={"g": "24", "bf": "2", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        count = int(seconds * RATE)
        for number in range(count):
            image = numpy.full((size[1], size[0], 3), 255 if number == count - 1 else number % 120, numpy.uint8)
            if noise:
                image = chance.integers(0, 255, image.shape, numpy.uint8)
            film.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
        film.mux(stream.encode())
    return path


@pytest.mark.parametrize("seconds", [1 / RATE, 0.5, 3, 7.25])
def test_it_is_the_very_last_one(tmp_path, seconds):
    with Image.open(cut(clip(tmp_path / "clip.mp4", seconds), tmp_path)) as image:
        assert image.format == "PNG"
        assert image.size == (320, 320)
        assert min(low for low, _ in image.getextrema()) > 240


def test_a_picture_too_large_without_loss_becomes_a_fine_jpeg(tmp_path, monkeypatch):
    monkeypatch.setattr(frames, "PICTURE_MAX_BYTES", 100_000)
    with Image.open(cut(clip(tmp_path / "clip.mp4", 0.5, noise=True), tmp_path)) as image:
        assert (image.format, image.size) == ("JPEG", (320, 320))


async def test_it_is_kept_like_any_picture(tmp_path, means):
    reference = await last_frame(clip(tmp_path / "clip.mp4", 0.5), means.shelf)
    assert means.shelf.kept(reference.removeprefix(UPLOAD))
    assert await last_frame(tmp_path / "clip.mp4", means.shelf) == reference


@pytest.mark.parametrize("content", [b"", b"no video at all", b"\x00\x00\x00\x18ftypisom the rest"])
async def test_a_file_that_is_no_video_says_so(tmp_path, means, content):
    (tmp_path / "clip.mp4").write_bytes(content)
    with pytest.raises(PictureError) as caught:
        await last_frame(tmp_path / "clip.mp4", means.shelf)
    assert caught.value.code == "picture_damaged"


async def test_a_film_without_pictures_says_so(tmp_path, means):
    with av.open(str(tmp_path / "clip.mp4"), "w") as film:
        stream = film.add_stream("aac", rate=44100)
        sound = av.AudioFrame.from_ndarray(numpy.zeros((1, 1024), numpy.float32), "fltp", "mono")
        sound.sample_rate = 44100
        film.mux(stream.encode(sound))
        film.mux(stream.encode())
    with pytest.raises(PictureError):
        await last_frame(tmp_path / "clip.mp4", means.shelf)
