"""Whether jobs could be taken, with real failures of the database, the engine and the loop."""

import asyncio
import contextlib
import sqlite3

import pytest

from jobs.database import NAME
from jobs.engine import LocalEngine
from jobs.pulse import Pulse, Weakness
from jobs.states import State
from jobs.store import Store
from tests.jobs.fakes import job

SUBMITTED = {"state": State.SUBMITTED, "task_id": "task-unified-1-abc", "submitted": 1000.0}


@contextlib.asynccontextmanager
async def beating(store, engine, **patience):
    pulse = Pulse(store, engine, **patience)
    pulse.open()
    await asyncio.sleep(0)
    try:
        yield pulse
    finally:
        await pulse.close()


@pytest.fixture
async def pulse(store, engine):
    async with beating(store, engine) as pulse:
        yield pulse


@pytest.fixture
def bystander(tmp_path, store):
    """Another program that looks at the same file."""
    with contextlib.closing(sqlite3.connect(tmp_path / NAME, isolation_level=None, timeout=0)) as other:
        yield other


def writes_seen(bystander):
    return bystander.execute("PRAGMA data_version").fetchone()


async def test_when_all_is_well_something_was_really_written_and_nothing_changed(pulse, store, bystander):
    kept = await store.add(job())
    before = writes_seen(bystander), bystander.execute("PRAGMA user_version").fetchone()
    assert await pulse.weakness() is None
    assert writes_seen(bystander) != before[0]
    assert bystander.execute("PRAGMA user_version").fetchone() == before[1]
    assert await store.job(kept.id) == kept


async def test_however_often_one_asks_the_disk_is_written_to_once_in_a_while(pulse, bystander, monkeypatch):
    assert await asyncio.gather(*(pulse.weakness() for _ in range(50))) == [None] * 50
    before = writes_seen(bystander)
    assert await asyncio.gather(*(pulse.weakness() for _ in range(50))) == [None] * 50
    assert writes_seen(bystander) == before
    monkeypatch.setattr("jobs.pulse.FRESH", -1.0)
    assert await pulse.weakness() is None
    assert writes_seen(bystander) != before


async def test_a_database_that_may_not_be_written_to(pulse, store, monkeypatch):
    monkeypatch.setattr("jobs.pulse.FRESH", -1.0)
    await store.figures("PRAGMA query_only = ON")
    assert await pulse.weakness() is Weakness.NO_WRITE
    await store.figures("PRAGMA query_only = OFF")
    assert await pulse.weakness() is None


async def test_a_database_that_was_closed(tmp_path, engine, clock):
    store = Store(tmp_path / "other", clock)
    await store.open()
    await store.close()
    async with beating(store, engine) as pulse:
        assert await pulse.weakness() is Weakness.NO_WRITE


async def test_a_database_that_another_program_holds_is_asked_by_one_alone(store, engine, bystander):
    async with beating(store, engine, patience=0.05) as pulse:
        bystander.execute("BEGIN IMMEDIATE")
        assert await asyncio.gather(*(pulse.weakness() for _ in range(3))) == [Weakness.NO_ANSWER] * 3
        assert await pulse.weakness() is Weakness.NO_ANSWER
        bystander.execute("ROLLBACK")
        assert await pulse._proof
        assert await pulse.weakness() is None


async def test_an_engine_that_stopped_drives_nothing(store, means):
    engine = LocalEngine(means)
    async with beating(store, engine) as pulse:
        assert await pulse.weakness() is Weakness.NOT_DRIVEN
        await engine.start()
        assert await pulse.weakness() is None
        await engine.stop()
        assert await pulse.weakness() is Weakness.NOT_DRIVEN


async def test_without_a_heart_it_is_not_well(store, engine):
    pulse = Pulse(store, engine)
    await pulse.close()
    assert await pulse.weakness() is Weakness.NOT_DRIVEN
    pulse.open()
    await asyncio.sleep(0)
    assert await pulse.weakness() is None
    await pulse.close()
    assert await pulse.weakness() is Weakness.NOT_DRIVEN


async def test_a_loop_that_did_not_turn_for_long_is_stuck(pulse, monkeypatch):
    now = asyncio.get_running_loop().time()
    monkeypatch.setattr("jobs.pulse._now", lambda: now + 11)
    assert await pulse.weakness() is Weakness.STUCK


async def test_a_poller_that_broke_is_seen_though_nobody_fell_over_it(store, means, service, pulse, engine, caplog):
    def bug():
        raise ValueError("a bug")

    means.poller._pause = bug
    sent = await store.add(job(**SUBMITTED))
    engine.begin(sent.id)
    while not means.poller.broken:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert await pulse.weakness() is Weakness.NOT_DRIVEN
    assert means.poller._serving.exception()
