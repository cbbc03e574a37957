import asyncio
import logging
import stat
from contextlib import aclosing

import pytest

from client.errors import PictureError
from client.prices import TABLE
from jobs.rehearsal import AT_ONCE, LIFE, MOST, Rehearsal
from jobs.room import Room
from tests.jobs.fakes import MP4, NAME, OTHER_NAME, Clock, Rehearser, rehearsals, request


class Untouchable:
    """A service, or a delivery, that nobody may ask for anything."""

    def __init__(self):
        self.touched = []

    def __getattr__(self, name):
        self.touched.append(name)
        raise AssertionError(f"{name} was asked of it")


@pytest.fixture
def rehearser():
    return Rehearser()


@pytest.fixture
def played(means, rehearser):
    return rehearsals(means, rehearser)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "rehearsals"


async def seen(playing):
    return [snapshot async for snapshot in playing]


async def settle():
    for _ in range(5):
        await asyncio.sleep(0.01)


async def test_each_percent_is_told_once_and_the_last_word_is_ready(played, rehearser, folder):
    rehearser.shares = (0.0, 0.004, 0.25, 0.251, 0.7, 0.7, 1.0)
    snapshots = await seen(played.play(request()))
    token = snapshots[0].token
    assert snapshots == [
        Rehearsal(token),
        Rehearsal(token, 25),
        Rehearsal(token, 70),
        Rehearsal(token, 99),
        Rehearsal(token, 100, ready=True),
    ]
    assert played.film(token).read_bytes() == MP4
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_it_is_made_from_the_pictures_that_lie_here(played, rehearser, means):
    asked = request(image_urls=["https://example.org/far.png", f"upload:{OTHER_NAME}"])
    await seen(played.play(asked))
    assert rehearser.asked == [
        (asked, {f"upload:{name}": means.shelf.picture(name) for name in (NAME, OTHER_NAME)}),
    ]


async def test_a_picture_that_is_gone_is_said(played, rehearser):
    *_, last = await seen(played.play(request(image_end=f"upload:{'c' * 64}.png")))
    assert last == Rehearsal(last.token, trouble="picture_gone")
    assert rehearser.asked == []


async def test_a_picture_that_cannot_be_read_is_said(played, rehearser, folder):
    rehearser.failure = PictureError("It could not be read.", code="picture_damaged")
    first, last = await seen(played.play(request()))
    assert (first.trouble, last.trouble) == ("", "picture_damaged")
    assert played.film(last.token) is None
    assert list(folder.iterdir()) == []


async def test_any_other_failure_is_said_and_logged_and_the_next_try_may_succeed(played, rehearser, folder, caplog):
    rehearser.failure = OSError("no room")
    with caplog.at_level(logging.ERROR):
        *_, last = await seen(played.play(request()))
    assert last == Rehearsal(last.token, trouble="failed")
    assert "no room" in caplog.text
    assert list(folder.iterdir()) == []
    rehearser.failure = None
    assert (await seen(played.play(request())))[-1].ready


async def test_closed_early_it_goes_no_further_and_leaves_nothing(played, rehearser, folder):
    rehearser.shares = (0.5,)
    rehearser.let_go.clear()
    async with aclosing(played.play(request())) as playing:
        assert [(await anext(playing)).percent for _ in range(2)] == [0, 50]
        assert rehearser.at_work == 1
        assert [part.name for made in folder.iterdir() for part in made.iterdir()] == ["film.part"]
    assert rehearser.at_work == 0
    assert list(folder.iterdir()) == []


async def test_closed_before_it_began_nothing_is_made(played, rehearser):
    async with aclosing(played.play(request())) as playing:
        assert await anext(playing) == Rehearsal(played._token(request()))
    assert rehearser.asked == []


async def test_it_ends_with_whoever_watches_it(played, rehearser, folder):
    rehearser.let_go.clear()
    watching = asyncio.create_task(seen(played.play(request())))
    await settle()
    assert rehearser.at_work == 1
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
    assert rehearser.at_work == 0
    assert list(folder.iterdir()) == []


async def test_two_at_a_time_and_the_others_wait(played, rehearser):
    rehearser.let_go.clear()
    watching = [asyncio.create_task(seen(played.play(request(prompt=f"Shot {number}")))) for number in range(5)]
    await settle()
    assert rehearser.at_work == AT_ONCE
    rehearser.let_go.set()
    assert all(snapshots[-1].ready for snapshots in await asyncio.gather(*watching))
    assert len(rehearser.asked) == 5
    assert rehearser.most_at_work == AT_ONCE


async def test_equal_requests_share_one_film(played, rehearser):
    made = (await seen(played.play(request())))[-1]
    assert await seen(played.play(request())) == [made]
    other = (await seen(played.play(request(duration=6))))[-1]
    assert other.token != made.token
    assert len(rehearser.asked) == 2


async def test_one_that_waited_for_its_like_is_ready_when_that_is(played, rehearser):
    rehearser.let_go.clear()
    watching = [
        asyncio.create_task(seen(played.play(request(prompt=prompt)))) for prompt in ("one", "two", "one", "two")
    ]
    await settle()
    rehearser.let_go.set()
    assert all(snapshots[-1].ready for snapshots in await asyncio.gather(*watching))
    assert len(rehearser.asked) == 2


async def test_the_oldest_of_too_many_goes(played, folder):
    tokens = [(await seen(played.play(request(prompt=f"Shot {number}"))))[-1].token for number in range(MOST + 2)]
    assert [played.film(token) is None for token in tokens] == [True, True, *[False] * MOST]
    assert len(list(folder.iterdir())) == MOST


async def test_a_day_later_it_goes_when_the_next_is_made(played, folder, clock):
    old = (await seen(played.play(request())))[-1].token
    clock.passed += LIFE
    new = (await seen(played.play(request(duration=6))))[-1].token
    assert played.film(old) is None
    assert [path.name for path in folder.iterdir()] == [f"{new}.mp4"]


async def test_a_new_run_knows_no_address_of_the_last_one(means, played, folder):
    old = (await seen(played.play(request())))[-1].token
    (folder / "tmp").mkdir()
    (folder / "tmp" / "film.mp4.part").write_bytes(MP4)
    again = rehearsals(means)
    await again.open()
    assert again.film(old) is None
    assert not folder.exists()
    new = (await seen(again.play(request())))[-1].token
    assert new != old
    assert len(new) == 43


@pytest.mark.parametrize("token", ["", ".", "../store", "x" * 43, "é"])
async def test_nothing_else_has_an_address(played, token):
    assert played.film(token) is None


async def test_it_asks_nobody_and_writes_no_job(tmp_path):
    nobody = Untouchable()
    async with Room(tmp_path, nobody, nobody, Rehearser(), prices=TABLE, clock=Clock()) as room:
        *_, last = await seen(room.desk.rehearse(request(image_start="https://example.org/far.png")))
        assert last.ready
        assert room.desk.rehearsal(last.token).read_bytes() == MP4
        assert room.desk.rehearsal("another") is None
        assert await room._store.open_jobs() == []
    assert nobody.touched == []
