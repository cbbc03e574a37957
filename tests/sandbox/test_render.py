"""The film as a player sees it."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sandbox.errors import RenderError
from sandbox.film import Film, ShotPlan
from sandbox.planes import BT709
from sandbox.render import render
from tests.sandbox.footage import SIZE, Footage, filmed, likeness, one_shot, plain, scenery


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("pictures")
    return scenery(folder / "first.png", 1), scenery(folder / "last.jpg", 2)


@pytest.fixture(scope="module")
def journey(pictures: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Footage:
    """Three seconds with sound, from one picture to another."""
    film = one_shot("slow push in", 3, first=pictures[0], last=pictures[1], sound=True)
    return filmed(film, tmp_path_factory.mktemp("film") / "journey.mp4")


def test_it_is_h264_that_browsers_play(journey: Footage) -> None:
    assert journey.video == {
        "codec": "h264",
        "format": "yuv420p",
        "primaries": 1,
        "transfer": 1,
        "matrix": 1,
        "range": 1,
        "size": SIZE,
        "rate": 24,
        "seconds": 3,
        "frames": 72,
    }


def test_every_frame_stands_for_a_24th_of_a_second(journey: Footage) -> None:
    assert journey.times == [Fraction(number, 24) for number in range(72)]


def test_sound_is_aac_in_stereo_and_as_long_as_the_picture(journey: Footage) -> None:
    assert journey.audio == {"codec": "aac", "rate": 48_000, "layout": "stereo", "seconds": 3}
    assert journey.sound is not None
    padding = journey.sound.shape[1] - 3 * 48_000
    assert 0 <= padding < 1024, "AAC comes in blocks of 1024 samples; the track's length says where to stop"
    assert 0.05 < np.abs(journey.sound).max() < 0.5


def test_without_sound_there_is_no_track(pictures: tuple[Path, Path], tmp_path: Path) -> None:
    silent = filmed(one_shot("a boat", first=pictures[0]), tmp_path / "film.mp4")
    assert silent.sound is None
    assert silent.video["seconds"] == 1


def test_it_says_what_it_is(journey: Footage) -> None:
    assert journey.metadata["title"] == journey.metadata["comment"] == "Firstframe sandbox preview"


def test_the_index_comes_before_the_frames(pictures: tuple[Path, Path], tmp_path: Path) -> None:
    render(one_shot("a boat", first=pictures[0]), tmp_path / "film.mp4", lambda share: None, size=SIZE)
    film = (tmp_path / "film.mp4").read_bytes()
    assert 0 < film.index(b"moov") < film.index(b"mdat")


def test_it_begins_with_the_first_picture_and_ends_on_the_last(journey: Footage, pictures: tuple[Path, Path]) -> None:
    first, last = (_luma(picture) for picture in pictures)
    assert likeness(journey.luma[0], first) > 32
    assert likeness(journey.luma[-1], last) > 32
    assert likeness(journey.luma[-1], first) < 20


def test_the_last_picture_comes_in_during_the_final_third(journey: Footage) -> None:
    dark, light = journey.luma[47].astype(float), journey.luma[66].astype(float)
    direction = (light - dark)[:140].ravel()
    share = [
        ((frame - dark)[:140].ravel() @ direction) / (direction @ direction) for frame in journey.luma.astype(float)
    ]
    assert share[47] == pytest.approx(0)
    assert share[57] == pytest.approx(0.5, abs=0.2)
    assert share[69] == pytest.approx(1, abs=0.05)


def test_each_shot_is_cut_in_at_its_own_frame(tmp_path: Path) -> None:
    red, blue = plain(tmp_path / "red.png", (200, 40, 40)), plain(tmp_path / "blue.png", (40, 40, 200))
    shots = (ShotPlan("<<<image_1>>>", 1), ShotPlan("over <<<image_2>>>", 2), ShotPlan("<<<image_1>>> again", 1))
    film = filmed(Film(red, None, (blue,), shots), tmp_path / "film.mp4")
    seen = ["red" if film.colour(frame)[0] > 120 else "blue" for frame in range(96)]
    assert seen == ["red"] * 24 + ["blue"] * 48 + ["red"] * 24


def test_two_pictures_called_in_one_shot_follow_each_other(tmp_path: Path) -> None:
    red, blue = plain(tmp_path / "red.png", (200, 40, 40)), plain(tmp_path / "blue.png", (40, 40, 200))
    film = filmed(one_shot("from <<<image_2>>> to <<<image_1>>>", 2, references=(red, blue)), tmp_path / "film.mp4")
    assert film.colour(0) == pytest.approx((40, 40, 200), abs=6)
    assert film.colour(24) == pytest.approx((120, 40, 120), abs=12)
    assert film.colour(47) == pytest.approx((200, 40, 40), abs=6)


def test_colours_come_back_as_they_went_in(tmp_path: Path) -> None:
    colours = [(230, 30, 30), (30, 200, 60), (30, 60, 220), (240, 220, 40), (20, 180, 190), (255, 255, 255), (0, 0, 0)]
    board = Image.new("RGB", (700, 300))
    for number, colour in enumerate(colours):
        board.paste(colour, (number * 100, 0, number * 100 + 100, 300))
    board.save(tmp_path / "board.png")
    film = filmed(one_shot("slow push in", first=tmp_path / "board.png"), tmp_path / "film.mp4", (700, 300))
    for number, colour in enumerate(colours):
        assert film.colour(0, (number + 0.5) / 7) == pytest.approx(colour, abs=5)


def test_the_caption_stands_still_at_the_bottom_left(tmp_path: Path) -> None:
    film = filmed(one_shot("a boat", first=plain(tmp_path / "grey.png", (150, 150, 150))), tmp_path / "film.mp4")
    dark = film.luma < film.luma[0, 10, 10] - 30
    assert dark[:, 150:, :80].any(axis=(1, 2)).all()
    assert not dark[:, :140].any()
    assert not dark[:, :, 200:].any()
    assert (dark[0] != dark[-1]).mean() < 0.001


def test_without_pictures_there_is_a_quiet_gradient(tmp_path: Path) -> None:
    film = filmed(one_shot("somewhere"), tmp_path / "film.mp4")
    corners = [film.colour(0, across, down) for across in (0.02, 0.98) for down in (0.02, 0.7)]
    assert len(set(corners)) == 4
    assert np.abs(np.diff(film.luma[0, :140].astype(int), axis=1)).max() < 8


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (720, 720), (720, 1800)])
def test_its_shape_and_size_are_the_film_s_own(size: tuple[int, int], tmp_path: Path) -> None:
    picture = plain(tmp_path / "picture.png", (90, 120, 150), (size[0] // 2, size[1] // 2))
    film = one_shot("a boat", first=picture)
    assert film.size == size
    render(film, tmp_path / "film.mp4", lambda share: None)
    footage = filmed(film, tmp_path / "film.mp4", film.size)
    assert footage.video["size"] == size
    assert footage.colour(23) == pytest.approx((90, 120, 150), abs=4)


def test_progress_is_the_share_of_frames_done(pictures: tuple[Path, Path], tmp_path: Path) -> None:
    heard: list[float] = []
    render(one_shot("a boat", first=pictures[0]), tmp_path / "film.mp4", heard.append, size=SIZE)
    assert heard == [pytest.approx(number / 24) for number in range(1, 25)]


def test_the_same_film_is_the_same_file(pictures: tuple[Path, Path], tmp_path: Path) -> None:
    film = one_shot("a boat", first=pictures[0], sound=True)
    one, two = filmed(film, tmp_path / "one.mp4"), filmed(film, tmp_path / "two.mp4")
    assert np.array_equal(one.luma, two.luma)
    assert np.array_equal(one.sound, two.sound)  # type: ignore[arg-type]


def test_a_damaged_picture_is_named_and_leaves_nothing(pictures: tuple[Path, Path], tmp_path: Path) -> None:
    whole = pictures[0].read_bytes()
    damaged = tmp_path / "damaged.png"
    damaged.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RenderError) as failure:
        render(one_shot("a boat", first=damaged), tmp_path / "film.mp4", lambda share: None)
    assert failure.value.code == "image_processing_error"
    assert list(tmp_path.iterdir()) == [damaged]


def test_a_film_stopped_half_way_leaves_nothing(pictures: tuple[Path, Path], tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(share: float) -> None:
        if share > 0.5:
            raise StoppedError

    with pytest.raises(StoppedError):
        render(one_shot("a boat", first=pictures[0]), tmp_path / "film.mp4", stop, size=SIZE)
    assert list(tmp_path.iterdir()) == []


def _luma(picture: Path) -> np.ndarray:
    with Image.open(picture) as opened:
        small = opened.convert("RGB").resize(SIZE, Image.Resampling.LANCZOS)
    return np.asarray(small.convert("RGB", BT709).getchannel(0))
