"""The library, pick-up links, and several pictures at once, as one person meets them."""

import zipfile
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.pages import LONG, Visit, forgotten
from tests.browser.test_everybody import expect_open_to_all
from tests.house import Process
from tests.pictures import GROOT, TOWER

PICTURES = (GROOT, TOWER)


@dataclass
class Person:
    """Somebody who made two videos at once, as their browser knows them, and what they were told before."""

    storage: str
    button: str
    receipt: str
    jobs: list[str]

    def sits_at(self, page: Page, house: Process) -> None:
        forgotten(page, house)
        page.evaluate("storage => localStorage.setItem('firstframe-owner', storage)", self.storage)


@pytest.fixture(scope="module")
def person(window: BrowserContext, house_alone: Process) -> Person:
    page = window.new_page()
    forgotten(page, house_alone)
    visit = Visit(page, house_alone.url)
    visit.prompt.fill("Leaves move, 100% slow_motion")
    visit.pick("Length", "3 s")
    visit.open_panel("Several pictures at once")
    page.locator("#batch input[type=file]").set_input_files(PICTURES)
    expect(visit.create).to_contain_text("2 videos", timeout=LONG)
    visit.settle()
    button = visit.create.inner_text()
    visit.press()
    send = page.locator("#receipt [data-send]")
    expect(send).to_be_visible()
    receipt = page.locator("#receipt").inner_text()
    send.dblclick()
    expect(page.locator("#receipt")).to_contain_text("2 videos are on their way", timeout=LONG)
    expect(page.locator("#strip .card.done")).to_have_count(2, timeout=LONG)
    jobs = page.locator("#strip [data-open]").evaluate_all("all => all.map(one => one.dataset.open)")
    expect(visit.create).not_to_contain_text("videos")
    storage = page.evaluate("localStorage.getItem('firstframe-owner')")
    page.close()
    return Person(storage, button, receipt, jobs)


@pytest.fixture
def library(page: Page, house_alone: Process, person: Person) -> Visit:
    """The library of that person, by its own address."""
    person.sits_at(page, house_alone)
    visit = Visit(page, f"{house_alone.url}/?tab=library")
    expect(page.locator("#shelf .clip")).to_have_count(2)
    visit.settle()
    return visit


def menu(page: Page, number: int = 0) -> None:
    page.locator("#shelf summary").nth(number).click()


def test_several_pictures_become_several_videos_after_one_receipt(person: Person) -> None:
    assert person.button == "Create 2 videos · would cost 32.4 credits"
    assert "2 videos from these pictures?" in person.receipt
    assert "would cost 32.4 credits" in person.receipt
    assert len(set(person.jobs)) == 2


def test_the_library_keeps_nobody_out(library: Visit, page: Page) -> None:
    page.locator("[data-pick]").first.check()
    menu(page, 1)
    expect_open_to_all(page)
    page.locator(".clip").nth(1).locator("[data-erase]").click()
    expect(page.get_by_role("dialog")).to_contain_text("EvoLink’s own copy goes when its link ends")
    expect(page.get_by_role("button", name="Keep")).to_be_focused()
    expect_open_to_all(page)


def test_videos_are_found_starred_and_taken_along(library: Visit, page: Page) -> None:
    clips, search = page.locator("#shelf .clip"), page.get_by_label("Search in your texts")
    for words, count in [("SLOW_motion 100%", 2), ("slowxmotion", 0), ("", 2)]:
        search.fill(words)
        expect(clips).to_have_count(count)
    star = clips.first.get_by_role("button", name="Star:")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Starred only").check()
    expect(clips).to_have_count(1)
    page.get_by_label("Starred only").uncheck()
    expect(clips).to_have_count(2)
    for number in range(2):
        clips.nth(number).get_by_role("checkbox").check()
    expect(page.locator(".chosen")).to_contain_text("2 selected")
    with page.expect_download() as started:
        page.locator(".chosen [data-fetch]").click()
    with zipfile.ZipFile(started.value.path()) as opened:
        assert opened.testzip() is None
        assert [name[10:] for name in opened.namelist()] == [
            " Leaves move, 100 slow_motion.mp4",
            " Leaves move, 100 slow_motion (2).mp4",
        ]


def test_a_link_opens_a_video_on_any_device(library: Visit, page: Page, browser: Browser) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    menu(page)
    copy = page.locator("#shelf [data-link]").first
    copy.click()
    expect(copy).to_have_text("Copied")
    link = page.evaluate("navigator.clipboard.readText()")
    device = browser.new_context(viewport={"width": 390, "height": 844}, locale="fr-FR")
    elsewhere = device.new_page()
    elsewhere.goto(link)
    elsewhere.wait_for_function("document.querySelector('video').currentTime > 0")
    expect(elsewhere.get_by_role("heading")).to_have_text("Votre vidéo est prête")
    assert elsewhere.evaluate("document.documentElement.scrollWidth") <= 390
    with elsewhere.expect_download():
        elsewhere.get_by_role("link").click()
    answer = elsewhere.goto(link[:-1])
    assert answer
    assert answer.status == 404
    device.close()


def test_a_video_plays_on_the_stage_and_goes_on_in_a_new_form(library: Visit, page: Page) -> None:
    page.locator("#shelf .poster").nth(1).click()
    assert library.playing()["moved"]
    assert "tab=library" not in page.url
    page.locator("#stage [data-continue]").click()
    page.locator("#image_start img").wait_for()
    library.settle()
    expect(library.prompt).to_have_value("")
    expect(library.radio("Length", "3 s")).to_be_checked()
    expect(library.note("image_start")).to_contain_text("1280 × 720")
    page.get_by_role("tab", name="Library").click()
    menu(page)
    page.locator("#shelf [data-again]").first.click()
    expect(library.prompt).to_have_value("Leaves move, 100% slow_motion")


def test_a_video_is_deleted_with_the_keyboard_alone(library: Visit, page: Page, person: Person) -> None:
    page.locator("#shelf summary").first.focus()
    page.keyboard.press("Enter")
    page.locator("#shelf .clip").first.locator("[data-erase]").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#library-told")).to_have_text("Deleted: 1.")
    expect(page.locator("#shelf .clip")).to_have_count(1)


def test_a_video_whose_file_is_missing_breaks_nothing(page: Page, house_alone: Process, person: Person) -> None:
    for job in person.jobs:
        (house_alone.log.parent / "data" / "videos" / f"{job}.mp4").unlink(missing_ok=True)
    person.sits_at(page, house_alone)
    Visit(page, f"{house_alone.url}/?tab=library")
    expect(page.locator("#shelf .clip").first).to_contain_text("File missing")
    expect(page.locator("#shelf [data-film]")).to_have_count(0)
