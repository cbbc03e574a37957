"""The table: what is published, what each other choice would cost, and a table of one's own."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from client.elements import ElementRequest
from client.errors import SettingError
from client.prices import TABLE, Choice, PriceTable, differences, load
from client.schema import VideoRequest

PICTURE = "https://cdn.example.org/a.png"


@pytest.mark.parametrize(
    ("quality", "sound", "three", "five", "ten", "fifteen"),
    [
        ("720p", "off", "16.2", "27", "54", "81"),
        ("720p", "on", "21.6108", "36.018", "72.036", "108.054"),
        ("1080p", "off", "21.6108", "36.018", "72.036", "108.054"),
        ("1080p", "on", "27.0054", "45.009", "90.018", "135.027"),
        ("4k", "off", "81", "135", "270", "405"),
        ("4k", "on", "81", "135", "270", "405"),
    ],
)
def test_the_published_prices(quality: str, sound: str, three: str, five: str, ten: str, fifteen: str) -> None:
    for seconds, expected in ((3, three), (5, five), (10, ten), (15, fifteen)):
        request = VideoRequest.model_validate(
            {"image_start": PICTURE, "prompt": "x", "duration": seconds, "quality": quality, "sound": sound}
        )
        assert TABLE.credits(request) == Decimal(expected)


def test_an_element_costs_a_credit() -> None:
    views = {"frontal_image": PICTURE, "refer_images": [{"image_url": PICTURE}]}
    params = {"element_name": "Mia", "element_description": "A girl", "element_image_list": views}
    assert TABLE.credits(ElementRequest.model_validate({"model_params": params})) == 1


def test_the_least_is_charged_and_halves_go_up() -> None:
    table = TABLE.model_copy(update={"units_per_second": Decimal("0.5"), "least_units": Decimal(2)})
    assert table.credits(Choice(3, "720p", "off")) == Decimal("0.0002")
    assert table.credits(Choice(5, "720p", "off")) == Decimal("0.0003")


def test_five_seconds_are_about_forty_cents() -> None:
    assert TABLE.dollars(Decimal(27)) == Decimal("0.40")
    assert TABLE.dollars(Decimal("1.02")) == Decimal("0.02")


def test_the_table_says_when_and_where_it_was_published() -> None:
    assert (TABLE.dated, TABLE.source) == (date(2026, 10, 10), "EvoLink's public price list")


def test_what_each_other_choice_would_cost_more_or_less() -> None:
    incomplete = SimpleNamespace(duration=5, quality="1080p", sound="off", prompt="")
    found = differences(incomplete, TABLE)
    assert found["quality"] == {"720p": Decimal("-9.018"), "4k": Decimal("98.982")}
    assert found["sound"] == {"on": Decimal("8.991")}
    assert list(found["duration"]) == [3, 4, *range(6, 16)]
    assert (found["duration"][3], found["duration"][6]) == (Decimal("-14.4072"), Decimal("7.2036"))


def test_sound_is_free_where_it_is_free() -> None:
    assert differences(Choice(5, "4k", "off"), TABLE)["sound"] == {"on": 0}


def written(path: Path, **changes: Any) -> Path:
    table = TABLE.model_dump(mode="json") | changes
    path.write_text(json.dumps({name: value for name, value in table.items() if value is not None}))
    return path


def test_a_table_is_read_back_as_it_was_dumped(tmp_path: Path) -> None:
    assert load(written(tmp_path / "prices.json")) == TABLE


def test_the_documented_example_is_a_table(tmp_path: Path) -> None:
    described = load.__doc__ or ""
    path = tmp_path / "prices.json"
    path.write_text(described[described.index("{") : described.rindex("}") + 1])
    table = load(path)
    assert (table.source, table.credits(Choice(5, "720p", "off"))) == ("Our contract with EvoLink", 25)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dated": "soon"}, "dated: "),
        ({"dated": None}, "dated: This is missing."),
        ({"source": ""}, "source: This is missing."),
        ({"units_per_second": 0}, "units_per_second: At least"),
        ({"least_units": "1e12"}, "least_units: "),
        ({"element_units": "NaN"}, "element_units: "),
        ({"credits_per_dollar": "many"}, "credits_per_dollar: "),
        ({"factors": {"720p,off": 1}}, "factors: One number is needed for each of 1080p,off, "),
        ({"factors": {"720p": 1}}, "factors: "),
        ({"factors": []}, "factors: "),
        ({"model": "kling-v3-image-to-video"}, "model: Choose one of"),
        ({"factor": 1}, "factor: There is no such field."),
    ],
)
def test_a_wrong_table_is_refused_in_a_sentence(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    path = written(tmp_path / "prices.json", **changes)
    with pytest.raises(SettingError) as refused:
        load(path)
    assert str(refused.value).startswith(f"The price file {path} will not do. {words}")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null"])
def test_what_is_no_table_at_all_is_refused_too(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "prices.json"
    path.write_bytes(content)
    with pytest.raises(SettingError, match="will not do"):
        load(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(SettingError, match="cannot be read"):
            load(path)


def test_nothing_changes_a_table() -> None:
    with pytest.raises(ValueError, match="frozen"):
        TABLE.source = "elsewhere"  # type: ignore[misc]
    assert PriceTable.model_validate(TABLE.model_dump()) == TABLE
