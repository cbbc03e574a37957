"""The storyboard in a real Chromium: its arithmetic, its keys, and what Python receives of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.storyboard_app import LENGTH, OTHERS, SENTENCE
from tests.house import Process, free_port, running

ROUNDS = 2000


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    port = free_port()
    log = tmp_path_factory.mktemp("storyboard") / "app.log"
    arguments = ["-m", "tests.browser.storyboard_app", str(port)]
    with running(Process(arguments, f"http://127.0.0.1:{port}", "/", log)) as process:
        yield process


class Board:
    """The storyboard as somebody at the keyboard knows it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.goto(url)
        self.text(1).wait_for()
        page.wait_for_load_state("networkidle")

    @property
    def texts(self) -> Locator:
        return self.page.locator("#storyboard textarea")

    def text(self, number: int) -> Locator:
        return self.page.get_by_label(f"Shot {number} What happens", exact=True)

    def seconds(self, number: int) -> Locator:
        return self.page.get_by_role("spinbutton", name=f"Seconds of shot {number}", exact=True)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def pick(self, length: int) -> None:
        self.page.get_by_role("radio", name=str(length), exact=True).check()

    def walk(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def seen(self) -> list[dict[str, str]]:
        return self.page.locator("#storyboard .shot").evaluate_all(
            """cards => cards.map(card => ({
              prompt: card.querySelector('textarea').value,
              duration: card.querySelector('[role=spinbutton]').ariaValueNow,
            }))"""
        )

    def expect(self, *shots: tuple[str, int]) -> None:
        """The shots on the page, on the ruler, and in Python, which is asked at once."""
        wanted = [{"prompt": prompt, "duration": str(seconds)} for prompt, seconds in shots]
        expect(self.texts).to_have_count(len(shots))
        assert self.seen() == wanted
        assert self.received() == wanted
        segments = self.page.locator("#storyboard .segment")
        assert segments.evaluate_all("all => all.map(one => one.style.getPropertyValue('--share').trim())") == [
            str(seconds) for _, seconds in shots
        ]

    def received(self) -> list[dict[str, str]]:
        box = self.page.get_by_label("Received")
        box.fill("")
        self.press("Create")
        expect(box).not_to_have_value("")
        return json.loads(box.input_value())

    def said(self) -> Locator:
        return self.page.locator("#storyboard .only-for-screen-readers")


@pytest.fixture
def board(page: Page, house: Process) -> Board:
    return Board(page, house.url)


@pytest.fixture
def arithmetic(page: Page, house: Process) -> Page:
    """No more than a place from which the module can be had."""
    page.goto(f"{house.url}/house/shots.js")
    return page


def reckon(page: Page, script: str, argument: Any = None) -> Any:
    """What the script makes of the arithmetic; shots are written as pairs of text and seconds."""
    return page.evaluate(
        """async ([script, argument]) => {
          const house = await import('/house/shots.js');
          const shots = (...pairs) => pairs.map(([prompt, seconds]) => ({ prompt, seconds }));
          const pairs = list => list.map(({ prompt, seconds }) => [prompt, seconds]);
          return new Function('house', 'shots', 'pairs', 'argument', script)(house, shots, pairs, argument);
        }""",
        [script, argument],
    )


@pytest.mark.parametrize(
    ("call", "result"),
    {
        "a new shot takes half of its longer neighbour": (
            "add(shots(['a', 5], ['b', 4]), 1, 9, 6)",
            [["a", 3], ["", 2], ["b", 4]],
        ),
        "at the end there is one neighbour": ("add(shots(['a', 3], ['b', 6]), 2, 9, 6)", [["a", 3], ["b", 3], ["", 3]]),
        "neighbours without seconds to give send on to the longest": (
            "add(shots(['a', 7], ['b', 1], ['c', 1]), 3, 9, 6)",
            [["a", 4], ["b", 1], ["c", 1], ["", 3]],
        ),
        "the first shot has all": ("add([], 0, 9, 6)", [["", 9]]),
        "none is added to six": (
            "add(shots(...'abcdef'.split('').map(letter => [letter, 2])), 6, 12, 6)",
            [[letter, 2] for letter in "abcdef"],
        ),
        "none is added when all last one second": (
            "add(shots(['a', 1], ['b', 1], ['c', 1]), 3, 3, 6)",
            [["a", 1], ["b", 1], ["c", 1]],
        ),
        "a copy shares the seconds": ("duplicate(shots(['a', 5], ['b', 4]), 0, 9, 6)", [["a", 3], ["a", 2], ["b", 4]]),
        "a copy of one second asks the neighbours": (
            "duplicate(shots(['a', 1], ['b', 4]), 0, 5, 6)",
            [["a", 1], ["a", 2], ["b", 2]],
        ),
        "what is removed leaves its seconds to the one before": (
            "remove(shots(['a', 5], ['b', 4], ['c', 2]), 1, 11)",
            [["a", 9], ["c", 2]],
        ),
        "and the first to the one after": ("remove(shots(['a', 5], ['b', 4]), 0, 9)", [["b", 9]]),
        "the last one there is stays": ("remove(shots(['a', 9]), 0, 9)", [["a", 9]]),
        "a crowd shrinks into its length": (
            "remove(shots(['a', 1], ['b', 1], ['c', 1], ['d', 1]), 3, 3)",
            [["a", 1], ["b", 1], ["c", 1]],
        ),
        "a shot moves with its seconds": (
            "move(shots(['a', 5], ['b', 4], ['c', 2]), 0, 2)",
            [["b", 4], ["c", 2], ["a", 5]],
        ),
        "and not over the edge": ("move(shots(['a', 5], ['b', 4]), 0, -1)", [["a", 5], ["b", 4]]),
        "longer at the cost of the next": (
            "setSeconds(shots(['a', 3], ['b', 3], ['c', 3]), 0, 4, 9)",
            [["a", 4], ["b", 2], ["c", 3]],
        ),
        "the last one turns to the one before": (
            "setSeconds(shots(['a', 3], ['b', 3], ['c', 3]), 2, 5, 9)",
            [["a", 3], ["b", 1], ["c", 5]],
        ),
        "further ones pay when the next has run out": (
            "setSeconds(shots(['a', 2], ['b', 3], ['c', 2], ['d', 2]), 1, 5, 9)",
            [["a", 2], ["b", 5], ["c", 1], ["d", 1]],
        ),
        "and those before when there is nobody after": (
            "setSeconds(shots(['a', 2], ['b', 3], ['c', 2], ['d', 2]), 1, 99, 9)",
            [["a", 1], ["b", 6], ["c", 1], ["d", 1]],
        ),
        "shorter to the good of the next": (
            "setSeconds(shots(['a', 3], ['b', 3], ['c', 3]), 1, 1, 9)",
            [["a", 3], ["b", 1], ["c", 5]],
        ),
        "alone it lasts as long as the video": ("setSeconds(shots(['a', 9]), 0, 4, 9)", [["a", 9]]),
        "a cut moves between its two": (
            "cut(shots(['a', 3], ['b', 3], ['c', 3]), 0, 9)",
            [["a", 5], ["b", 1], ["c", 3]],
        ),
        "and back": (
            "cut(shots(['a', 3], ['b', 3], ['c', 3]), 1, -Infinity)",
            [["a", 3], ["b", 1], ["c", 5]],
        ),
        "another length keeps the shares": (
            "fit(shots(['a', 2], ['b', 3], ['c', 4]), 15)",
            [["a", 3], ["b", 5], ["c", 7]],
        ),
        "nobody falls below a second": ("fit(shots(['a', 1], ['b', 1], ['c', 13]), 4)", [["a", 1], ["b", 1], ["c", 2]]),
        "six do not fit into three": (
            "fit(shots(...'abcdef'.split('').map(letter => [letter, 2])), 3)",
            [[letter, 1] for letter in "abcdef"],
        ),
    }.values(),
)
def test_the_arithmetic(arithmetic: Page, call: str, result: list[list[Any]]) -> None:
    assert reckon(arithmetic, f"return pairs(house.{call})") == result


def test_why_there_is_no_further_shot(arithmetic: Page) -> None:
    script = "const of = count => Array(count).fill({ prompt: '', seconds: 1 });"
    assert reckon(arithmetic, f"{script} return [house.obstacle(of(6), 9, 6), house.obstacle(of(3), 3, 6)]") == [
        "full",
        "short",
    ]
    assert reckon(arithmetic, f"{script} return house.obstacle(of(2), 3, 6)") is None


def test_whatever_is_done_the_seconds_add_up_and_no_text_is_lost(arithmetic: Page) -> None:
    faults = reckon(
        arithmetic,
        """
        let seed = 20261122;
        const random = below => {
          seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
          return Math.floor((seed / 2 ** 32) * below);
        };
        const sorted = list => JSON.stringify(list.map(({ prompt }) => prompt).sort());
        const faults = [];
        const done = new Set();
        let length = 9, list = shots(['start', 9]);
        for (let round = 0; round < argument; round++) {
          const at = random(list.length), before = list, texts = list.map(({ prompt }) => prompt);
          const name = ['add', 'duplicate', 'remove', 'move', 'setSeconds', 'cut', 'fit'][random(7)];
          const frozen = JSON.stringify(list);
          if (name === 'add') list = house.add(list, random(list.length + 1), length, 6, { prompt: `text ${round}` });
          if (name === 'duplicate') list = house.duplicate(list, at, length, 6);
          if (name === 'remove') list = house.remove(list, at, length);
          if (name === 'move') list = house.move(list, at, random(5) - 2);
          if (name === 'setSeconds') list = house.setSeconds(list, at, random(20) - 2, length);
          if (name === 'cut' && at < list.length - 1) list = house.cut(list, at, random(9) - 4);
          if (name === 'fit') list = house.fit(list, (length = 3 + random(13)));
          const more = list.length - before.length;
          const grown = { add: [...texts, `text ${round}`], duplicate: [...texts, texts[at]] }[name] ?? texts;
          const wanted = more > 0 ? grown : more < 0 ? texts.toSpliced(at, 1) : texts;
          const wrong = [
            frozen !== JSON.stringify(before) && 'changed what it was given',
            house.total(list) !== Math.max(length, list.length) && 'sum',
            !list.every(({ seconds }) => Number.isInteger(seconds) && seconds >= 1) && 'not whole',
            sorted(list) !== sorted(wanted.map(prompt => ({ prompt }))) && 'texts',
            (list.length > 6 || list.length < 1) && 'count',
            more !== 0 && !['add', 'duplicate', 'remove'].includes(name) && 'another count',
          ].filter(Boolean);
          if (more || !['add', 'duplicate', 'remove'].includes(name)) done.add(name);
          if (wrong.length) faults.push([round, name, length, frozen, JSON.stringify(list), ...wrong]);
        }
        return done.size === 7 ? faults : [...done];
        """,
        ROUNDS,
    )
    assert faults == []


def test_a_storyboard_is_written_with_the_keyboard_alone(board: Board, page: Page) -> None:
    board.text(1).focus()
    page.keyboard.type("Dawn")
    page.get_by_role("button", name="Add a shot").focus()
    board.walk("Enter")
    expect(board.text(2)).to_be_focused()
    page.keyboard.type("Noon")
    page.get_by_role("button", name="Add a shot").focus()
    board.walk("Space")
    page.keyboard.type("Dusk")
    board.expect(("Dawn", 5), ("Noon", 2), ("Dusk", 2))

    board.text(3).focus()
    board.walk("Alt+ArrowUp")
    expect(board.text(2)).to_be_focused()
    expect(board.said()).to_have_text("Shot 3 is shot 2 now.")
    board.expect(("Dawn", 5), ("Dusk", 2), ("Noon", 2))

    page.get_by_role("button", name="Duplicate shot 1").focus()
    board.walk("Enter")
    expect(board.text(2)).to_be_focused()
    expect(board.said()).to_have_text("Shot 1 was copied as shot 2. Shot 1 now lasts 3 seconds.")
    board.expect(("Dawn", 3), ("Dawn", 2), ("Dusk", 2), ("Noon", 2))

    page.get_by_role("button", name="Move shot 2 down").focus()
    board.walk("Enter")
    expect(page.get_by_role("button", name="Move shot 3 down")).to_be_focused()
    board.expect(("Dawn", 3), ("Dusk", 2), ("Dawn", 2), ("Noon", 2))

    page.get_by_role("button", name="Remove shot 2").focus()
    board.walk("Enter")
    expect(board.text(2)).to_be_focused()
    expect(board.said()).to_have_text("Shot 2 was removed. Shot 1 now lasts 5 seconds.")
    page.keyboard.press("End")
    page.keyboard.type(", again")
    board.text(2).focus()
    board.walk("Shift+Tab")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    board.walk("Enter")
    expect(board.text(2)).to_be_focused()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    board.expect(("Dawn", 3), ("Dusk", 2), ("Dawn, again", 2), ("Noon", 2))

    board.seconds(2).focus()
    board.walk("ArrowUp")
    expect(board.said()).to_have_text("Shot 2 now lasts 3 seconds. Shot 3 now lasts 1 second.")
    board.walk("Home")
    board.expect(("Dawn", 3), ("Dusk", 1), ("Dawn, again", 3), ("Noon", 2))
    board.seconds(1).focus()
    board.walk("End")
    board.expect(("Dawn", 6), ("Dusk", 1), ("Dawn, again", 1), ("Noon", 1))
    board.seconds(1).focus()
    board.walk("2")
    board.expect(("Dawn", 2), ("Dusk", 5), ("Dawn, again", 1), ("Noon", 1))
    page.get_by_role("slider", name="Cut between shot 1 and shot 2").focus()
    board.walk("ArrowRight", "ArrowRight")
    expect(board.said()).to_have_text("Shot 1 now lasts 4 seconds. Shot 2 now lasts 3 seconds.")
    board.expect(("Dawn", 4), ("Dusk", 3), ("Dawn, again", 1), ("Noon", 1))


def test_the_tab_key_reaches_everything_in_the_order_it_is_read(board: Board, page: Page) -> None:
    board.press("Add a shot")
    page.get_by_role("button", name="Shot 1, 5 seconds").focus()
    names = []
    for _ in range(13):
        names.append(page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.labels?.[0].innerText"))
        board.walk("Tab")
    assert names == [
        "Shot 1, 5 seconds",
        "Cut between shot 1 and shot 2",
        "Shot 2, 4 seconds",
        "Shot 1 What happens",
        "Seconds of shot 1",
        "Move shot 1 up",
        "Move shot 1 down",
        "Duplicate shot 1",
        "Remove shot 1",
        "Shot 2 What happens",
        "Seconds of shot 2",
        "Move shot 2 up",
        "Move shot 2 down",
    ]


def test_two_digits_are_one_number(board: Board) -> None:
    board.pick(15)
    board.press("Add a shot")
    board.press("Add a shot")
    expect(board.seconds(1)).to_have_text("8 s")
    board.seconds(2).focus()
    board.walk("1", "2")
    board.expect(("", 2), ("", 12), ("", 1))


def test_a_cut_is_drawn_with_the_pointer(board: Board, page: Page) -> None:
    board.press("Add a shot")
    ruler = page.locator("#storyboard .ruler").bounding_box()
    handle = page.get_by_role("slider").bounding_box()
    assert ruler
    assert handle
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + 10)
    page.mouse.down()
    page.mouse.move(ruler["x"] + ruler["width"] * 0.45, ruler["y"] + 10)
    page.mouse.move(ruler["x"] + ruler["width"] * 2 / 9, ruler["y"] + 10)
    page.mouse.up()
    expect(board.said()).to_have_text("Shot 1 now lasts 2 seconds. Shot 2 now lasts 7 seconds.")
    page.mouse.move(0, 0)
    board.expect(("", 2), ("", 7))
    page.get_by_role("button", name="Shot 1, 2 seconds").click()
    expect(board.text(1)).to_be_focused()


def test_the_last_place_and_the_last_second_are_said(board: Board, page: Page) -> None:
    for _ in range(5):
        board.press("Add a shot")
    more = page.get_by_role("button", name="Add a shot")
    expect(more).to_have_attribute("aria-disabled", "true")
    expect(more).to_have_accessible_description("6 shots are the most a video can have.")
    more.focus()
    board.walk("Enter")
    expect(board.said()).to_have_text("6 shots are the most a video can have.")
    expect(board.texts).to_have_count(6)
    board.pick(3)
    crowd = "6 shots need at least 6 seconds; the video lasts 3 seconds. Make it longer or remove shots."
    expect(page.locator("#storyboard .crowd")).to_have_text(crowd)
    expect(board.said()).to_have_text(crowd)
    for _ in range(3):
        board.press("Remove shot 1")
    expect(page.locator("#storyboard .crowd")).to_be_hidden()
    expect(more).to_have_accessible_description("Every shot lasts one second. Make the video longer to add another.")
    board.expect(("", 1), ("", 1), ("", 1))


def test_a_length_that_comes_and_goes_changes_nothing(board: Board) -> None:
    board.press("Another clip")
    board.pick(3)
    expect(board.seconds(2)).to_have_text("2 s")
    board.pick(15)
    expect(board.seconds(2)).to_have_text("12 s")
    board.expect(("A heron lands", 3), ("<b>It</b> looks up", 12))
    board.pick(LENGTH)
    expect(board.seconds(2)).to_have_text("7 s")
    board.expect(("A heron lands", 2), ("<b>It</b> looks up", 7))


def test_it_is_filled_from_outside_and_never_with_markup(board: Board, page: Page) -> None:
    board.text(1).fill("Mine")
    board.press("Another clip")
    expect(board.text(2)).to_have_value("<b>It</b> looks up")
    assert board.seen() == OTHERS
    assert page.locator("#storyboard b", has_text="It").count() == 0
    assert board.received() == OTHERS


def test_only_a_person_is_heard(board: Board, page: Page) -> None:
    heard = page.get_by_label("Heard")
    board.press("Another clip")
    expect(board.text(2)).to_have_value("<b>It</b> looks up")
    board.received()
    expect(heard).to_have_value("0")
    board.text(1).fill("A stork lands")
    expect(heard).to_have_value("1")


def test_another_language_leaves_text_and_focus_alone(board: Board, page: Page) -> None:
    board.press("Add a shot")
    page.keyboard.type("Half a sen")
    page.evaluate("[...document.querySelectorAll('button')].find(one => one.innerText === 'Another language').click()")
    expect(page.get_by_label("¡Shot 2! ¡What happens!")).to_be_focused()
    page.keyboard.type("tence")
    expect(board.texts.nth(1)).to_have_value("Half a sentence")
    expect(page.get_by_role("button", name="¡Add a shot!")).to_be_visible()
    board.expect(("", 5), ("Half a sentence", 4))


def test_fast_typing_loses_nothing(board: Board, page: Page) -> None:
    words = " ".join(f"word{number}" for number in range(80))[:500]
    board.text(1).focus()
    page.keyboard.type(words)
    board.expect((words, LENGTH))


def test_words_are_there_when_the_button_is_pressed_by_a_key(board: Board, page: Page) -> None:
    page.get_by_role("button", name="Create", exact=True).focus()
    board.text(1).focus()
    page.keyboard.type("Quick")
    page.evaluate("[...document.querySelectorAll('button')].find(one => one.innerText === 'Create').click()")
    expect(page.get_by_label("Received")).not_to_have_value("")
    assert json.loads(page.get_by_label("Received").input_value()) == [{"prompt": "Quick", "duration": "9"}]


def test_text_waits_behind_the_other_way(board: Board, page: Page) -> None:
    board.press("Add a shot")
    page.keyboard.type("Still here")
    page.get_by_role("radio", name="One shot").check()
    expect(board.texts).to_have_count(0)
    page.get_by_role("radio", name="Storyboard").check()
    expect(board.text(2)).to_have_value("Still here")
    board.text(2).press_sequentially("!")
    board.expect(("", 5), ("Still here!", 4))


def test_characters_are_counted_near_the_limit_and_none_is_cut_off(board: Board, page: Page) -> None:
    board.text(1).fill("x" * 409)
    expect(page.get_by_text("409 of 512 characters")).to_have_count(0)
    board.text(1).fill("x" * 410)
    expect(page.locator("#storyboard .count", has_text="410 of 512 characters")).to_be_visible()
    expect(board.said()).to_have_text("410 of 512 characters")
    board.text(1).fill("x" * 513)
    expect(board.text(1)).to_have_attribute("aria-invalid", "true")
    board.expect(("x" * 513, LENGTH))


def test_what_is_wrong_stands_below_the_cards(board: Board, page: Page) -> None:
    board.press("Refuse")
    sentence = page.locator("#storyboard .complaint")
    expect(sentence).to_contain_text(SENTENCE)
    below, last = sentence.bounding_box(), page.get_by_role("button", name="Add a shot").bounding_box()
    assert below
    assert last
    assert below["y"] >= last["y"] + last["height"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_kept_out(page: Page, house: Process, theme: str) -> None:
    board = Board(page, f"{house.url}?__theme={theme}")
    for _ in range(2):
        board.press("Add a shot")
    board.press("Remove shot 2")
    page.wait_for_timeout(300)
    found = Axe().run(page, "#storyboard").response["violations"]
    assert [(fault["id"], [node["html"][:120] for node in fault["nodes"]]) for fault in found] == []


def test_a_thumb_finds_every_button(page: Page, house: Process) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    board = Board(page, house.url)
    for _ in range(5):
        board.press("Add a shot")
    sizes = page.locator("#storyboard .shot button, #storyboard .add").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(({ width, height }) => Math.min(width, height))"
    )
    assert min(sizes) >= 40
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1440, "height": 900})
