"""Whom EvoLink is asked to call back, and how far that is relied on."""

import json
from base64 import urlsafe_b64decode
from dataclasses import replace

import pytest

from client.errors import OutcomeUnknown
from client.idempotency import Idempotency
from jobs.callbacks import Callbacks
from jobs.drive import drive
from jobs.journal import Journal
from jobs.lost import Lost
from jobs.states import State
from tests.jobs.fakes import element, element_request, finished, job, purse, request, task

ORIGIN = "https://video.example.org"
OWN = "https://hooks.example.org/mine"
TASK = "task-unified-1-abc"


@pytest.fixture
def called(means):
    """The means of an app that is reached from outside."""
    return replace(means, callbacks=Callbacks(ORIGIN))


@pytest.fixture
def lost(called, engine):
    return Lost(called, engine, purse(called), called.store.add)


def underway(called, **fields):
    """A job that was ordered with a callback."""
    made = job(**{"task_id": TASK, "submitted": 1000.0, "estimated_seconds": 300.0, "state": State.SUBMITTED, **fields})
    return replace(made, body=json.dumps(called.callbacks.asked(made).body({"a" * 64 + ".jpg": "https://e.org/a"})))


@pytest.mark.parametrize("asked", [request(), element_request()])
async def test_with_a_public_address_an_order_asks_to_be_called_back(called, store, service, tmp_path, asked):
    service.task_answers = [element() if asked == element_request() else finished()]
    done = await drive(await store.add(job(request=asked)), called)
    ((body, _),) = service.posts
    assert (done.state, done.body) == (State.DONE, body.decode())
    told = json.loads(body)
    assert told.pop("callback_url") == f"{ORIGIN}/callback/{done.callback_token}"
    assert told == asked.body(done.uploads)
    assert done.request == asked
    (journaled,) = [line["row"]["request"] for line in Journal(tmp_path).lines() if "request" in line["row"]]
    assert json.loads(journaled)["callback_url"] is None


async def test_the_address_of_a_person_is_left_alone(called, store, service):
    await drive(await store.add(job(request=request(callback_url=OWN))), called)
    assert json.loads(service.posts[0][0])["callback_url"] == OWN


async def test_without_a_public_address_nobody_is_asked_to_call(means, store, service):
    await drive(await store.add(job()), means)
    assert "callback_url" not in json.loads(service.posts[0][0])


async def test_the_repeat_of_an_order_asks_for_the_same_callback(called, store, service):
    service.submit_answers = [OutcomeUnknown("Cut."), task()]
    await drive(await store.add(job()), replace(called, idempotency=Idempotency.PROVEN))
    first, second = service.posts
    assert first == second
    assert "callback_url" in json.loads(second[0])


def test_the_secret_of_a_callback_has_256_bits():
    assert len(urlsafe_b64decode(job().callback_token + "=")) == 32


async def slept(called, store, service, clock, made):
    """How long the pauses are while a task takes five minutes, and how it ends."""
    clock.slept.clear()
    until = clock.passed + 300
    service.task_answers = [lambda: finished() if clock.passed >= until else task()]
    ended = await drive(await store.add(replace(made, submitted=clock.now())), called)
    assert ended.state is State.DONE
    return clock.slept.copy()


async def test_polling_calms_down_once_calls_come_and_not_before(called, store, service, clock, lost):
    unproven = await slept(called, store, service, clock, underway(called))
    (first,) = await store.select("1")
    assert await lost.called_back(first.callback_token)
    calm = await slept(called, store, service, clock, underway(called, nonce="2"))
    assert set(calm) == {20}
    assert len(calm) < len(unproven) / 2


async def test_lost_callbacks_are_not_relied_on_again_and_polling_brings_the_videos_home(
    called, store, service, clock, lost
):
    before = await store.add(underway(called, state=State.DONE))
    for nonce in "123":
        called.callbacks.heard(before)
        made = underway(called, nonce=nonce)
        assert called.callbacks.relied_on(made)
        assert max(await slept(called, store, service, clock, made)) <= 60
        assert not called.callbacks.relied_on(underway(called, nonce="next"))


async def test_a_task_that_seems_under_way_after_its_call_is_looked_at_as_usual(called, store, service, clock):
    made = underway(called)
    called.callbacks.heard(made)
    assert called.callbacks.relied_on(underway(called, nonce="next"))
    assert not called.callbacks.relied_on(made)
    assert min(await slept(called, store, service, clock, made)) < 20


async def test_a_call_that_ended_the_wait_is_reason_to_rely_on_the_next(called, store, service):
    made = await store.add(underway(called))
    called.callbacks.heard(made)
    await drive(made, called)
    assert called.callbacks.relied_on(underway(called, nonce="next"))


async def test_a_task_that_ends_without_a_file_counts_as_ended(called, store, service):
    service.task_answers = [task("completed")]
    called.callbacks.heard(await store.add(underway(called, state=State.DONE)))
    assert (await drive(await store.add(underway(called, nonce="2")), called)).state is State.FAILED
    assert not called.callbacks.relied_on(underway(called, nonce="next"))


@pytest.mark.parametrize("body", [None, json.dumps({"callback_url": OWN})])
async def test_whoever_is_not_called_back_just_polls(called, body):
    called.callbacks.heard(underway(called))
    polls = replace(underway(called), body=body)
    assert not called.callbacks.relied_on(polls)
    called.callbacks.ended(polls)
    assert called.callbacks.relied_on(underway(called))
    assert not Callbacks().relied_on(underway(called))
