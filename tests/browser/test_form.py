"""The form answers at once: what closes what, what is missing, and what the text mentions."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Visit
from tests.pictures import GROOT, TOWER

pytestmark = pytest.mark.parametrize("house", ["sandbox"], indirect=True)


def expect_closed(visit: Visit, field: str, reason: str) -> None:
    """Nobody can use the input, and the reason stands below it; an empty reason means that it is open."""
    expect(visit.note(field)).to_have_attribute("data-closed", reason)
    expect(visit.page.locator(f"#{field}")).to_have_js_property("inert", bool(reason))
    if reason:
        expect(visit.note(field)).to_match_aria_snapshot(f'- text: "{reason}"')
        expect(visit.note(field)).to_be_visible()


def test_frames_and_references_close_each_other_and_say_why(visit: Visit, page: Page) -> None:
    expect_closed(visit, "image_end", "The last frame opens once there is a first frame.")
    expect(visit.radio("Shape", "EvoLink chooses")).to_be_checked()
    visit.choose(GROOT)
    expect_closed(visit, "image_end", "")
    expect(visit.radio("Shape", "Same as your picture")).to_be_checked()
    visit.choose(TOWER, "image_end")
    expect_closed(visit, "image_urls", "No reference pictures together with a last frame: remove it to use them.")
    visit.remove("image_end")
    expect_closed(visit, "image_urls", "")
    visit.choose(TOWER, "image_urls")
    expect_closed(
        visit, "image_end", "No last frame together with reference pictures: remove them to end on a picture."
    )
    page.locator("#image_urls").get_by_role("button", name="Clear", exact=True).click()
    expect_closed(visit, "image_end", "")
    visit.remove("image_start")
    expect_closed(visit, "image_end", "The last frame opens once there is a first frame.")
    expect(visit.radio("Shape", "EvoLink chooses")).to_be_checked()


def test_one_shot_and_storyboard_each_keep_their_words(visit: Visit, page: Page) -> None:
    visit.prompt.fill("All in one breath")
    expect(page.locator("#storyboard")).to_be_hidden()
    visit.pick("Told in", "Storyboard")
    expect(visit.prompt).to_be_hidden()
    visit.shot(1).fill("A heron lands")
    page.get_by_role("button", name="Add a shot").click()
    visit.shot(2).fill("It looks up")
    visit.pick("Told in", "One shot")
    expect(visit.prompt).to_have_value("All in one breath")
    expect(visit.shot(1)).to_be_hidden()
    visit.pick("Told in", "Storyboard")
    expect(visit.shot(1)).to_have_value("A heron lands")
    expect(visit.shot(2)).to_have_value("It looks up")


def test_what_is_missing_is_listed_and_a_press_leads_there(visit: Visit, page: Page) -> None:
    missing = page.locator("#reckoning .missing")
    expect(missing.get_by_role("button")).to_have_text(["a picture", "what should happen"])
    missing.get_by_role("button", name="what should happen").click()
    expect(visit.prompt).to_be_focused()
    missing.get_by_role("button", name="a picture").click()
    expect(page.locator("#image_start :focus")).to_be_in_viewport()
    visit.pick("Told in", "Storyboard")
    visit.choose(GROOT)
    expect(missing.get_by_role("button")).to_have_text(["the words of a shot"])
    missing.get_by_role("button").click()
    expect(visit.shot(1)).to_be_focused()
    page.keyboard.type("Leaves move in the wind")
    expect(missing).to_have_count(0)


def test_chips_put_pictures_into_the_text_and_loose_ends_are_named(visit: Visit, page: Page) -> None:
    loose = page.locator("#reckoning .loose")
    visit.choose(GROOT)
    visit.choose(TOWER, "image_urls")
    visit.prompt.fill("In front of ")
    expect(loose).to_have_text(["No text mentions <<<image_2>>>, so it may not be used."])
    page.get_by_role("button", name="Put Image 2 (Reference) into the text").click()
    expect(visit.prompt).to_have_value("In front of <<<image_2>>>")
    expect(loose).to_have_count(0)
    visit.prompt.press_sequentially(" stands <<<image_3>>>")
    expect(loose).to_have_text(["The text mentions <<<image_3>>>, but there is no such picture or element."])
    visit.prompt.fill("In front of @image2")
    expect(loose).to_have_text(["EvoLink may not understand @image2. Write <<<image_2>>>."])
    page.locator("#image_urls input[type=file]").set_input_files([TOWER] * 6)
    expect(loose.first).to_have_text("Pictures and elements together can be 7; these are 8.")
