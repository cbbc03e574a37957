import json
import re
from dataclasses import replace
from decimal import Decimal
from html import escape, unescape
from typing import Any

import pytest

from client.mentions import LooseEnd
from client.prices import TABLE
from tests.ui.filled import file, form
from ui.bar import bar, label
from ui.fields import inputs
from ui.languages import NAMES, language
from ui.reckoning import Reckoning, reckon

ENGLISH = language("en")
HOSTILE = "<img src=x onerror=alert(1)>'\"&"


def reckoned(**changes: Any) -> Reckoning:
    return reckon(form(**changes), inputs(), TABLE)


def shown(reckoning: Reckoning, balance: str | None = None, *, code: str = "en", sandbox: bool = False) -> str:
    credits = None if balance is None else Decimal(balance)
    return bar(reckoning, TABLE, credits, language(code), sandbox=sandbox)


def data(markup: str) -> dict[str, Any]:
    """What the page's script reads."""
    found = re.search("data-form='([^']*)'", markup)
    assert found
    told: dict[str, Any] = json.loads(unescape(found[1]))
    return told


def test_the_button_says_the_price() -> None:
    assert label(reckoned(), ENGLISH, sandbox=False) == "Create · about 27 credits"
    assert label(reckoned(), ENGLISH, sandbox=True) == "Create · would cost 27 credits"


def test_the_price_tells_its_day_and_that_the_sandbox_is_free() -> None:
    assert "About 27 credits ($0.40), prices of Oct 10, 2026." in shown(reckoned())
    free = shown(reckoned(), "5", sandbox=True)
    assert "Free in the sandbox. With EvoLink this would cost 27 credits, about $0.40." in free
    assert "balance" not in free


def test_what_is_missing_can_be_gone_to() -> None:
    found = shown(reckoned())
    assert re.findall("data-jump='(.*?)'>(.*?)<", found) == [
        ("image_start", "a picture"),
        ("prompt", "what should happen"),
    ]
    assert "missing" not in shown(reckoned(image_start=file("/a.jpg"), prompt="x"))


@pytest.mark.parametrize(
    ("balance", "told"),
    [
        (None, ""),
        ("27", "<p class='balance'>Balance: 27 credits</p>"),
        ("1000.55", "<p class='balance'>Balance: 1,000.6 credits</p>"),
        (
            "26.9",
            "<p class='balance too-little'>Your balance is 26.9 credits; this video needs about 27 credits.</p>",
        ),
        (
            "0",
            "<p class='balance too-little'>Your balance is 0 credits; this video needs about 27 credits.</p>",
        ),
    ],
)
def test_the_balance_is_said_when_it_is_known(balance: str | None, told: str) -> None:
    found = shown(reckoned(), balance)
    assert "".join(re.findall("<p class='balance.*?</p>", found)) == told


def test_loose_ends_are_said_without_becoming_markup() -> None:
    loose = [
        LooseEnd("mention_without_picture", {"written": HOSTILE}),
        LooseEnd("mention_misspelt", {"written": HOSTILE, "token": "<<<image_1>>>"}),
    ]
    found = shown(replace(reckoned(), loose=loose))
    assert found.count("<p class='loose'>") == 2
    assert found.count(escape(HOSTILE)) == 2
    assert "&lt;&lt;&lt;image_1&gt;&gt;&gt;" in found
    assert HOSTILE not in found


def test_a_text_with_a_mention_does_not_break_out() -> None:
    found = shown(reckoned(prompt="To <<<image_9>>>' data-x='"))
    assert "<<<" not in found
    assert "data-x='" not in found


def test_the_script_hears_what_each_other_choice_costs() -> None:
    notes = data(shown(reckoned()))["notes"]
    assert notes["duration"]["6"] == "+5.4"
    assert notes["duration"]["4"] == "−5.4"
    assert notes["quality"] == {"1080p": "+9", "4k": "+108"}
    assert "5" not in notes["duration"]


def test_a_choice_that_changes_nothing_bears_no_note() -> None:
    assert "off" not in data(shown(reckoned(quality="4k", sound="on")))["notes"]["sound"]


def test_the_script_hears_what_is_closed_and_why() -> None:
    assert data(shown(reckoned()))["closed"] == {"image_end": ENGLISH.of("closed", "needs_start")}
    assert data(shown(reckoned(image_start=file("/a.jpg"))))["closed"] == {}


def test_without_a_first_frame_its_shape_cannot_be_kept() -> None:
    assert data(shown(reckoned()))["labels"] == {"aspect_ratio": {"": "EvoLink chooses"}}
    assert data(shown(reckoned(image_start=file("/a.jpg", url="/f"))))["labels"] == {}


@pytest.mark.parametrize("code", NAMES)
def test_it_speaks_every_language(code: str) -> None:
    too_little = reckoned(prompt="<<<element_7>>> and @image2")
    found = shown(too_little, "1", code=code)
    assert {"missing", "loose", "price"} <= set(re.findall("<p class='(\\w+)'", found))
    assert language(code).of("missing", "picture") in unescape(found)
    assert data(found)["closed"]["image_end"] == language(code).of("closed", "needs_start")
