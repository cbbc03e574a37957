"""Elements: jobs like any other, asked for apart; and one ordered from a real service on another port."""

import asyncio
from dataclasses import replace

import pytest
from PIL import Image
from pydantic import SecretStr

from client.api import EvoLink
from client.delivery import Delivery
from jobs.desk import Desk
from jobs.engine import LocalEngine
from jobs.room import Room
from jobs.states import Money, State
from tests.house import running, sandbox
from tests.jobs.fakes import Rehearser, element, element_request, job, purse, rehearsals, request, task
from tests.pictures import GROOT, TOWER


@pytest.fixture
def desk(means, engine):
    return Desk(means, engine, rehearsals(means), purse(means))


async def last(watching):
    return [record async for record in watching][-1]


async def test_an_element_is_watched_and_listed_apart_from_the_videos(desk, service):
    service.task_answers = [task(progress=50), element()]
    film = await desk.start(request(), owner="ann", nonce="1", credits_estimated=27.0)
    mia = await desk.start(element_request(), owner="ann", nonce="2")
    assert (film.credits_estimated, mia.credits_estimated) == (27.0, None)
    done = await asyncio.wait_for(last(desk.watch(mia.id, "ann")), 30)
    assert (done.state, done.element_id) == (State.DONE, "830012345678")
    assert desk.video(done) is None
    assert await desk.job(mia.id, "ann") == done
    assert await desk.elements("ann") == [done]
    assert await desk.elements("bob") == []
    assert [found.id for found in await desk.recent("ann")] == [film.id]


async def test_an_element_under_way_is_not_the_newest_video(means, store):
    desk = Desk(means, LocalEngine(means), rehearsals(means), purse(means))
    film = await store.add(job(nonce="1"))
    await store.add(job(nonce="2", request=element_request()))
    assert await desk.newest_open("ann") == film


async def test_elements_that_came_to_nothing_are_soon_left_out(desk, store):
    ends = [State.FAILED, State.UNKNOWN, State.DONE, State.REJECTED, State.CANCELLED, State.FAILED, State.DONE]
    jobs = [await store.add(job(state=state, nonce=str(n), request=element_request())) for n, state in enumerate(ends)]
    assert [found.state for found in await desk.elements("ann")] == [
        *(State.DONE, State.FAILED, State.CANCELLED),
        *(State.DONE, State.UNKNOWN),
    ]
    await desk.forget_element(jobs[-1].id, "ann")
    assert [found.state for found in await desk.elements("ann")] == [
        *(State.FAILED, State.CANCELLED, State.REJECTED),
        *(State.DONE, State.UNKNOWN),
    ]


async def test_only_its_owner_can_forget_an_element_and_nothing_else(desk, store):
    mia = await store.add(job(state=State.DONE, nonce="1", request=element_request(), element_id="83"))
    film = await store.add(job(state=State.DONE, nonce="2"))
    for job_id, owner in [(mia.id, "bob"), (film.id, "ann"), ("nobody", "ann")]:
        await desk.forget_element(job_id, owner)
    assert await desk.elements("ann") == [mia]
    assert await desk.job(film.id, "ann") == film
    for _ in range(2):
        await desk.forget_element(mia.id, "ann")
    assert await desk.elements("ann") == []
    hidden = await desk.job(mia.id, "ann")
    assert (hidden.hidden, hidden.version, hidden.element_id) == (True, 2, "83")


async def test_an_element_that_moves_meanwhile_is_forgotten_all_the_same(desk, store, monkeypatch):
    mia = await store.add(job(state=State.SUBMITTED, request=element_request()))
    write, moves = store._write, [State.STALLED]

    def moved_meanwhile(before, after):
        if moves:
            write(before, replace(before, state=moves.pop()))
        return write(before, after)

    monkeypatch.setattr(store, "_write", moved_meanwhile)
    await desk.forget_element(mia.id, "ann")
    left = await desk.job(mia.id, "ann")
    assert (left.state, left.hidden) == (State.STALLED, True)


async def test_the_front_view_stands_for_an_element(desk, means):
    front, view = await means.shelf.keep(TOWER), await means.shelf.keep(GROOT)
    mia = job(state=State.DONE, request=element_request(front, view))
    poster = await desk.poster(mia)
    assert poster
    with Image.open(poster) as small:
        assert small.size == (377, 600)


async def test_two_pictures_become_an_element_that_a_video_can_call(tmp_path):
    with running(sandbox(tmp_path)) as service:
        async with (
            EvoLink(SecretStr("sk-test"), base_url=service.url, files_url=service.url) as evolink,
            Delivery(allowed_origin=service.url) as delivery,
            Room(tmp_path / "data", evolink, delivery, Rehearser()) as room,
        ):
            front, view = await room.desk.keep(TOWER), await room.desk.keep(GROOT)
            started = await room.desk.start(element_request(front, view), owner="ann", nonce="1")
            done = await asyncio.wait_for(last(room.desk.watch(started.id, "ann")), 60)
        (row,) = service.ask("/sandbox/ledger")
    assert (done.state, done.money, done.trouble) == (State.DONE, Money.CHARGED, None)
    assert (row["task_id"], row["idempotency_key"]) == (done.task_id, done.idempotency_key)
    assert request(model_params={"element_list": [{"element_id": done.element_id}]})
    assert done.video is None
