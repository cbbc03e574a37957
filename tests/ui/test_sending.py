import re
from html import escape, unescape
from typing import Any

import pytest

from client.prices import TABLE
from jobs.desk import Desk
from tests.ui.filled import file, form
from ui.fields import inputs
from ui.form import Form
from ui.languages import NAMES, language
from ui.reckoning import reckon
from ui.refilling import Refilling
from ui.sending import Sending, Service

KEY = "sk-canary-0123456789"
HOSTILE = "</pre><img src=x onerror=alert(1)>'\"&"
ENGLISH = language("en")


@pytest.fixture
async def sending(desk: Desk) -> Sending:
    drawn = Form(inputs(), ENGLISH)
    drawn.draw(inputs())
    return Sending(Service("https://api.evolink.ai", "https://files-api.evolink.ai"), Refilling(desk, drawn))


def spelled(sending: Sending, code: str = "en", **changes: Any) -> str:
    return sending.spell(reckon(form(**changes), inputs(), TABLE), language(code))


def blocks(markup: str) -> dict[str, str]:
    return {
        name: unescape(text) for name, text in re.findall("<pre [^>]*aria-label='(\\w+)'>(.*?)</pre>", markup, re.S)
    }


def filled(sending: Sending, told: list[Any]) -> dict[str, Any]:
    return dict(zip(sending.refilling.form.parts, told[1:], strict=True))


def left_alone(value: Any) -> bool:
    return isinstance(value, dict) and value.get("__type__") == "update" and len(value) == 1


async def test_the_request_is_spelled_in_three_ways(sending: Sending) -> None:
    found = blocks(spelled(sending, prompt="The boat drifts", image_start=file("/tmp/1/boat.jpg", "boat.jpg")))
    assert list(found) == ["JSON", "curl", "Python"]
    assert '"image_start": "upload:boat.jpg"' in found["JSON"]
    assert "https://api.evolink.ai/v1/videos/generations" in found["curl"]
    assert "file=@boat.jpg" in found["curl"]
    compile(found["Python"], "spelled.py", "exec")
    assert all("The boat drifts" in text for text in found.values())


async def test_no_spelling_holds_a_key(sending: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", KEY)
    markup = spelled(sending, prompt="x", image_start=file("/tmp/1/boat.jpg"))
    assert KEY not in markup
    assert "$EVOLINK_API_KEY" in blocks(markup)["curl"]
    assert "os.environ['EVOLINK_API_KEY']" in blocks(markup)["Python"]


async def test_what_people_wrote_is_no_markup(sending: Sending) -> None:
    markup = spelled(sending, prompt=HOSTILE, image_start=file("/tmp/1/a.jpg", HOSTILE))
    assert "<img" not in markup
    assert markup.count("<pre ") == markup.count("</pre>") == 3
    assert HOSTILE.replace('"', '\\"') in blocks(markup)["JSON"]


@pytest.mark.parametrize("code", NAMES)
async def test_each_spelling_can_be_copied_in_every_language(sending: Sending, code: str) -> None:
    markup = unescape(spelled(sending, code))
    assert markup.count(f"data-copied='{language(code).say('sending.copied')}'") == 3
    assert all(language(code).say("sending.copy", name=name) in markup for name in ("JSON", "curl", "Python"))


async def test_a_pasted_request_fills_the_form(sending: Sending) -> None:
    told = await sending.pasted("en", '{"prompt": "Rain", "duration": 7, "sound": "on", "image_urls": []}')
    assert told[0] == f"<p class='sent'>{ENGLISH.say('sending.filled')}</p>"
    found = filled(sending, told)
    assert (found["prompt"], found["duration"], found["sound"], found["quality"]) == ("Rain", 7, "on", "720p")


async def test_pictures_that_are_not_here_leave_those_of_the_form(sending: Sending) -> None:
    body = '{"prompt": "x", "image_start": "upload:boat.jpg", "image_urls": ["upload:a.png"]}'
    found = filled(sending, await sending.pasted("en", body))
    assert left_alone(found["image_start"])
    assert left_alone(found["image_urls"])
    assert found["prompt"] == "x"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "This is not JSON."),
        (None, "This is not JSON."),
        ("Buy milk.", "This is not JSON."),
        ("[]", "A request begins with {"),
        ("[" * 100_000, "64 KB"),
        ('{"model": "kling-v3"}', "This is for another model."),
        ('{"prompt": ""}', "prompt: Say in a few words what should happen."),
        ('{"prompt": "x", "duration": 99}', "duration: At most 15."),
        ('{"prompt": "x", "camera": 1}', "camera: There is no such field."),
        ('{"prompt": "x", "image_start": "http://x.org/a.png"}', "image_start: The address must begin with https://."),
    ],
)
async def test_what_is_no_request_is_one_sentence_and_changes_nothing(
    sending: Sending, text: Any, sentence: str
) -> None:
    told = await sending.pasted("en", text)
    assert told[0].startswith("<p class='wrong' role='alert'>")
    assert sentence in unescape(told[0])
    assert all(left_alone(value) for value in filled(sending, told).values())


async def test_the_name_of_a_field_that_there_is_not_is_no_markup(sending: Sending) -> None:
    told = await sending.pasted("en", '{"prompt": "x", "<img src=x>": 1}')
    assert "<img" not in told[0]
    assert escape("<img src=x>") in told[0]


async def test_a_refusal_speaks_the_language_of_the_page(sending: Sending) -> None:
    german = await sending.pasted("de", "Milch kaufen")
    assert "This is not JSON" not in german[0]
