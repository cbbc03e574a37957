"""Bad luck: a wrong key, nobody there, a refusal after a while, and a power cut."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import ENDS, Visit
from tests.house import Process, firstframe, free_port, keyed, running
from tests.pictures import GROOT

paying = pytest.mark.parametrize("house", ["evolink"], indirect=True)


@contextmanager
def visiting(page: Page, house: Process) -> Iterator[Visit]:
    """Leaves before the house is closed: a page without a house finds faults."""
    with running(house):
        yield Visit(page, house.url)
        page.goto("about:blank")


def order(visit: Visit, prompt: str, length: str = "3 s") -> None:
    visit.choose(GROOT)
    visit.prompt.fill(prompt)
    visit.pick("Length", length)
    visit.create.click()


@paying
def test_a_wrong_key_is_said_in_the_page(visit: Visit, service: Process, page: Page) -> None:
    service.ask("/sandbox/faults", {"route": "submit", "kind": "status", "status": 401})
    order(visit, "Not with this key")
    assert visit.wait_for(*ENDS) == "rejected"
    expect(visit.stage).to_contain_text("EvoLink did not accept the key.")
    expect(visit.stage).to_contain_text("You were not charged.")
    expect(visit.prompt).to_have_value("Not with this key")
    expect(page.locator("#image_start img")).to_be_visible()


def test_nobody_there_is_said_in_the_page(page: Page, tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    alone = firstframe(tmp_path, EVOLINK_API_KEY="sk-test", EVOLINK_BASE_URL=nowhere, EVOLINK_FILES_URL=nowhere)
    with visiting(page, alone) as visit:
        order(visit, "Is anybody there?")
        assert visit.wait_for(*ENDS) == "rejected"
        expect(visit.stage).to_contain_text("We could not reach EvoLink")
        expect(visit.stage).to_contain_text("You were not charged.")
        expect(visit.prompt).to_have_value("Is anybody there?")


@paying
def test_a_moderated_video_is_told_in_four_parts_without_remote_markup(
    visit: Visit, service: Process, page: Page
) -> None:
    service.ask("/sandbox/faults", {"route": "submit", "kind": "fail", "code": "content_policy_violation"})
    order(visit, "<img src=x onerror=alert(1)> somebody famous")
    assert visit.wait_for(*ENDS) == "failed"
    expect(visit.stage).to_contain_text("EvoLink's check stopped this")
    expect(visit.stage).to_contain_text("You were not charged.")
    visit.stage.get_by_text("Details").click()
    expect(visit.stage).to_contain_text("content_policy_violation")
    assert page.locator("#stage img[onerror], #strip img[onerror]").count() == 0


def test_a_power_cut_in_the_middle_loses_nothing_and_orders_nothing_twice(
    page: Page, tmp_path: Path, service_apart: Process
) -> None:
    house = keyed(tmp_path, service_apart)
    with visiting(page, house) as visit:
        order(visit, "Lights out", "6 s")
        visit.wait_for("submitted")
        job = visit.stage.get_attribute("data-job")
        house.kill()
        house.start()
        visit.open()
        assert visit.wait_for(*ENDS) == "done"
        assert visit.stage.get_attribute("data-job") == job
        assert visit.playing()["duration"] == pytest.approx(6, abs=0.1)
    assert len(service_apart.ask("/sandbox/ledger")) == 1


def test_a_power_cut_of_the_app_with_its_own_sandbox(page: Page, tmp_path: Path) -> None:
    house = firstframe(tmp_path)
    with visiting(page, house) as visit:
        order(visit, "Both go dark", "5 s")
        visit.wait_for("submitted")
        house.kill()
        house.start()
        visit.open()
        assert visit.wait_for(*ENDS) == "done"
        assert visit.playing()["moved"]
