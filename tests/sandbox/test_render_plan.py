"""From a request to a film and its scenes."""

from pathlib import Path

import pytest
from PIL import Image

from client.schema import VideoRequest
from sandbox.errors import RenderError
from sandbox.film import Film, ShotPlan, called, plan, size_of
from sandbox.scenes import scenes
from tests.sandbox.footage import one_shot, plain

START, END, MARKET = "https://example.com/start.png", "https://example.com/end.png", "https://example.com/market.png"
FILES = {START: Path("start.png"), END: Path("end.png"), MARKET: Path("market.png")}
A, B, C = Path("a.png"), Path("b.png"), Path("c.png")


def test_a_single_prompt_is_one_shot() -> None:
    request = VideoRequest(image_start=START, image_end=END, prompt="a boat", duration=7, quality="1080p", sound="on")
    film = plan(request, FILES)
    assert film == Film(FILES[START], FILES[END], (), (ShotPlan("a boat", 7),), None, "1080p", True)
    assert film.frames == 168


def test_a_storyboard_is_a_shot_for_each_entry_in_its_order() -> None:
    request = VideoRequest.model_validate(
        {
            "image_urls": [MARKET, START],
            "duration": 9,
            "aspect_ratio": "9:16",
            "model_params": {
                "multi_shot": True,
                "shot_type": "customize",
                "multi_prompt": [
                    {"index": 2, "prompt": "then", "duration": "5"},
                    {"index": 1, "prompt": "first", "duration": "4"},
                ],
            },
        }
    )
    film = plan(request, FILES)
    assert film.shots == (ShotPlan("first", 4), ShotPlan("then", 5))
    assert film.references == (FILES[MARKET], FILES[START])
    assert film.aspect_ratio == "9:16"
    assert not film.sound


@pytest.mark.parametrize(
    ("ratio", "quality", "size"),
    [
        (16 / 9, "720p", (1280, 720)),
        (16 / 9, "1080p", (1920, 1080)),
        (16 / 9, "4k", (3840, 2160)),
        (9 / 16, "720p", (720, 1280)),
        (9 / 16, "1080p", (1080, 1920)),
        (9 / 16, "4k", (2160, 3840)),
        (1, "720p", (720, 720)),
        (1, "1080p", (1080, 1080)),
        (1, "4k", (2160, 2160)),
        (3 / 2, "720p", (1080, 720)),
        (2 / 3, "1080p", (1080, 1620)),
        (10, "720p", (1800, 720)),
        (0.01, "720p", (720, 1800)),
        (2.5, "4k", (4096, 1640)),
    ],
)
def test_the_short_side_is_the_quality_s(ratio: float, quality: str, size: tuple[int, int]) -> None:
    assert size_of(ratio, quality) == size  # type: ignore[arg-type]


@pytest.mark.parametrize("quality", ["720p", "1080p", "4k"])
def test_every_shape_gives_sides_that_can_be_encoded(quality: str) -> None:
    for step in range(1, 400):
        ratio = step / 100
        width, height = size_of(ratio, quality)  # type: ignore[arg-type]
        assert width % 4 == height % 4 == 0
        assert max(width, height) <= 4096
        assert width / height == pytest.approx(min(max(ratio, 0.4), 2.5), rel=0.01)


def test_without_a_shape_the_first_picture_gives_it(tmp_path: Path) -> None:
    wide, tall = (
        plain(tmp_path / "wide.png", (0, 0, 0), (600, 300)),
        plain(tmp_path / "tall.png", (0, 0, 0), (300, 400)),
    )
    assert one_shot("", first=wide, references=(tall,)).size == (1440, 720)
    assert one_shot("", references=(tall, wide)).size == (720, 960)
    assert one_shot("", first=wide, aspect_ratio="9:16").size == (720, 1280)
    assert one_shot("").size == (1280, 720)


def test_a_picture_held_sideways_counts_as_it_is_seen(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (600, 400)).save(tmp_path / "turned.jpg", exif=exif)
    assert one_shot("", first=tmp_path / "turned.jpg").size == (720, 1080)


def test_a_picture_that_cannot_be_measured_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("not a picture")
    with pytest.raises(RenderError) as failure:
        _ = one_shot("", first=tmp_path / "text.png").size
    assert failure.value.code == "image_processing_error"


def test_pictures_are_called_in_the_order_of_the_words() -> None:
    assert called("<<<image_2>>> meets <<<image_1>>>, then <<<image_2>>> and <<<element_1>>>") == (2, 1)


@pytest.mark.parametrize(
    ("film", "seen"),
    [
        (Film(A, None, (), (ShotPlan("x", 1),)), [[A]]),
        (Film(A, B, (), (ShotPlan("x", 1),)), [[A, B]]),
        (Film(A, None, (B,), (ShotPlan("<<<image_2>>>", 1),)), [[A, B]]),
        (Film(A, None, (B,), (ShotPlan("x", 1), ShotPlan("<<<image_2>>>", 1), ShotPlan("x", 1))), [[A], [B], [A]]),
        (Film(None, None, (B, C), (ShotPlan("x", 1),)), [[B]]),
        (Film(None, None, (B, C), (ShotPlan("<<<image_2>>> and <<<image_1>>>", 1),)), [[C, B]]),
        (Film(None, None, (B,), (ShotPlan("<<<image_4>>> <<<image_0>>>", 1),)), [[B]]),
        (Film(A, B, (), (ShotPlan("x", 1), ShotPlan("y", 2))), [[A], [A, B]]),
        (Film(None, None, (), (ShotPlan("<<<element_1>>>", 1),)), [[None]]),
    ],
)
def test_each_shot_shows_the_pictures_it_calls(film: Film, seen: list[list[Path | None]]) -> None:
    assert [[layer.picture for layer in scene.layers] for scene in scenes(film)] == seen


def test_one_picture_always_covers_the_frame() -> None:
    (scene,) = scenes(Film(A, B, (C,), (ShotPlan("<<<image_2>>>", 6),)))
    shown = [scene.visible(frame) for frame in range(scene.frames)]
    assert [layer.picture for layer in shown[0]] == [A]
    assert [layer.picture for layer in shown[-1]] == [B]
    assert all(layers[0].opacity(frame) == 1 for frame, layers in enumerate(shown))
    assert max(map(len, shown)) == 2
    together = [frame for frame, layers in enumerate(shown) if layers[-1].picture == B]
    assert together[0] >= 4 * 24
