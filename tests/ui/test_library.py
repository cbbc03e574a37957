"""The library as it is drawn and as its buttons answer, on a real desk."""

from dataclasses import replace
from typing import Any

import gradio as gr
import pytest

from jobs.desk import Desk
from jobs.job import Job
from jobs.library import PAGE, Page
from jobs.ride import Means
from jobs.states import State
from tests.jobs.fakes import MP4, job, request
from ui.cards import cost, shelf
from ui.languages import NAMES, language
from ui.library import Library

ENGLISH = language("en")
HOSTILE = "<img src=x onerror=alert(1)>'\"&"


def clip(state: State = State.DONE, **changes: Any) -> Job:
    return job(state=state, request=request(prompt=changes.pop("prompt", "Rain")), **changes)


def drawn(*jobs: Job, here: bool = True, code: str = "en", number: int = 1, pages: int = 1) -> str:
    ids = {each.id for each in jobs} if here else set[str]()
    page = Page(list(jobs), len(jobs), number, pages)
    return shelf(page, ids, language(code), searching=False, sandbox=False)


@pytest.mark.parametrize("code", NAMES)
@pytest.mark.parametrize("state", State)
def test_a_card_in_every_state_and_language_can_be_opened_and_made_again(state: State, code: str) -> None:
    found = drawn(clip(state), here=state is State.DONE, code=code)
    assert "data-show=" in found
    assert "data-again=" in found
    assert "data-age" in found


@pytest.mark.parametrize("state", State)
def test_only_what_is_at_rest_can_be_chosen_or_deleted(state: State) -> None:
    found = drawn(clip(state), here=False)
    resting = clip(state).resting
    assert ("data-pick=" in found) is resting
    assert ("data-erase='" in found) is resting
    assert ("once it has ended" in found) is not resting


def test_a_video_whose_file_is_missing_says_so_and_offers_nothing_of_it() -> None:
    found = drawn(clip(), here=False)
    assert "File missing" in found
    for offer in ("data-film", "data-token", "data-continue", "download"):
        assert offer not in found
    assert "data-film" in drawn(clip())


def test_nothing_that_people_wrote_is_markup() -> None:
    assert "<img src=x" not in drawn(clip(prompt=HOSTILE))
    assert "alert(1)>'" not in drawn(clip(prompt=HOSTILE))


def test_the_way_to_other_pages_ends_at_both_ends() -> None:
    assert "<nav" not in drawn(clip())
    first, last = drawn(clip(), pages=3), drawn(clip(), number=3, pages=3)
    assert "data-page='0' disabled" in first
    assert "data-page='2'>" in first
    assert "data-page='4' disabled" in last
    assert "Page 3 of 3" in last


@pytest.mark.parametrize(
    ("state", "facts", "said"),
    [
        (State.DONE, {"credits_charged": 15.5, "credits_reserved": 16.0}, "15.5 credits"),
        (State.DONE, {"credits_estimated": 16.2}, "about 16.2 credits"),
        (State.SUBMITTED, {"credits_reserved": 16.0}, "about 16 credits"),
        (State.REJECTED, {"credits_estimated": 16.2}, "not charged"),
        (State.UNKNOWN, {"credits_estimated": 16.2}, "perhaps 16.2 credits"),
        (State.DONE, {}, ""),
    ],
)
def test_a_card_tells_what_it_took_from_the_purse(state: State, facts: dict[str, float], said: str) -> None:
    assert cost(clip(state, **facts), ENGLISH, sandbox=False) == said
    assert ("would cost" in cost(clip(state, **facts), ENGLISH, sandbox=True)) is bool(facts)


@pytest.fixture
def library(desk: Desk) -> Library:
    return Library(desk, sandbox=True)


async def added(means: Means, *prompts: str, state: State = State.DONE) -> list[Job]:
    jobs = [clip(state, nonce=f"n{number}", prompt=prompt) for number, prompt in enumerate(prompts)]
    return [await means.store.add(each) for each in jobs]


async def test_an_empty_library_invites_and_an_empty_search_says_so(library: Library, means: Means) -> None:
    assert "Everything you make" in (await library.look("ann", "en", "", False, 1))[0]
    await added(means, "Rain")
    assert "Nothing like that" in (await library.look("ann", "en", "snow", False, 1))[0]
    assert "Nothing like that" in (await library.look("ann", "en", "", True, 1))[0]
    assert await library.look("", "en", "", False, 1) == ("", 1)


async def test_what_is_looked_for_and_which_page(library: Library, means: Means) -> None:
    await added(means, *(["Rain"] * PAGE), "Snow")
    assert (await library.look("ann", "en", "", False, 2))[1] == 2
    found, number = await library.first("ann", "en", "SNOW", False)
    assert (number, found.count("data-show")) == (1, 1)
    turned, number = await library.turn("ann", "en", "", False, gr.EventData(None, {"number": 2}))
    assert (number, turned.count("data-show")) == (2, 1)


async def test_a_star_and_its_filter(library: Library, means: Means) -> None:
    one, _ = await added(means, "Rain", "Snow")
    await library.star("ann", gr.EventData(None, {"job": one.id, "starred": True}))
    found, _ = await library.first("ann", "en", "", True)
    assert found.count("aria-pressed='true'") == found.count("data-show") == 1


async def test_deleting_says_what_became_of_each(library: Library, means: Means) -> None:
    (done,) = await added(means, "Rain")
    busy = await means.store.add(replace(clip(State.SUBMITTED), nonce="busy"))
    chosen = gr.EventData(None, {"jobs": [done.id, busy.id, "unknown"]})
    found, _, told = await library.delete("ann", "en", "", False, 1, chosen)
    assert "Deleted: 1." in told
    assert "not deleted: 1." in told
    assert found.count("data-show") == 1
    assert (await library.delete("bob", "en", "", False, 1, chosen))[2] == ""


async def test_the_files_that_are_here_are_found(library: Library, means: Means) -> None:
    one, _ = await added(means, "Rain", "Snow")
    means.shelf.video_path(one.id).write_bytes(MP4)
    found, _ = await library.look("ann", "en", "", False, 1)
    assert found.count("data-film") == 1
    assert found.count("File missing") == 1
