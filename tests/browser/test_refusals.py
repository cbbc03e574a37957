"""Bad input gets one clear sentence beside its field, and nothing that was typed is lost."""

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.pages import Visit
from tests.pictures import GROOT, TOWER, jpeg, of_bytes

pytestmark = pytest.mark.parametrize("house", ["sandbox"], indirect=True)

BAD_PICTURES = {
    "a text file named .png": ("notes.png", b"Buy milk.\n", "This is a text file, not a picture."),
    "10 MB and a byte": ("large.jpg", of_bytes(10_000_001), "10 MB"),
    "299 pixels": ("small.jpg", jpeg(299, 400), "299 × 400"),
    "three times as long as wide": ("long.jpg", jpeg(400, 1200), "2.5"),
}


@pytest.mark.parametrize("what", BAD_PICTURES)
def test_a_bad_picture_is_refused_beside_it(visit: Visit, page: Page, what: str) -> None:
    name, content, sentence = BAD_PICTURES[what]
    visit.prompt.fill("Kept as it was")
    visit.choose(FilePayload(name=name, mimeType="image/png", buffer=content))
    visit.expect_complaint("image_start", sentence)
    visit.create.click()
    visit.expect_refusal("image_start", sentence)
    expect(visit.prompt).to_have_value("Kept as it was")
    visit.remove("image_start")
    visit.choose(GROOT)
    expect(visit.note("image_start")).to_contain_text("will be sent as")
    expect(page.locator("#image_start, #fit__image_start").filter(has_text=sentence)).to_have_count(0)


def test_missing_words_and_too_many(visit: Visit, page: Page) -> None:
    visit.choose(GROOT)
    visit.create.click()
    visit.expect_complaint("prompt", "Say in a few words what should happen.")
    visit.prompt.fill("x" * 2501)
    visit.create.click()
    visit.expect_complaint("prompt", "At most 2,500 characters; these are 2,501.")
    expect(visit.prompt).to_have_value("x" * 2501)
    expect(page.locator("#image_start img")).to_be_visible()
    assert visit.state() is None


def test_on_a_phone_the_eye_is_led_to_what_came_of_a_press(visit: Visit, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    visit.create.scroll_into_view_if_needed()
    page.mouse.wheel(0, 4000)
    visit.create.click()
    expect(visit.complaint("image_start")).to_be_in_viewport()
    visit.choose(GROOT)
    visit.prompt.fill("On the phone")
    visit.pick("Length", "3 s")
    visit.create.click()
    visit.wait_for("submitted", "done")
    expect(page.locator("#stage h2")).to_be_in_viewport()
    page.set_viewport_size({"width": 1440, "height": 900})


def test_no_picture_at_all(visit: Visit) -> None:
    visit.prompt.fill("Nothing to look at")
    visit.create.click()
    visit.expect_complaint("image_start", "Choose a picture to begin with.")


def test_a_form_that_is_filled_from_here_is_complained_of_no_more(visit: Visit, page: Page) -> None:
    visit.create.click()
    visit.expect_complaint("image_start", "Choose a picture to begin with.")
    page.locator("#sample").click()
    page.locator("#image_start img").wait_for()
    expect(page.locator(".complaint")).to_have_count(0)


SLOW_ANSWERS = """() => {
  const usual = window.fetch;
  window.underWay = 0;
  window.fetch = async (...asked) => {
    const quick = String(asked[0]).includes("/run/predict");
    if (quick) window.underWay++;
    const answer = await usual(...asked);
    if (quick) setTimeout(() => window.underWay--, 1600);
    if (quick) await new Promise(done => setTimeout(done, 1500));
    return answer;
  };
}"""


@pytest.mark.parametrize(
    ("words", "field", "sentence"),
    [
        ("Pressed before the form came to rest", "image_start", "Choose a picture to begin with."),
        ("x" * 2501, "prompt", "At most 2,500 characters; these are 2,501."),
    ],
    ids=["of another input", "of the one written last"],
)
def test_a_late_answer_takes_no_complaint_back(visit: Visit, page: Page, words: str, field: str, sentence: str) -> None:
    if field == "prompt":
        visit.choose(GROOT)
    page.evaluate(SLOW_ANSWERS)
    visit.prompt.fill(words)
    visit.create.click()
    visit.expect_complaint(field, sentence)
    page.wait_for_function("window.underWay === 0")
    visit.expect_complaint(field, sentence)


def test_what_is_mended_is_complained_of_no_more_and_the_rest_stays(visit: Visit) -> None:
    visit.create.click()
    visit.expect_complaint("image_start", "Choose a picture to begin with.")
    visit.choose(GROOT)
    expect(visit.complaint("image_start")).to_have_count(0)
    visit.create.click()
    visit.expect_complaint("prompt", "Say in a few words what should happen.")
    expect(visit.prompt).to_have_attribute("aria-invalid", "true")
    visit.prompt.press_sequentially("It")
    expect(visit.complaint("prompt")).to_have_count(0)
    expect(visit.prompt).not_to_have_attribute("aria-invalid", "true")


def test_a_last_frame_whose_first_is_gone(visit: Visit) -> None:
    visit.choose(GROOT)
    visit.choose(TOWER, "image_end")
    visit.remove("image_start")
    visit.prompt.fill("It ends before it begins")
    visit.create.click()
    visit.expect_complaint("image_end", "A last frame needs a first frame.")


def test_a_last_frame_beside_references(visit: Visit) -> None:
    visit.choose(GROOT)
    visit.choose(TOWER, "image_end")
    visit.choose(TOWER, "image_urls")
    visit.prompt.fill("Too much")
    visit.create.click()
    visit.expect_complaint("image_urls", "A last frame and reference pictures do not go together.")


def test_a_callback_address_that_will_not_do(visit: Visit, page: Page) -> None:
    visit.choose(GROOT)
    visit.prompt.fill("Call me")
    page.get_by_role("button", name="Advanced").click()
    page.get_by_label("Callback address").fill("https://192.168.0.1/hook")
    visit.create.click()
    visit.expect_complaint("callback_url", "address")
    assert visit.state() is None
