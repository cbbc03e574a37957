import asyncio
import hashlib
import stat
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from client.errors import PictureError
from client.schema import VideoRequest
from jobs.desk import Desk
from jobs.engine import LocalEngine
from jobs.shelf import Shelf, media_type
from jobs.states import State
from tests.jobs.fakes import job, purse, rehearsals, request

HOSTILE = ["", ".", "..", "../x.jpg", "a/b", "a\\b", "/etc/passwd", "x\0", "x\n", "é" * 8, "a" * 65, "-" * 65, "%2e%2e"]


def picture(path, size=(640, 480), mode="RGB", colour=(200, 30, 30), **saving):
    Image.new(mode, size, colour).save(path, **saving)
    return path


def film(path, colour=(0, 0, 255), size=(640, 360)):
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.time_base = Fraction(1, 24)
        frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), colour, np.uint8), format="rgb24")
        for number in range(3):
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "data")


@pytest.fixture
def desk(means):
    return Desk(means, LocalEngine(means), rehearsals(means), purse(means))


async def test_a_picture_is_kept_anew_under_the_hash_of_its_content(shelf, tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera"
    source = picture(tmp_path / "../odd name.jpg".replace("../", ""), exif=exif)
    reference = await shelf.keep(source)
    name = reference.removeprefix("upload:")
    kept = shelf.picture(name)
    assert name == f"{hashlib.sha256(kept.read_bytes()).hexdigest()}.jpg"
    assert b"Secret Camera" not in kept.read_bytes()
    assert VideoRequest(prompt="x", image_start=reference).uploads() == [name]
    assert await shelf.keep(source) == reference
    assert [path.name for path in kept.parent.iterdir()] == [name]
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


async def test_only_what_was_kept_is_found(shelf, tmp_path):
    name = (await shelf.keep(picture(tmp_path / "a.png"))).removeprefix("upload:")
    assert shelf.kept(name) == shelf.picture(name)
    assert [shelf.kept(other) for other in ("c" * 64 + ".png", *HOSTILE)] == [None] * (len(HOSTILE) + 1)


async def test_a_picture_that_comes_from_here_loses_nothing_when_it_comes_back(shelf, tmp_path):
    Image.effect_noise((640, 480), 80).convert("RGB").save(tmp_path / "a.jpg")
    reference = await shelf.keep(tmp_path / "a.jpg")
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(shelf.picture(reference.removeprefix("upload:")).read_bytes())
    assert await shelf.keep(copy) == reference
    assert await shelf.keep(copy, ["enlarge"]) != reference


async def test_a_png_stays_one(shelf, tmp_path):
    reference = await shelf.keep(picture(tmp_path / "a.png"))
    assert reference.endswith(".png")
    assert media_type(reference) == "image/png"


async def test_a_picture_is_kept_with_the_remedies_that_were_chosen(shelf, desk, tmp_path):
    source = picture(tmp_path / "a.webp", size=(1000, 200))
    for keeper in (shelf, desk):
        with pytest.raises(PictureError):
            await keeper.keep(source, ["convert", "crop"])
    kept = shelf.picture((await shelf.keep(source, ["convert", "crop", "enlarge"])).removeprefix("upload:"))
    with Image.open(kept) as image:
        assert image.size == (750, 300)
    reference = await desk.keep(source, ["convert", "match", "enlarge"], beside=1.0)
    with Image.open(desk.picture(reference)) as image:
        assert image.size == (300, 300)


async def test_several_at_once(shelf, tmp_path):
    sources = [picture(tmp_path / f"{n}.jpg", colour=(n * 40, 0, 0)) for n in range(5)]
    assert len(set(await asyncio.gather(*map(shelf.keep, sources)))) == 5


async def test_what_evolink_would_not_take_leaves_nothing_behind(shelf, tmp_path):
    with pytest.raises(PictureError):
        await shelf.keep(picture(tmp_path / "small.png", size=(299, 400)))
    assert list((tmp_path / "data" / "pictures").iterdir()) == []


@pytest.mark.parametrize("name", [*HOSTILE, "x.jpg", "a" * 64 + ".gif", "A" * 64 + ".jpg"])
def test_no_name_leads_out_of_the_folder(shelf, name):
    with pytest.raises(ValueError, match="name of ours"):
        shelf.picture(name)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_id_leads_out_of_the_folder(shelf, name):
    for path in (shelf.video_path, shelf.video, shelf.poster_path):
        with pytest.raises(ValueError, match="name of ours"):
            path(name)


def test_a_video_is_there_once_it_is_whole(shelf):
    assert shelf.video("j1") is None
    shelf.video_path("j1").write_bytes(b"mp4")
    assert shelf.video("j1") == shelf.video_path("j1")


async def test_before_the_video_its_first_picture_stands_for_it(desk, tmp_path, means):
    reference = await means.shelf.keep(picture(tmp_path / "a.jpg", size=(1000, 500)))
    waiting = job(request=request(image_start=reference))
    path = await desk.poster(waiting)
    with Image.open(path) as small:
        assert (small.format, small.size) == ("JPEG", (720, 360))
    before = path.stat().st_mtime_ns
    assert await desk.poster(waiting) == path
    assert path.stat().st_mtime_ns == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


async def test_the_first_frame_of_the_video_stands_for_it_afterwards(desk, means):
    done = job(state=State.DONE)
    film(means.shelf.video_path(done.id))
    path = await desk.poster(done)
    assert path.stem == done.id
    with Image.open(path) as frame:
        assert frame.size == (640, 360)
        red, _, blue = frame.getpixel((100, 100))
        assert (red < 40, blue > 200) == (True, True)


async def test_a_video_that_cannot_be_read_falls_back_to_the_picture(desk, means, tmp_path):
    reference = await means.shelf.keep(picture(tmp_path / "a.png", mode="RGBA", colour=(9, 9, 9, 128)))
    done = job(state=State.DONE, request=request(image_start=reference))
    means.shelf.video_path(done.id).write_bytes(b"no film")
    assert (await desk.poster(done)).stem == means.shelf.picture(reference.removeprefix("upload:")).stem


@pytest.mark.parametrize("first", ["https://example.org/p.jpg", "upload:never-kept.jpg", f"upload:{'c' * 64}.png"])
async def test_there_is_no_poster_without_a_picture_of_ours(desk, first):
    assert await desk.poster(job(request=request(image_start=first))) is None


async def test_a_picture_that_cannot_be_read_makes_no_poster(desk):
    assert await desk.poster(job()) is None
