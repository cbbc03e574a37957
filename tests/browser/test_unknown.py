"""The reply to a paid order is lost: the page says so, looks by itself, and then leaves it to the person."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import ENDS, Visit
from tests.house import Process
from tests.pictures import GROOT

pytestmark = pytest.mark.parametrize("house", ["evolink"], indirect=True)

CHECKING = "We sent it and lost the reply. Checking with EvoLink…"
NOT_SENT_AGAIN = "The service may have started and charged for this video. We have not sent it again."
LOST = {"route": "submit", "kind": "cut", "accepted": True}
NO_LIST = {"route": "tasks", "kind": "status", "status": 404}


@pytest.fixture
def ordered(visit: Visit, service: Process) -> Visit:
    """An order whose reply got lost, while EvoLink has no list to look into."""
    for fault in (LOST, NO_LIST):
        service.ask("/sandbox/faults", fault)
    visit.choose(GROOT)
    visit.prompt.fill("Lost and found")
    visit.pick("Length", "3 s")
    visit.create.click()
    expect(visit.stage).to_contain_text(NOT_SENT_AGAIN)
    return visit


def tasks(service: Process) -> list[str]:
    return [
        row["task_id"] for row in service.ask("/sandbox/ledger") if row["request"].get("prompt") == "Lost and found"
    ]


def test_a_lost_reply_is_looked_for_and_the_video_comes_home(visit: Visit, service: Process, page: Page) -> None:
    service.ask("/sandbox/faults", LOST)
    service.ask("/sandbox/faults", NO_LIST | {"status": 503, "times": 3})
    before = len(tasks(service))
    visit.choose(GROOT)
    visit.prompt.fill("Lost and found")
    visit.pick("Length", "3 s")
    visit.create.click()
    expect(visit.stage).to_contain_text(CHECKING)
    expect(page.get_by_role("button", name="Send again")).to_have_count(0)
    visit.wait_for("done")
    assert len(tasks(service)) == before + 1


def test_looking_again_finds_it(ordered: Visit, service: Process, page: Page) -> None:
    before = len(tasks(service))
    page.get_by_role("button", name="Look again").click()
    ordered.wait_for("done")
    assert len(tasks(service)) == before


def test_sending_again_is_one_new_order_however_often_it_is_pressed(
    ordered: Visit, service: Process, page: Page
) -> None:
    lost, before = ordered.stage.get_attribute("data-job"), len(tasks(service))
    page.get_by_role("button", name="Send again (may cost twice)").dblclick()
    page.wait_for_function("job => document.querySelector('#stage section').dataset.job !== job", arg=lost)
    assert ordered.wait_for(*ENDS) == "done"
    assert ordered.playing()["moved"]
    assert len(tasks(service)) == before + 1
    page.locator(f"#strip [data-open='{lost}']").click()
    expect(ordered.stage).to_contain_text(NOT_SENT_AGAIN)
    expect(page.get_by_role("button", name="Send again")).to_have_count(0)
    page.get_by_role("button", name="Open the one sent instead").click()
    expect(ordered.video).to_be_visible()
