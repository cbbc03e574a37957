"""The whole way: a picture in, progress, a clip that plays, and everything that may happen in the middle of it."""

import io

import av
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.pages import ENDS, Visit
from tests.house import Process
from tests.pictures import GROOT, TOWER

paying = pytest.mark.parametrize("house", ["evolink"], indirect=True)
"""For what the page does in the same way in both houses."""


def test_a_photo_becomes_a_clip_that_plays_and_can_be_downloaded(visit: Visit, page: Page) -> None:
    visit.choose(GROOT)
    visit.prompt.fill("The camera slowly pushes in")
    visit.pick("Length", "5 s")
    visit.create.click()
    visit.wait_for("new", "submitting", "submitted")
    percents = visit.progress()
    assert visit.state() == "done"
    assert percents == sorted(percents)
    assert len(percents) >= 3
    assert percents[-1] > percents[0]

    seen = visit.playing()
    assert seen["moved"]
    assert seen["duration"] == pytest.approx(5, abs=0.1)
    assert (seen["width"], seen["height"]) == (1280, 720)

    with page.expect_download() as started:
        page.get_by_role("link", name="Download").click()
    assert started.value.suggested_filename.endswith(".mp4")
    with av.open(started.value.path()) as clip:
        assert clip.streams.video[0].frames == 5 * 24
        assert not clip.streams.audio


@paying
def test_reload_in_the_middle_finds_the_job_again(visit: Visit, page: Page) -> None:
    visit.choose(TOWER)
    visit.prompt.fill("The camera rises")
    visit.pick("Length", "10 s")
    visit.create.click()
    visit.wait_for("submitted")
    job = visit.stage.get_attribute("data-job")
    page.reload()
    visit.ready()
    visit.wait_for("submitted", "ready", "downloading", "done")
    assert visit.stage.get_attribute("data-job") == job
    assert visit.wait_for(*ENDS) == "done"
    assert visit.playing()["duration"] == pytest.approx(10, abs=0.1)
    expect(page.locator("#strip [data-open]")).to_have_count(1)


@paying
def test_closed_and_opened_again_shows_the_same_clip(visit: Visit, context: BrowserContext) -> None:
    visit.choose(GROOT)
    visit.prompt.fill("Leaves move in the wind")
    visit.pick("Length", "3 s")
    visit.create.click()
    visit.wait_for("submitted", "done")
    job = visit.stage.get_attribute("data-job")
    visit.page.close()
    again = Visit(context.new_page(), visit.url)
    assert again.wait_for(*ENDS) == "done"
    assert again.stage.get_attribute("data-job") == job
    assert again.playing()["moved"]


@paying
def test_a_second_tab_shows_the_same_job(visit: Visit, context: BrowserContext) -> None:
    visit.choose(GROOT)
    visit.prompt.fill("Two watch the same")
    visit.pick("Length", "8 s")
    visit.create.click()
    visit.wait_for("submitted")
    second = Visit(context.new_page(), visit.url)
    second.wait_for("submitted", "ready", "downloading", "done")
    assert second.stage.get_attribute("data-job") == visit.stage.get_attribute("data-job")
    assert visit.wait_for(*ENDS) == second.wait_for(*ENDS) == "done"
    assert second.playing()["moved"]


@paying
def test_a_double_click_is_one_job_and_another_click_another(visit: Visit, page: Page) -> None:
    visit.choose(GROOT)
    visit.prompt.fill("Once is enough")
    visit.pick("Length", "3 s")
    visit.create.dblclick()
    assert visit.wait_for(*ENDS) == "done"
    expect(page.locator("#strip [data-open]")).to_have_count(1)
    first = visit.stage.get_attribute("data-job")
    visit.create.click()
    page.wait_for_function("first => document.querySelector('#stage [data-job]')?.dataset.job !== first", arg=first)
    assert visit.wait_for(*ENDS) == "done"
    expect(page.locator("#strip [data-open]")).to_have_count(2)


@paying
def test_the_sample_is_one_click_away_and_an_older_clip_can_be_opened(visit: Visit, page: Page) -> None:
    page.get_by_role("button", name="Try it with a sample picture").click()
    page.locator("#image_start img").wait_for()
    expect(visit.prompt).not_to_be_empty()
    visit.pick("Length", "3 s")
    visit.create.click()
    assert visit.wait_for(*ENDS) == "done"
    first = visit.stage.get_attribute("data-job")
    visit.prompt.fill("Another one, with sound")
    visit.pick("Sound", "With sound")
    visit.create.click()
    page.wait_for_function("first => document.querySelector('#stage [data-job]')?.dataset.job !== first", arg=first)
    assert visit.wait_for(*ENDS) == "done"
    page.locator(f"#strip [data-open='{first}']").click()
    page.wait_for_function("first => document.querySelector('#stage [data-job]')?.dataset.job === first", arg=first)
    expect(page.locator(f"#strip [data-open='{first}']")).to_have_attribute("aria-pressed", "true")


@paying
def test_a_clip_that_was_opened_stays_and_the_other_still_ends(visit: Visit, page: Page) -> None:
    visit.choose(GROOT)
    visit.prompt.fill("The first one takes its time")
    visit.pick("Length", "10 s")
    visit.create.click()
    visit.wait_for("submitted")
    first = visit.stage.get_attribute("data-job")
    visit.pick("Length", "3 s")
    visit.create.click()
    page.wait_for_function("first => document.querySelector('#stage [data-job]')?.dataset.job !== first", arg=first)
    page.locator(f"#strip [data-open='{first}']").click()
    page.wait_for_function("first => document.querySelector('#stage [data-job]')?.dataset.job === first", arg=first)
    expect(page.locator("#strip .card.done")).to_have_count(2, timeout=120_000)
    assert visit.stage.get_attribute("data-job") == first
    assert visit.state() == "done"


@paying
def test_a_press_on_a_strip_that_is_drawn_anew_meanwhile_opens_the_clip(visit: Visit, page: Page) -> None:
    for prompt in ("The older one", "The newer one"):
        visit.choose(GROOT)
        visit.prompt.fill(prompt)
        visit.pick("Length", "3 s")
        before = visit.stage.get_attribute("data-job")
        visit.create.click()
        page.wait_for_function(
            "before => (document.querySelector('#stage [data-job]')?.dataset.job ?? null) !== before", arg=before
        )
        assert visit.wait_for(*ENDS) == "done"
    cards = page.locator("#strip [data-open]")
    expect(cards).to_have_count(2)
    older = cards.last.get_attribute("data-open")
    cards.last.hover()
    page.mouse.down()
    page.evaluate("const cards = document.querySelector('#strip .cards'); cards.outerHTML = cards.outerHTML")
    page.mouse.up()
    page.wait_for_function("older => document.querySelector('#stage [data-job]')?.dataset.job === older", arg=older)


@paying
def test_impatient_presses_are_one_order(visit: Visit, page: Page) -> None:
    visit.choose(GROOT)
    visit.prompt.fill("Patience")
    visit.pick("Length", "3 s")
    box = visit.create.bounding_box()
    assert box
    for _ in range(8):
        page.mouse.click(box["x"] + 50, box["y"] + 10)
        page.wait_for_timeout(150)
    assert visit.wait_for(*ENDS) == "done"
    expect(page.locator("#strip [data-open]")).to_have_count(1)


@paying
def test_last_frame_shape_quality_and_sound_reach_the_clip(visit: Visit, page: Page) -> None:
    visit.choose(GROOT)
    visit.choose(TOWER, "image_end")
    visit.prompt.fill("From one to the other")
    visit.pick("Length", "3 s")
    visit.pick("Shape", "Square 1:1")
    visit.pick("Sound", "With sound")
    visit.create.click()
    assert visit.wait_for(*ENDS) == "done"
    seen = visit.playing()
    assert (seen["width"], seen["height"]) == (720, 720)
    clip = page.request.get(page.locator("#stage video").evaluate("video => video.src")).body()
    with av.open(io.BytesIO(clip)) as opened:
        assert opened.streams.audio[0].codec_context.name == "aac"


@paying
def test_a_storyboard_with_references_becomes_shots(visit: Visit, page: Page) -> None:
    visit.choose(GROOT)
    visit.choose(TOWER, "image_urls")
    visit.pick("Told in", "Storyboard")
    visit.pick("Length", "3 s")
    visit.shot(1).fill("<<<image_1>>> looks up")
    page.get_by_role("button", name="Add a shot").click()
    visit.create.click()
    visit.expect_refusal("storyboard", "Shot 2: This is missing.")
    expect(visit.complaint("storyboard")).to_be_in_viewport()
    visit.shot(2).fill("a wide view of <<<image_2>>>")
    visit.create.click()
    assert visit.wait_for(*ENDS) == "done"
    assert visit.playing()["duration"] == pytest.approx(3, abs=0.1)


def test_the_page_says_what_it_runs_on(visit: Visit, house: Process, page: Page) -> None:
    line = page.get_by_text("This is the sandbox.")
    if house.ask("/healthz")["mode"] == "sandbox":
        expect(line).to_be_visible()
    else:
        expect(line).to_have_count(0)


@paying
def test_a_film_that_came_while_the_network_was_away_plays_once_it_is_back(visit: Visit, page: Page) -> None:
    page.route("**/v/*", lambda route: route.abort("internetdisconnected"))
    visit.choose(GROOT)
    visit.prompt.fill("Behind the mountain")
    visit.pick("Length", "3 s")
    visit.create.click()
    assert visit.wait_for(*ENDS) == "done"
    page.wait_for_function("document.querySelector('#stage video').error")
    page.unroute("**/v/*")
    page.context.set_offline(True)
    page.context.set_offline(False)
    assert visit.playing()["moved"]
