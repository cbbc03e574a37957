"""The page speaks the reader's language, from the first sentence to the last, and changes it without losing a word."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from client.problems import Problem
from tests.browser.pages import ENDS, Visit
from tests.house import Process
from tests.pictures import GROOT
from ui.fields import inputs
from ui.languages import Language, language

pytestmark = pytest.mark.parametrize("house", ["sandbox"], indirect=True)

ASKED = {item.name: item for item in inputs()}


@pytest.fixture
def abroad(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page in a browser of another country."""
    context = browser.new_context(locale=request.param, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


def choose(page: Page, name: str) -> None:
    page.locator("#language input").click()
    page.get_by_role("option", name=name).click()


def expect_spoken(page: Page, spoken: Language, credits: float) -> None:
    """Title, sandbox, labels, help, choices, buttons and the empty stage are all in that language."""
    expect(page.locator("html")).to_have_attribute("lang", spoken.code)
    expect(page.locator("#brand p")).to_have_text(spoken.say("page.tagline"))
    expect(page.locator("#sandbox p")).to_have_text(spoken.say("page.sandbox"))
    expect(page.locator("#prompt")).to_contain_text(spoken.title(ASKED["prompt"]))
    expect(page.locator("#prompt")).to_contain_text(spoken.help(ASKED["prompt"]))
    expect(page.get_by_role("group", name=spoken.title(ASKED["image_start"]), exact=True)).to_be_visible()
    expect(page.get_by_text(spoken.help(ASKED["image_urls"]), exact=True)).to_be_visible()
    expect(page.locator("#quality")).to_contain_text(spoken.help(ASKED["quality"]))
    for label, _ in spoken.choices(ASKED["sound"]):
        expect(page.locator("#sound")).to_contain_text(label)
    expect(page.locator("#sample")).to_have_text(spoken.say("form.sample"))
    expect(page.locator("#rehearse")).to_have_text(spoken.say("rehearsal.button"))
    expect(page.locator("#advanced")).to_contain_text(spoken.say("form.advanced"))
    expect(page.locator("#go")).to_have_text(spoken.say("bar.would_create", credits=spoken.credits(credits)))


@pytest.mark.parametrize(
    ("abroad", "code"),
    [("de-DE", "de"), ("zh-CN", "zh"), ("ja-JP", "ja"), ("fr-FR", "fr"), ("es-ES", "es")],
    indirect=["abroad"],
)
def test_the_browser_chooses(abroad: Page, house: Process, code: str) -> None:
    Visit(abroad, house.url)
    spoken, english = language(code), language("en")
    expect_spoken(abroad, spoken, 27)
    expect(abroad.locator("#stage .screen")).to_have_text(spoken.say("stage.empty"))
    expect(abroad.locator("#reckoning .missing")).to_contain_text(spoken.of("missing", "picture"))
    expect(abroad.locator("#aspect_ratio")).to_contain_text(spoken.say("form.shape_free"))
    assert spoken.say("page.tagline") != english.say("page.tagline")
    assert abroad.get_by_text(english.help(ASKED["prompt"])).count() == 0


def test_another_language_changes_all_at_once_loses_nothing_and_is_remembered(visit: Visit, page: Page) -> None:
    visit.choose(GROOT)
    visit.prompt.fill("Kept as it was: 保留")
    visit.pick("Length", "3 s")
    visit.pick("Sound", "With sound")
    expect(visit.create).to_have_text("Create · would cost 21.6 credits")
    for name, code in (("日本語", "ja"), ("Français", "fr")):
        choose(page, name)
        expect_spoken(page, language(code), 21.6108)
        expect(visit.note("image_start")).to_contain_text("910 × 512")
        expect(page.locator("#prompt textarea")).to_have_value("Kept as it was: 保留")
        expect(page.locator("#image_start img").first).to_be_visible()
        assert checked(page, "duration") == "3"
        assert checked(page, "sound") == "on"
    page.reload()
    visit.ready()
    expect_spoken(page, language("fr"), 27)


@pytest.mark.parametrize("code", ["de", "ja"])
def test_complaints_waiting_and_the_end_are_told_in_the_readers_language(visit: Visit, page: Page, code: str) -> None:
    spoken = language(code)
    choose(page, {"de": "Deutsch", "ja": "日本語"}[code])
    expect_spoken(page, spoken, 27)
    visit.press()
    missing = Problem(("image_start",), "picture_missing", "Choose a picture to begin with.", {})
    assert spoken.problem(missing) != missing.sentence
    visit.expect_refusal("image_start", spoken.problem(missing))

    page.locator("#sample").click()
    expect(page.locator("#prompt textarea")).to_have_value(spoken.say("form.sample_prompt"))
    page.locator("#image_start img").first.wait_for()
    page.locator("#duration input").first.check()
    visit.settle()
    said = page.evaluate_handle(
        """() => {
          const said = [];
          new MutationObserver(() => {
            const title = document.querySelector('#stage [data-announce]')?.textContent;
            if (title && said.at(-1) !== title) said.push(title);
          }).observe(document.querySelector('#stage'), {childList: true, subtree: true});
          return said;
        }"""
    )
    visit.press()
    assert visit.wait_for(*ENDS) == "done"
    expect(page.locator("#stage h2")).to_have_text(spoken.of("state", "done"))
    expect(page.locator("#stage .download")).to_have_text(spoken.say("stage.download"))
    expect(page.locator("#stage .bill dt")).to_have_text(spoken.say("money.would_cost"))
    expect(page.locator("#recent")).to_have_text(spoken.say("stage.recent"))
    states = ("new", "submitting", "in_line", "submitted", "ready", "downloading", "done")
    titles = said.json_value()
    assert len(titles) >= 2
    assert set(titles) <= {spoken.of("state", state) for state in states}


def checked(page: Page, name: str) -> str:
    return page.locator(f"#{name} input:checked").input_value()
