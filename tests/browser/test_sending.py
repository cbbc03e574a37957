"""The request can be read, copied, pasted back and made again; the key is nowhere in it."""

import json

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.browser.pages import ENDS, Visit, forgotten
from tests.house import Process
from tests.pictures import GROOT, TOWER

pytestmark = pytest.mark.parametrize("house", ["evolink"], indirect=True)

REQUEST = {
    "prompt": "This one rests",
    "duration": 9,
    "aspect_ratio": "1:1",
    "quality": "1080p",
    "sound": "on",
    "model_params": {
        "multi_shot": True,
        "shot_type": "customize",
        "multi_prompt": [
            {"index": 1, "prompt": "One", "duration": "4"},
            {"index": 2, "prompt": "Two", "duration": "5"},
        ],
        "watermark_info": {"enabled": True},
    },
}


def test_each_spelling_is_copied_to_the_letter_and_the_key_is_nowhere(
    page: Page, house: Process, context: BrowserContext
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    forgotten(page, house)
    heard: list[Request] = []
    page.on("requestfinished", lambda request: heard.append(request))
    visit = Visit(page, house.url)
    visit.choose(GROOT)
    visit.prompt.fill('It\'s "quoted", <b>bold</b> & 100 % 日本')
    visit.open_panel("Advanced")
    for name in ("JSON", "curl", "Python"):
        spelling = page.locator("#spelled details").filter(has=page.locator("summary", has_text=name))
        spelling.locator("summary").click()
        expect(spelling.locator("pre")).to_contain_text("100 % 日本")
        spelling.get_by_role("button", name=f"Copy {name}").click()
        expect(spelling.get_by_role("button", name="Copied")).to_be_visible()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == spelling.locator("pre").text_content()
        assert "groot.jpeg" in copied
        if name == "JSON":
            assert json.loads(copied)["prompt"] == 'It\'s "quoted", <b>bold</b> & 100 % 日本'
        else:
            assert "EVOLINK_API_KEY" in copied

    texts = [page.content(), page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")]
    texts += [request.response().text() for request in heard if request.resource_type in ("document", "fetch", "xhr")]
    texts.append(page.request.get(f"{house.url}/config").text())
    assert len(texts) > 5
    assert [text[:200] for text in texts if house.environment["EVOLINK_API_KEY"] in text] == []


def test_a_pasted_request_fills_the_form(visit: Visit, page: Page) -> None:
    visit.choose(GROOT)
    visit.open_panel("Advanced")
    paste, fill = page.get_by_label("Paste a request (JSON)"), page.get_by_role("button", name="Fill the form with it")
    paste.fill("{'not': 'JSON'}")
    fill.click()
    expect(page.get_by_role("alert")).to_contain_text("This is not JSON.")
    paste.fill(json.dumps(REQUEST | {"duration": 2}))
    fill.click()
    expect(page.get_by_role("alert")).to_contain_text("duration")
    expect(visit.radio("Length", "5 s")).to_be_checked()

    paste.fill(json.dumps(REQUEST))
    fill.click()
    expect(page.locator("#pasted")).to_contain_text("The form is filled.")
    for group, choice in {
        "Told in": "Storyboard",
        "Length": "9 s",
        "Shape": "Square 1:1",
        "Quality": "1080p",
        "Sound": "With sound",
        "Watermark": "On",
    }.items():
        expect(visit.radio(group, choice)).to_be_checked()
    for number, (text, seconds) in enumerate([("One", "4"), ("Two", "5")], start=1):
        expect(visit.shot(number)).to_have_value(text)
        box = page.get_by_role("spinbutton", name=f"Seconds of shot {number}")
        expect(box).to_have_attribute("aria-valuenow", seconds)
    expect(page.locator("#image_start img")).to_be_visible()


def test_another_like_this_is_the_same_request_again(visit: Visit, page: Page, service: Process) -> None:
    visit.choose(GROOT)
    visit.choose(TOWER, "image_urls")
    visit.pick("Told in", "Storyboard")
    visit.pick("Length", "3 s")
    visit.pick("Shape", "Tall 9:16")
    visit.pick("Sound", "With sound")
    visit.shot(1).fill("<<<image_1>>> looks up")
    page.get_by_role("button", name="Add a shot").click()
    visit.shot(2).fill("a wide view of <<<image_2>>>")
    visit.seconds(1, 1)
    visit.press()
    assert visit.wait_for(*ENDS) == "done"
    first = visit.stage.get_attribute("data-job")

    page.reload()
    visit.ready()
    assert visit.wait_for("done")
    expect(page.locator("#image_start img")).to_have_count(0)
    page.locator("#strip").get_by_role("button", name="Another like this: <<<image_1>>> looks up").click()
    expect(visit.shot(1)).to_have_value("<<<image_1>>> looks up")
    expect(visit.shot(2)).to_have_value("a wide view of <<<image_2>>>")
    expect(page.locator("#image_start img").first).to_be_visible()
    expect(page.locator("#image_urls img").first).to_be_visible()
    visit.press()
    page.wait_for_function("first => document.querySelector('#stage [data-job]')?.dataset.job !== first", arg=first)
    assert visit.wait_for(*ENDS) == "done"

    one, other = (row["request"] for row in service.ask("/sandbox/ledger")[-2:])
    assert without_pictures(one) == without_pictures(other)
    assert [page.request.get(address).body() for address in pictures(one)] == [
        page.request.get(address).body() for address in pictures(other)
    ]


def pictures(request: dict[str, object]) -> list[str]:
    return [request["image_start"], *request["image_urls"]]


def without_pictures(request: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in request.items() if name not in ("image_start", "image_urls")}
