"""Nobody is surprised: the price stands on the button, its differences at the choices, the balance below."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import ENDS, Visit
from tests.house import Process, keyed, running, sandbox
from tests.pictures import GROOT

alone = pytest.mark.parametrize("house", ["sandbox"], indirect=True)
paying = pytest.mark.parametrize("house", ["evolink"], indirect=True)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """An account with little left."""
    with running(sandbox(tmp_path_factory.mktemp("service"), "--credits", "60")) as process:
        yield process


@pytest.fixture(scope="module")
def house_with_key(service: Process, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with running(keyed(tmp_path_factory.mktemp("keyed"), service)) as process:
        yield process


def bill(page: Page) -> dict[str, str]:
    """What stands side by side below a finished video."""
    entries = page.locator("#stage .bill > div")
    expect(entries.first).to_be_visible()
    return dict(entry.split("\n") for entry in entries.all_inner_texts())


@alone
def test_the_price_follows_every_choice(visit: Visit, page: Page) -> None:
    expect(visit.create).to_have_text("Create · would cost 27 credits")
    expect(page.locator("#reckoning")).to_contain_text("With EvoLink this would cost 27 credits, about $0.40.")
    for group, choice, credits, other, more in (
        ("Length", "10 s", "54", "9 s", "−5.4"),
        ("Quality", "1080p", "72", "4K", "+198"),
        ("Sound", "With sound", "90", "Silent", "−18"),
        ("Quality", "4K", "270", "720p", "−198"),
        ("Sound", "Silent", "270", "With sound", "±0"),
    ):
        visit.pick(group, choice)
        expect(visit.create).to_have_text(f"Create · would cost {credits} credits")
        note = page.get_by_role("group", name=group).locator("label", has_text=other)
        expect(note).to_have_attribute("data-note", more if more != "±0" else "")
        expect(visit.radio(group, choice)).to_have_accessible_name(choice)


@alone
def test_the_sandbox_says_what_it_would_cost_and_takes_nothing(visit: Visit, page: Page) -> None:
    visit.choose(GROOT)
    visit.prompt.fill("For nothing")
    visit.pick("Length", "3 s")
    visit.press()
    assert visit.wait_for(*ENDS) == "done"
    assert bill(page) == {"would cost": "16.2 credits"}


@alone
def test_german_prices_have_a_comma(visit: Visit, page: Page) -> None:
    page.locator("#language input").click()
    page.get_by_role("option", name="Deutsch").click()
    page.locator("#duration input").first.check()
    expect(visit.create).to_contain_text("16,2")
    expect(page.locator("#reckoning .price")).to_contain_text(re.compile(r"16,2\D+0,24\s\$"))
    shown = page.locator("#give label[data-note]").evaluate_all(
        "labels => labels.map(label => label.dataset.note).filter(Boolean)"
    )
    assert len(shown) == 12 + 2 + 1
    assert [note for note in shown if not re.fullmatch(r"[+−]\d+(,\d)?", note)] == []
    assert any("," in note for note in shown)


@paying
def test_balance_estimate_reservation_and_charge(visit: Visit, page: Page, service: Process) -> None:
    below = page.locator("#reckoning .balance")
    expect(visit.create).to_have_text("Create · about 27 credits")
    visit.choose(GROOT)
    visit.prompt.fill("Spend a little")
    expect(below).to_have_text("Balance: 60 credits")
    visit.pick("Length", "15 s")
    expect(below).to_have_text("Your balance is 60 credits; this video needs about 81 credits.")
    visit.pick("Length", "3 s")
    expect(below).to_have_text("Balance: 60 credits")
    visit.press()
    assert visit.wait_for(*ENDS) == "done"
    assert bill(page) == {"estimated": "16.2 credits", "reserved": "16.2 credits", "charged": "16.2 credits"}
    assert [row["credits"] for row in service.ask("/sandbox/ledger")] == [16.2]
