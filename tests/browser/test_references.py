"""Chips and the menu behind `@`: what is chosen stands in the text, as if somebody had typed it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.house import Process, free_port, running

DEMO = Path(__file__).parent / "references_page.py"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    log = tmp_path_factory.mktemp("references") / "page.log"
    with running(Process([str(DEMO), str(port)], f"http://127.0.0.1:{port}", "/", log)) as process:
        yield process.url


class References:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.prompt = page.get_by_label("What should happen?")
        self.shot = page.get_by_label("Shot 1")
        self.row = page.locator("#references")
        self.chips = self.row.get_by_role("button")
        self.menu = page.get_by_role("listbox")
        self.options = self.menu.get_by_role("option")

    def offer(self, what: str) -> None:
        """Python gives the row something else."""
        self.page.get_by_role("button", name=what, exact=True).click()

    def chip(self, name: str) -> Locator:
        return self.row.get_by_role("button", name=f"Put {name} ")

    def type(self, text: str, field: Locator | None = None) -> None:
        """At the end of the field."""
        (field or self.prompt).focus()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(text)

    def select(self, start: int, end: int) -> None:
        self.prompt.evaluate("(field, [start, end]) => field.setSelectionRange(start, end)", [start, end])

    def cursor(self) -> tuple[int, int]:
        """Of the field that has the focus."""
        start, end = self.page.evaluate("[document.activeElement.selectionStart, document.activeElement.selectionEnd]")
        return start, end

    def marked(self) -> str:
        """The option that a screen reader is told of, which is the one that looks marked."""
        name = self.prompt.get_attribute("aria-activedescendant")
        option = self.page.locator(f"#{name}")
        expect(option).to_have_attribute("aria-selected", "true")
        expect(self.menu.locator("[aria-selected=true]")).to_have_count(1)
        return option.locator(".name").inner_text()


@pytest.fixture(scope="module")
def untouched(browser: Browser, demo: str) -> Iterator[Page]:
    """A page in which only the prompt is written, and emptied again for the next."""
    page = browser.new_page()
    page.goto(demo)
    yield page
    page.close()


@pytest.fixture
def writing(untouched: Page) -> References:
    references = References(untouched)
    references.prompt.wait_for()
    references.offer("All")
    expect(references.chips).to_have_count(4)
    references.prompt.fill("")
    return references


@pytest.fixture
def bare(page: Page, demo: str) -> References:
    """Nothing to mention yet."""
    page.goto(demo)
    references = References(page)
    references.prompt.wait_for()
    page.locator("#mention-menu").wait_for(state="attached")
    return references


@pytest.fixture
def references(bare: References) -> References:
    bare.offer("All")
    expect(bare.chips).to_have_count(4)
    return bare


def test_each_chip_puts_its_token_into_the_text_and_python_hears_it(references: References, page: Page) -> None:
    references.type("From")
    for name in ("Image 1", "Image 2", "Image 3", "Mia"):
        references.chip(name).click()
    said = "From <<<image_1>>> <<<image_2>>> <<<image_3>>> <<<element_1>>>"
    expect(references.prompt).to_have_value(said)
    expect(page.locator("#heard textarea")).to_have_value(said)
    expect(references.prompt).to_be_focused()
    assert references.cursor() == (len(said), len(said))


@pytest.mark.parametrize(
    ("text", "selected", "expected", "cursor"),
    [
        ("", (0, 0), "<<<image_2>>>", 13),
        ("A boat on a sea", (7, 7), "A boat <<<image_2>>> on a sea", 20),
        ("A boat on a sea", (6, 6), "A boat <<<image_2>>> on a sea", 20),
        ("A boat on a sea", (2, 6), "A <<<image_2>>> on a sea", 15),
        ("A boat, then", (6, 6), "A boat <<<image_2>>>, then", 20),
        ("Rain.Wind", (5, 5), "Rain. <<<image_2>>> Wind", 19),
        ("(as in )", (7, 7), "(as in <<<image_2>>>)", 20),
        ("()", (1, 1), "(<<<image_2>>>)", 14),
        ("first\nsecond", (6, 6), "first\n<<<image_2>>> second", 19),
        ("彼はと歩く", (2, 2), "彼は<<<image_2>>>と歩く", 15),
    ],
)
def test_it_stands_at_the_cursor_set_off_by_blanks(
    writing: References, text: str, selected: tuple[int, int], expected: str, cursor: int
) -> None:
    writing.prompt.fill(text)
    writing.select(*selected)
    writing.chip("Image 2").click()
    expect(writing.prompt).to_have_value(expected)
    assert writing.cursor() == (cursor, cursor)


def test_undo_takes_it_back(references: References, page: Page) -> None:
    references.type("Hello ")
    references.chip("Mia").click()
    expect(references.prompt).to_have_value("Hello <<<element_1>>>")
    page.keyboard.press("Control+z")
    expect(references.prompt).to_have_value("Hello ")
    expect(page.locator("#heard textarea")).to_have_value("Hello ")


def test_it_goes_to_the_text_last_written_in(references: References, page: Page) -> None:
    references.type("In the shot ", references.shot)
    page.locator("#heard textarea").focus()
    references.chip("Image 1").click()
    expect(references.shot).to_have_value("In the shot <<<image_1>>>")
    expect(references.shot).to_be_focused()
    expect(references.prompt).to_have_value("")


def test_untouched_it_goes_to_the_end_of_the_first_text_in_sight(references: References, page: Page) -> None:
    page.evaluate("document.querySelector('#prompt').style.display = 'none'")
    references.chip("Image 1").click()
    expect(references.shot).to_have_value("<<<image_1>>>")
    page.evaluate("document.querySelector('#prompt').style.display = ''")
    page.evaluate("document.querySelector('#storyboard').style.display = 'none'")
    references.chip("Image 1").click()
    expect(references.prompt).to_have_value("<<<image_1>>>")


def test_half_a_token_is_never_written(references: References, page: Page) -> None:
    narrow = page.get_by_label("Shot 2")
    references.type("x" * 30, narrow)
    references.chip("Image 1").click()
    expect(narrow).to_have_value("x" * 30)
    expect(narrow).to_be_focused()


def test_chips_work_with_the_keyboard(references: References, page: Page) -> None:
    references.type("Look: ")
    references.chip("Image 1").focus()
    page.keyboard.press("Tab")
    expect(references.chip("Image 2")).to_be_focused()
    page.keyboard.press("Enter")
    expect(references.prompt).to_have_value("Look: <<<image_2>>>")
    expect(references.prompt).to_be_focused()


def test_the_menu_behind_the_sign(references: References, page: Page) -> None:
    references.type("She meets @")
    expect(references.menu).to_be_visible()
    expect(references.menu).to_have_accessible_name("Pictures and elements")
    expect(references.options).to_have_count(4)
    assert references.marked() == "Image 1"
    page.keyboard.press("ArrowUp")
    assert references.marked() == "Mia"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert references.marked() == "Image 2"
    page.keyboard.press("Enter")
    expect(references.prompt).to_have_value("She meets <<<image_2>>>")
    expect(references.menu).to_be_hidden()
    assert references.prompt.get_attribute("aria-activedescendant") is None
    page.keyboard.type(" at sea")
    expect(page.locator("#heard textarea")).to_have_value("She meets <<<image_2>>> at sea")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("@2", ["Image 2"]),
        ("@im", ["Image 1", "Image 2", "Image 3"]),
        ("@Image3", ["Image 3"]),
        ("@image_3", ["Image 3"]),
        ("@mi", ["Mia"]),
        ("@1", ["Image 1", "Mia"]),
        ("@ref", ["Image 2", "Image 3"]),
        ("彼は@m", ["Image 1", "Image 2", "Image 3", "Mia"]),
        ("(@mia", ["Mia"]),
    ],
)
def test_typing_narrows_it(writing: References, typed: str, found: list[str]) -> None:
    writing.type(typed)
    expect(writing.options.locator(".name")).to_have_text(found)


@pytest.mark.parametrize("typed", ["me@mia", "me.you@1", "@zebra", "@mia ", "@ ", "a@", "@@"])
def test_where_none_opens(writing: References, typed: str) -> None:
    writing.type(typed)
    expect(writing.prompt).to_have_value(typed)
    if typed == "@@":
        expect(writing.menu).to_be_visible()
    else:
        expect(writing.menu).to_be_hidden()


def test_what_was_typed_is_replaced_and_tab_takes_too(references: References, page: Page) -> None:
    references.type("With  now")
    references.select(5, 5)
    page.keyboard.type("@mia")
    page.keyboard.press("Tab")
    expect(references.prompt).to_have_value("With <<<element_1>>> now")
    expect(references.prompt).to_be_focused()
    page.keyboard.press("Control+z")
    expect(references.prompt).to_have_value("With @mia now")


def test_a_click_takes(references: References) -> None:
    references.type("@")
    references.options.filter(has_text="Mia").click()
    expect(references.prompt).to_have_value("<<<element_1>>>")
    expect(references.prompt).to_be_focused()


def test_escape_closes_it_and_keeps_the_sign(references: References, page: Page) -> None:
    references.type("at @")
    page.keyboard.press("Escape")
    expect(references.menu).to_be_hidden()
    page.keyboard.type("mi")
    expect(references.menu).to_be_hidden()
    page.keyboard.press("Enter")
    expect(references.prompt).to_have_value("at @mi\n")
    page.keyboard.type("@")
    expect(references.menu).to_be_visible()


def test_leaving_closes_it(references: References, page: Page) -> None:
    references.type("one @")
    page.keyboard.press("ArrowLeft")
    expect(references.menu).to_be_hidden()
    page.keyboard.press("ArrowRight")
    page.keyboard.type("m")
    expect(references.menu).to_be_visible()
    references.shot.focus()
    expect(references.menu).to_be_hidden()
    references.type("@", references.shot)
    expect(references.menu).to_be_visible()
    page.keyboard.press("Shift+Tab")
    expect(references.menu).to_be_hidden()
    expect(references.shot).not_to_be_focused()


def test_with_nothing_to_mention_there_is_no_row_and_no_menu(bare: References) -> None:
    expect(bare.row).to_be_hidden()
    bare.type("@")
    expect(bare.menu).to_be_hidden()
    bare.offer("First alone")
    expect(bare.chips).to_have_count(1)
    bare.offer("None")
    expect(bare.row).to_be_hidden()


def test_words_change_under_way(references: References, page: Page) -> None:
    references.offer("German")
    expect(references.row).to_contain_text("Im Text nennen")
    expect(references.row.get_by_role("group", name="Im Text nennen")).to_be_visible()
    references.type("@")
    expect(references.menu).to_have_accessible_name("Bilder")


def test_names_are_text_and_pictures_are_ours(bare: References, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    bare.offer("Strange")
    expect(bare.chips).to_have_count(6)
    expect(bare.chips.last).to_contain_text("<img src=x onerror=alert(1)>")
    expect(bare.row.locator("img")).to_have_count(0)
    expect(bare.row.locator(".mark")).to_have_text(["1", "2", "3", "4", "5", "1"])
    bare.type("@")
    expect(bare.options.last).to_contain_text("<img src=x onerror=alert(1)>")
    assert not [url for url in asked if "elsewhere" in url or url.endswith("/x")]


def test_good_pictures_are_shown(references: References) -> None:
    expect(references.row.locator("img")).to_have_count(3)
    assert references.row.locator("img").evaluate_all("images => images.every(image => image.naturalWidth > 0)")


def test_the_menu_stays_in_the_window_of_a_phone(references: References, page: Page) -> None:
    page.set_viewport_size({"width": 358, "height": 500})
    references.shot.scroll_into_view_if_needed()
    references.type("Where the words go to the end of the line @", references.shot)
    expect(references.menu).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 358
    page.set_viewport_size({"width": 1440, "height": 900})
