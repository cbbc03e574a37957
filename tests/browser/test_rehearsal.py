"""A rehearsal plays what the form would become, and costs nothing."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import ENDS, LONG, Visit
from tests.house import Process
from tests.pictures import GROOT, TOWER

pytestmark = pytest.mark.parametrize("house", ["evolink"], indirect=True)


def test_a_rehearsal_plays_shots_and_seconds_for_nothing_and_hides_no_video(
    visit: Visit, page: Page, service: Process
) -> None:
    rehearse = page.get_by_role("button", name="Rehearse free")
    rehearse.click()
    visit.expect_refusal("image_start", "Choose a picture to begin with.")

    ordered = len(service.ask("/sandbox/ledger"))
    visit.choose(GROOT)
    visit.choose(TOWER, "image_urls")
    visit.pick("Told in", "Storyboard")
    visit.pick("Length", "4 s")
    visit.shot(1).fill("<<<image_1>>> looks up")
    page.get_by_role("button", name="Add a shot").click()
    visit.shot(2).fill("A wide view of <<<image_2>>>")
    visit.settle()
    rehearse.click()
    expect(page.locator("#stage [data-rehearsal=ready]")).to_be_visible(timeout=LONG)
    seen = visit.playing()
    assert seen["moved"]
    assert seen["duration"] == pytest.approx(4, abs=0.1)
    assert looks(page, 0.5) != looks(page, 3.5)
    expect(page.locator("#stage h2")).to_have_text("Rehearsal")
    assert len(service.ask("/sandbox/ledger")) == ordered
    expect(page.locator("#strip [data-open]")).to_have_count(0)

    visit.pick("Length", "3 s")
    visit.press()
    assert visit.wait_for(*ENDS) == "done"
    job = visit.stage.get_attribute("data-job")
    rehearse.click()
    expect(page.locator("#stage [data-rehearsal=ready]")).to_be_visible(timeout=LONG)
    assert visit.playing()["duration"] == pytest.approx(3, abs=0.1)
    page.locator("#strip [data-open]").click()
    expect(visit.stage).to_have_attribute("data-job", job or "")
    assert visit.playing()["moved"]
    assert len(service.ask("/sandbox/ledger")) == ordered + 1


def looks(page: Page, second: float) -> list[int]:
    """The colours of a moment of the film, a few of them and coarse."""
    return page.evaluate(
        """async second => {
          const video = document.querySelector('#stage video');
          video.pause();
          await new Promise(done => {
            video.addEventListener('seeked', done, {once: true});
            video.currentTime = second;
          });
          const canvas = Object.assign(document.createElement('canvas'), {width: 4, height: 4});
          const brush = canvas.getContext('2d');
          brush.drawImage(video, 0, 0, 4, 4);
          return [...brush.getImageData(0, 0, 4, 4).data].map(colour => colour >> 5);
        }""",
        second,
    )
