import asyncio
from dataclasses import replace

import pytest

from client.order import UPLOAD
from jobs.desk import Desk
from jobs.engine import LocalEngine
from jobs.entries import Films, retold
from jobs.job import Trouble
from jobs.journal import Journal
from jobs.library import PAGE, WIPED, Library, StillMade
from jobs.states import OPEN, RESTING, State
from jobs.store import Overtaken
from tests.jobs.fakes import MP4, NAME, OTHER_NAME, element_request, job, purse, rehearsals, request


@pytest.fixture
def library(means):
    return Library(means.store, means.shelf)


async def added(store, count=1, **fields):
    start = len(await store.select("1"))
    return [await store.add(job(nonce=f"n{start + number}", **fields)) for number in range(count)]


def texts(page):
    return [found.request.prompt for found in page.jobs]


async def test_it_shows_what_this_person_made_newest_first_a_page_at_a_time(library, store):
    jobs = await added(store, PAGE + 3, state=State.DONE)
    await store.add(replace(job(nonce="bob"), owner="bob"))
    await store.add(job(request=element_request(), nonce="element"))
    first, second = await library.page("ann"), await library.page("ann", number=2)
    assert [found.id for found in [*first.jobs, *second.jobs]] == [found.id for found in reversed(jobs)]
    assert (first.total, first.number, first.pages, len(first.jobs)) == (PAGE + 3, 1, 2, PAGE)


@pytest.mark.parametrize(("asked", "number"), [(-5, 1), (0, 1), (2, 2), (99, 2)])
async def test_a_page_that_is_not_there_is_the_nearest_one(library, store, asked, number):
    await added(store, PAGE + 1)
    assert (await library.page("ann", number=asked)).number == number
    assert (await library.page("nobody", number=asked)).pages == 1


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", 4),
        ("BOAT", 2),
        ("drifts boat", 1),
        ("100%", 1),
        ("0%_", 0),
        ("slow_motion", 1),
        ("slowxmotion", 0),
        ("\\", 1),
        ("straße", 1),
        ("STRASSE", 1),
        ("second shot", 1),
        ("boat " * 20 + "absent", 2),
        ("'; DROP TABLE job; --", 0),
    ],
)
async def test_the_words_that_are_looked_for_are_taken_literally(library, store, words, found):
    params = {
        "multi_shot": True,
        "shot_type": "customize",
        "multi_prompt": [
            {"index": 1, "prompt": "A first shot", "duration": 2},
            {"index": 2, "prompt": "The second shot of a Straße \\", "duration": 3},
        ],
    }
    await added(store, request=request(prompt="The boat drifts at 100%"))
    await added(store, request=request(prompt="slow_motion"))
    await added(store, request=request(prompt="A slowxmotion boat".replace("xm", " m")))
    await added(store, request=request(prompt="", model_params=params))
    assert (await library.page("ann", words)).total == found


async def test_a_star_is_kept_and_found(library, store):
    one, two = await added(store, 2, state=State.DONE)
    await library.star(one.id, "ann", starred=True)
    await library.star(two.id, "bob", starred=True)
    assert [found.id for found in (await library.page("ann", starred=True)).jobs] == [one.id]
    await library.star(one.id, "ann", starred=False)
    assert (await library.page("ann", starred=True)).total == 0


async def test_a_star_is_set_on_a_job_that_moves_meanwhile(library, store, monkeypatch):
    (one,) = await added(store)
    write = store.write

    async def overtaken(before, after):
        monkeypatch.setattr(store, "write", write)
        await write(one, replace(one, state=State.SUBMITTING))
        return await write(before, after)

    monkeypatch.setattr(store, "write", overtaken)
    await library.star(one.id, "ann", starred=True)
    found = await store.job(one.id)
    assert (found.state, found.starred) == (State.SUBMITTING, True)


@pytest.mark.parametrize("state", sorted(RESTING))
async def test_what_is_deleted_leaves_no_word_and_no_file_but_what_it_cost(library, store, means, state):
    params = {"multi_shot": True, "shot_type": "customize"}
    params["multi_prompt"] = [{"index": 1, "prompt": "Secret shot", "duration": 7}]
    asked = request(
        prompt="Secret", model_params=params, duration=7, callback_url="https://secret.example.org/", sound="on"
    )
    facts = {"credits_reserved": 16.0, "credits_charged": 15.5, "task_id": "t", "credits_estimated": 16.2}
    (made,) = await added(
        store,
        request=asked,
        state=state,
        body='{"prompt": "Secret"}',
        uploads={NAME: "https://secret.example.org/a.jpg"},
        link="https://secret.example.org/v.mp4",
        trouble=Trouble("code", "Said.", detail="Secret"),
        video="v.mp4",
        starred=True,
        **facts,
    )
    shelf = means.shelf
    gone = [shelf.video_path(made.id), shelf.poster_path(made.id), shelf.poster_path(NAME[:64]), shelf.picture(NAME)]
    for path in gone:
        path.write_bytes(MP4)
    assert await library.delete(made.id, "ann") is True
    assert [path for path in gone if path.exists()] == []
    (row,) = await store.figures("SELECT * FROM job")
    assert "secret" not in str(row).casefold()
    left = await store.job(made.id)
    assert {name: getattr(left, name) for name in facts} == facts
    assert (left.state, left.hidden, left.request.prompt) == (state, True, WIPED)
    assert (left.request.duration, left.request.sound) == (7, "on")
    assert (await library.page("ann")).total == 0
    assert await library.delete(made.id, "ann") is False


async def test_the_journal_forgets_the_text_too_and_still_tells_of_the_money(library, store, tmp_path):
    asked = await store.add(job(request=request(prompt="Secret"), nonce="secret"))
    other = await store.add(job(request=request(prompt="Open"), nonce="open"))
    for each in (asked, other):
        sending = await store.write(each, replace(each, state=State.SUBMITTING, body='{"prompt": "Secret or Open"}'))
        sent = await store.write(sending, replace(sending, state=State.SUBMITTED, task_id=f"task-{each.nonce}"))
        await store.write(sent, replace(sent, state=State.FAILED, credits_charged=3.0))
    await library.delete(asked.id, "ann")
    told = (tmp_path / "journal.jsonl").read_text()
    lines = [line for line in told.splitlines() if asked.id in line]
    assert "Secret" not in "".join(lines)
    assert "task-secret" in lines[-1]
    assert '"credits_charged": 3' in lines[-1]
    assert "Secret or Open" in told, "the other job is told of as before"
    assert oct((tmp_path / "journal.jsonl").stat().st_mode)[-3:] == "600"
    rebuilt = retold(Journal(tmp_path).lines(), Films((), lambda _: None), 5000.0)
    ((first, *_), _) = rebuilt
    assert (first.hidden, first.request.prompt, first.task_id) == (True, WIPED, "task-secret")


async def test_a_journal_that_cannot_be_written_keeps_no_video_alive(library, store, means, monkeypatch, caplog):
    (made,) = await added(store, state=State.DONE)
    means.shelf.video_path(made.id).write_bytes(MP4)

    async def full(*_):
        raise OSError("No room.")

    monkeypatch.setattr(store, "forget", full)
    assert await library.delete(made.id, "ann") is True
    assert means.shelf.video(made.id) is None
    assert made.id in caplog.text


async def test_pictures_that_another_job_names_stay(library, store, means):
    one, two = await added(store, 2, state=State.DONE, request=request(image_urls=[f"{UPLOAD}{OTHER_NAME}"]))
    await store.add(job(request=element_request(), nonce="element", state=State.DONE))
    await library.delete(one.id, "ann")
    assert means.shelf.kept(NAME)
    assert means.shelf.kept(OTHER_NAME)
    await library.delete(two.id, "ann")
    assert means.shelf.kept(NAME), "the element needs it"


@pytest.mark.parametrize("state", sorted(OPEN))
async def test_what_is_still_made_is_not_deleted(library, store, state):
    (made,) = await added(store, state=state)
    with pytest.raises(StillMade):
        await library.delete(made.id, "ann")
    assert await store.job(made.id) == made


async def test_what_comes_to_life_in_that_moment_is_not_deleted(library, store, monkeypatch):
    (made,) = await added(store, state=State.UNKNOWN)

    async def overtaken(before, after):
        raise Overtaken(before.id)

    monkeypatch.setattr(store, "write", overtaken)
    with pytest.raises(StillMade):
        await library.delete(made.id, "ann")


async def test_nobody_touches_what_is_not_theirs(library, store, means):
    (made,) = await added(store, state=State.DONE)
    element = await store.add(job(request=element_request(), nonce="element", state=State.DONE))
    for job_id, owner in [(made.id, "bob"), (made.id, ""), ("nobody", "ann"), (element.id, "ann")]:
        assert await library.delete(job_id, owner) is False
        assert await library.last_frame(job_id, owner) is None
    assert not (await store.job(made.id)).hidden
    assert await library.last_frame(made.id, "ann") is None, "its file is missing"


async def test_files_that_are_here_are_told_from_those_that_are_missing(library, store, means):
    one, two = await added(store, 2, state=State.DONE)
    means.shelf.video_path(one.id).write_bytes(MP4)
    found = await asyncio.to_thread(library.videos, [one, two])
    assert found == {one.id: means.shelf.video_path(one.id)}


async def test_what_was_deleted_is_nowhere_on_the_desk(means, store):
    desk = Desk(means, LocalEngine(means), rehearsals(means), purse(means))
    (made,) = await added(store, state=State.DONE)
    await desk.library.delete(made.id, "ann")
    assert await desk.job(made.id, "ann") is None
    assert await desk.by_token(made.token) is None
    assert await desk.recent("ann") == []
    assert await desk.look_again(made.id, "ann") is None


def test_where_nothing_was_paid_for_there_is_nothing_to_forget(tmp_path):
    Journal(tmp_path).forget("a" * 32, {"request"})
    assert list(tmp_path.iterdir()) == []
