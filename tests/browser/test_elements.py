"""An element: made once, picked, mentioned, sent along, kept, forgotten."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import ENDS, LONG, Visit
from tests.house import Process
from tests.pictures import GROOT, TOWER

pytestmark = pytest.mark.parametrize("house", ["evolink"], indirect=True)

FRONT = "model_params__element_image_list__frontal_image"
FURTHER = "model_params__element_image_list__refer_images"


def test_an_element_is_made_used_kept_and_forgotten(visit: Visit, page: Page, service: Process) -> None:
    visit.open_panel("Make an element")
    make = page.get_by_role("button", name="Make the element · about 1 credit")
    make.click()
    expect(visit.complaint("model_params__element_name")).to_be_visible()
    page.get_by_label("A short name to know it by.").fill("Groot <b>")
    page.get_by_label("What it is and what to keep.").fill("A kind tree")
    visit.choose(GROOT, FRONT)
    visit.choose(TOWER, FURTHER)
    make.click()
    card = page.get_by_role("article", name="Groot <b>")
    expect(card).to_contain_text("Ready, id ", timeout=LONG)
    assert card.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    element = card.get_by_role("button", name="Use it").get_attribute("data-use")

    card.get_by_role("button", name="Use it").click()
    expect(page.locator("#model_params__element_list")).to_contain_text("Groot <b>")
    visit.choose(GROOT)
    visit.prompt.fill("Somebody waves: ")
    expect(page.locator("#reckoning .loose")).to_contain_text("No text mentions <<<element_1>>>")
    page.get_by_role("button", name="Put Groot <b> (Element 1) into the text").click()
    expect(visit.prompt).to_have_value("Somebody waves: <<<element_1>>>")
    expect(page.locator("#reckoning .loose")).to_have_count(0)
    visit.pick("Length", "3 s")
    visit.press()
    assert visit.wait_for(*ENDS) == "done"
    made, video = (row["request"] for row in service.ask("/sandbox/ledger")[-2:])
    assert made["model_params"]["element_name"] == "Groot <b>"
    assert video["model_params"]["element_list"] == [{"element_id": element}]
    assert video["prompt"] == "Somebody waves: <<<element_1>>>"

    page.reload()
    visit.ready()
    visit.open_panel("Make an element")
    expect(card).to_contain_text(f"Ready, id {element}")
    card.get_by_role("button", name="Forget the element Groot <b>").click()
    expect(card).to_have_count(0)
    page.reload()
    visit.ready()
    visit.settle()
    expect(card).to_have_count(0)
