"""Each test is a failure that may meet a paid request, and tells what must come of it."""

import asyncio
import json
from dataclasses import replace
from decimal import Decimal

import pytest

from client.answers import TaskPage
from client.api import EvoLink
from client.errors import (
    NotSent,
    OutcomeUnknown,
    OutOfCredits,
    Refused,
    TooManyRequests,
)
from client.idempotency import Idempotency
from jobs.agreement import agree, is_dearer
from jobs.desk import Desk
from jobs.drive import drive
from jobs.engine import LocalEngine
from jobs.job import Trouble
from jobs.states import Money, State
from tests.jobs.fakes import NAME, job, purse, rehearsals, request, task

TASK = "task-unified-1-abc"
LOST = OutcomeUnknown("The connection broke.", detail="cut")
MODEL = "kling-o3-image-to-video"


class Account:
    """The purse, and what it knows."""

    def __init__(self, *credits):
        self.credits = list(credits)
        self.known = None if not credits else float(credits[0])
        self.forgotten = 0

    def forget(self):
        self.forgotten += 1

    async def balance(self):
        await asyncio.sleep(0)
        return Decimal(self.credits.pop()) if self.credits else None


def listed(*ids, created=1000.0, model=MODEL):
    rows = [{"id": name, "model": model, "created_at": created, "status": "processing"} for name in ids]
    return TaskPage.model_validate({"data": rows})


@pytest.fixture
def go(means, store):
    """Drives a new job, or one in a state, to its rest; what a watcher would have seen is in `go.seen`."""

    async def go(state=State.NEW, *, with_means=None, **fields):
        made = await store.add(job(state=state, **fields))
        with store.watchers.listening(made.id) as news:
            ended = await drive(made, with_means or means)
        go.seen = [made] + [news.get_nowait() for _ in range(news.qsize())]
        return ended

    return go


@pytest.fixture
def proven(means):
    return replace(means, idempotency=Idempotency.PROVEN)


@pytest.fixture
def desk(means, engine):
    return Desk(means, engine, rehearsals(means), purse(means))


async def rest(desk, job_id):
    """The job when it has come to rest."""
    async with asyncio.timeout(30):
        return [record async for record in desk.watch(job_id)][-1]


async def test_post_timed_out_after_the_service_accepted(go, service, clock):
    service.submit_answers = [LOST]
    lost = await go()
    assert (lost.state, lost.money, lost.resting) == (State.UNKNOWN, Money.UNKNOWN, True)
    assert (len(service.posts), service.lists) == (1, 5)
    assert clock.slept == [10, 20, 30, 60]
    assert [record.resting for record in go.seen].index(True) == len(go.seen) - 1


async def test_a_2xx_that_cannot_be_read_keeps_the_raw_answer_without_the_key(means, go):
    import httpx
    from pydantic import SecretStr

    def answer(asked):
        return httpx.Response(200, content=b'{"id": sk-secret-0123456789')

    async with EvoLink(SecretStr("sk-secret-0123456789"), transport=httpx.MockTransport(answer)) as evolink:
        service = type("Real", (), {"submit": evolink.submit, "tasks": means.service.tasks})()
        lost = await go(with_means=replace(means, service=service), request=request(image_start="https://e.org/a.png"))
    assert (lost.state, lost.trouble.detail) == (State.UNKNOWN, '{"id": [key]')


@pytest.mark.parametrize("idempotency", [Idempotency.UNPROVEN, Idempotency.ABSENT])
async def test_a_crash_between_the_post_and_saving_the_id(go, means, service, idempotency):
    found = await go(State.SUBMITTING, body="{}", sent=1000.0, with_means=replace(means, idempotency=idempotency))
    assert (found.state, found.trouble.code, service.posts) == (State.UNKNOWN, "interrupted", [])


async def test_a_crash_between_the_post_and_saving_the_id_where_repeats_are_proven_safe(go, proven, service, clock):
    found = await go(State.SUBMITTING, body='{"a": 1}', sent=1000.0, with_means=proven)
    assert (found.state, service.posts) == (State.DONE, [(b'{"a": 1}', found.idempotency_key)])
    assert clock.slept[0] == 5


@pytest.mark.parametrize(
    ("sent", "trouble"),
    [(300.0, None), (1001.0, None), (None, None), (1000.0, Trouble("asking_again", "Once more."))],
    ids=["too long ago", "the clock was set back", "nobody knows when", "asked once more before"],
)
async def test_no_repeat_after_a_crash_that_is_not_soon_or_is_the_second(go, proven, service, sent, trouble):
    found = await go(State.SUBMITTING, body="{}", sent=sent, trouble=trouble, with_means=proven)
    assert (found.state, service.posts) == (State.UNKNOWN, [])


@pytest.mark.parametrize(("again", "ending"), [(task(), State.DONE), (LOST, State.UNKNOWN)])
async def test_where_repeats_are_proven_safe_there_is_one_with_the_same_bytes(
    go, proven, service, clock, again, ending
):
    service.submit_answers = [LOST, again]
    ended = await go(with_means=proven)
    assert ended.state is ending
    assert clock.slept[0] == 5
    first, second = service.posts
    assert first == second


@pytest.mark.parametrize(
    "second",
    [
        OutcomeUnknown("?", code="paid_outcome_unknown"),
        Refused("No.", code="idempotency_conflict"),
        OutOfCredits("No."),
        TooManyRequests("Slow."),
        NotSent("No way."),
    ],
)
async def test_whatever_is_said_of_the_repeat_says_nothing_of_the_first(go, proven, service, second):
    service.submit_answers = [LOST, second]
    ended = await go(with_means=proven)
    assert (ended.state, ended.money, len(service.posts)) == (State.UNKNOWN, Money.UNKNOWN, 2)


async def test_paid_outcome_unknown_means_to_wait_and_look(go, proven, service):
    service.submit_answers = [OutcomeUnknown("?", code="paid_outcome_unknown")]
    ended = await go(with_means=proven)
    assert (ended.state, len(service.posts), service.lists) == (State.UNKNOWN, 1, 5)


async def test_idempotency_conflict_stops(go, proven, service):
    service.submit_answers = [Refused("No.", code="idempotency_conflict")]
    ended = await go(with_means=proven)
    assert (ended.state, ended.trouble.code, len(service.posts)) == (State.REJECTED, "idempotency_conflict", 1)


async def test_gradio_cancels_the_event_in_mid_post(desk, service):
    asked, answered = asyncio.Event(), asyncio.Event()

    async def slowly():
        asked.set()
        await answered.wait()
        return task()

    service.submit_answers = [slowly]

    async def press():
        started = await desk.start(request(), owner="ann", nonce="1")
        async for _ in desk.watch(started.id):
            pass

    event = asyncio.create_task(press())
    await asyncio.wait_for(asked.wait(), 30)
    event.cancel()
    await asyncio.wait([event])
    answered.set()
    (only,) = await desk.recent("ann")
    assert (await rest(desk, only.id)).state is State.DONE
    assert len(service.posts) == 1


async def test_an_app_restart_marks_what_was_being_sent(store, means, service):
    sending = await store.add(job(state=State.SUBMITTING, body="{}", sent=1000.0))
    engine = LocalEngine(means)
    await engine.start()
    assert (await store.job(sending.id)).state is State.UNKNOWN
    await engine.stop()
    assert service.posts == []


@pytest.mark.parametrize("code", ["unreachable_for_now", "waiting", "held"])
async def test_a_restart_while_nothing_was_under_way_sends_it(store, means, service, code):
    waiting = await store.add(job(state=State.SUBMITTING, body="{}", sent=1000.0, trouble=Trouble(code, "Wait.")))
    engine = LocalEngine(means)
    await engine.start()
    desk = Desk(means, engine, rehearsals(means), purse(means))
    done = await rest(desk, waiting.id)
    await engine.stop()
    assert (done.state, len(service.posts)) == (State.DONE, 1)
    assert json.loads(done.body)["image_start"].startswith("https://files.example.org/")


async def test_what_lets_a_restart_send_again_is_wiped_out_before_it_goes_out(go, service, store):
    notes = []

    async def look():
        (row,) = await store.select("1 = 1")
        notes.append((row.state, row.trouble))
        raise NotSent("No way.")

    service.submit_answers = [look, look, task()]
    assert (await go()).state is State.DONE
    assert notes == [(State.SUBMITTING, None)] * 2


async def test_credits_gone(go, means, service):
    service.submit_answers = [OutOfCredits("No credits.", code="insufficient_quota")]
    ended = await go(with_means=replace(means, purse=Account(3)), credits_estimated=27.0)
    assert (ended.state, ended.money, len(service.posts)) == (State.REJECTED, Money.NOT_CHARGED, 1)
    assert (ended.credits_before, ended.credits_estimated, ended.credits_reserved) == (3, 27, None)


async def test_the_price_differs_from_what_was_shown(desk, service, store):
    service.submit_answers = [task("pending", usage={"credits_reserved": 30})]
    dear = await desk.start(request(), owner="ann", nonce="1", credits_estimated=27.0)
    assert (await rest(desk, dear.id)).dearer
    held = await desk.start(request(), owner="ann", nonce="2", credits_estimated=30.0)
    other = await desk.start(request(), owner="bob", nonce="3", credits_estimated=30.0)
    assert (await rest(desk, other.id)).state is State.DONE
    await until(lambda: store.job(held.id), lambda found: found.trouble is not None)
    waiting = await store.job(held.id)
    assert (waiting.state, waiting.trouble.code, len(service.posts)) == (State.NEW, "held", 2)
    await desk.lost.agree_to_price("ann")
    done = await rest(desk, held.id)
    assert (done.state, len(service.posts)) == (State.DONE, 3)
    assert not (await store.job(dear.id)).dearer


async def test_of_a_whole_batch_only_one_goes_out_at_a_price_that_nobody_agreed_to(desk, service, store):
    service.submit_answers = [task("pending", usage={"credits_reserved": 400})]
    for number in range(5):
        await desk.start(request(), owner="ann", nonce=str(number), credits_estimated=27.0)
    await until(lambda: store.select("json_extract(trouble, '$.code') = 'held'"), lambda held: len(held) == 4)
    assert len(service.posts) == 1


@pytest.mark.parametrize(
    ("reserved", "said", "dearer"),
    [(27, 27, False), (29.7, 27, False), (29.8, 27, True), (405, 27, True), (None, 27, False), (27, None, False),
     (270_000, 27, False), (300_000, 27, True)],
)  # fmt: skip
def test_dearer_is_more_than_a_tenth_in_credits_or_in_units(reserved, said, dearer):
    assert is_dearer(reserved, said) is dearer


async def test_the_vendor_answers_html(go, service):
    service.submit_answers = [OutcomeUnknown("It does not tell.", status=200, detail="<html>maintenance</html>")]
    ended = await go()
    assert (ended.state, ended.trouble.code, len(service.posts)) == (State.UNKNOWN, "outcome_unknown", 1)


async def test_an_uploaded_image_expired_before_the_submit(go, service, clock):
    clock.passed = 49 * 3600
    ended = await go(State.SUBMITTING, body="{}", uploads={NAME: "https://files.example.org/old"}, sent=1000.0,
                     trouble=Trouble("waiting", "Wait."))  # fmt: skip
    assert (ended.state, len(service.uploads), len(service.posts)) == (State.DONE, 1, 1)
    assert "old" not in ended.body


async def test_a_failed_task_gives_the_credits_back(desk, means, store, service):
    service.task_answers = [task("failed", error={"code": "service_error"})]
    account = Account(100)
    lost = Desk(replace(means, purse=account), desk._engine, rehearsals(means), purse(means)).lost
    started = await desk.start(request(), owner="ann", nonce="1")
    failed = await rest(desk, started.id)
    failed = await store.write(failed, replace(failed, credits_before=100.0))
    told = await lost.settled(failed)
    assert (told.state, told.money) == (State.FAILED, Money.NOT_CHARGED)
    assert (told.credits_before, told.credits_after, account.forgotten) == (100, 100, 1)
    assert await lost.settled(told) == told


@pytest.mark.parametrize(
    ("charged", "standing"), [(None, Money.UNKNOWN), (0.0, Money.NOT_CHARGED), (27.0, Money.CHARGED)]
)
async def test_what_is_cancelled_promises_no_money_back(go, service, charged, standing):
    service.task_answers = [task("cancelled", usage={"credits_used": charged})]
    cancelled = await go()
    assert (cancelled.state, cancelled.money, cancelled.credits_charged) == (State.CANCELLED, standing, charged)


async def test_the_request_tells_when_it_went_out_with_which_key_and_balance(go, means):
    done = await go(with_means=replace(means, purse=Account(100), key_mark="0a1b2c3d"))
    assert (done.sent, done.credits_before, done.key_mark) == (1000, 100, "0a1b2c3d")


async def test_a_yes_that_comes_while_the_job_moves_on_still_counts(store, monkeypatch):
    dear = await store.add(job(state=State.SUBMITTED, task_id=TASK, dearer=True))
    select = store.select

    async def moved_meanwhile(where, *values):
        rows = await select(where, *values)
        if "dearer" in where:
            await store.write(dear, replace(dear, state=State.FAILED))
        return rows

    monkeypatch.setattr(store, "select", moved_meanwhile)
    await agree(store, "ann")
    assert not (await store.job(dear.id)).dearer


async def test_an_order_of_an_older_version_is_looked_for_since_its_last_change(go, service):
    found = await go(State.SUBMITTING, body="{}")
    assert (found.state, found.sent, service.lists) == (State.UNKNOWN, found.created, 5)


async def until(ask, true):
    for _ in range(3000):
        if true(await ask()):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("It never comes.")
