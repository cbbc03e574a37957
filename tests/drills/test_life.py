"""Anything that people, services, clocks and power cuts may do to a room, in any order."""

import asyncio
import contextlib
import logging
import shutil
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from client.idempotency import Idempotency
from client.schema import VideoRequest
from jobs.disk import MIN_FREE
from jobs.job import Job
from jobs.library import StillMade
from jobs.not_now import NotNow
from jobs.room import Room
from jobs.states import ENDS, MOVES, State
from jobs.store import Store
from tests.drills.footage import labelled
from tests.drills.inline import InlineLoop, Sundial
from tests.drills.world import ACCOUNTS, DELIVERIES, READINGS, Fate, Service, World
from tests.jobs.fakes import NAME, Rehearser

OWNERS = ("ann", "bob")
REQUEST = VideoRequest(prompt="The boat drifts", image_start=f"upload:{NAME}")
MEMORY = Path("/dev/shm")
"""Where nothing waits for a disk; in a container it may be too small for a room that keeps a gigabyte free."""
DAY = 86400.0
REFUSALS = (NotNow, sqlite3.OperationalError)
"""What somebody may hear who asks for something while the disk is full."""

TOTALS: Counter[str] = Counter()
NUMBERS = st.integers(0, 9)
STATUSES = ("pending", "processing", "completed", "completed", "failed", "cancelled", "unknown")


def reachable(state: State) -> frozenset[State]:
    """Where a job may be later."""
    found: set[State] = {state}
    while more := {after for each in found for after in MOVES[each]} - found:
        found |= more
    return frozenset(found)


LATER = {state: reachable(state) for state in State}


class Disk:
    """Of the room that is being played."""

    full = False


def unless_full(write: Callable[..., Awaitable[Job]]) -> Callable[..., Awaitable[Job]]:
    async def written(*values: Any) -> Job:
        if Disk.full:
            raise sqlite3.OperationalError("database or disk is full")
        return await write(*values)

    return written


class Life(RuleBasedStateMachine):
    """Jobs are kept as last seen, by their id."""

    def __init__(self) -> None:
        super().__init__()
        spacious = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 2 * MIN_FREE
        self.folder = Path(mkdtemp(dir=MEMORY if spacious else None))
        self.loop = InlineLoop()
        self.clock = Sundial(self.loop, 1_800_000_000.0)
        self.world = World(self.clock)
        self.jobs: dict[str, Job] = {}
        self.deleted: set[str] = set()
        self.tabs: list[asyncio.Task[None]] = []
        self.fine = True

    @initialize(
        tells=st.booleans(), folds=st.booleans(), owners=st.lists(st.sampled_from(OWNERS), min_size=1, max_size=3)
    )
    def begin(self, tells: bool, folds: bool, owners: list[str]) -> None:
        self.world.tells, self.world.folds = tells, folds
        self.open()
        for owner in owners:
            self.click(owner)

    def open(self) -> None:
        Disk.full = False
        service = Service(self.world)
        self.room = Room(
            self.folder,
            service,
            service,
            Rehearser(),
            clock=self.clock,
            idempotency=Idempotency.PROVEN if self.world.folds else Idempotency.UNPROVEN,
            key_mark=self.world.account,
            callbacks="https://video.example.org",
        )
        self.loop.run(self.room.open())

    def asked(self, work: Awaitable[Job | None]) -> Job | None:
        """What a person gets who asks for it, if the disk lets them."""
        try:
            job = self.loop.run(work)
        except REFUSALS:
            assert Disk.full
            return None
        if job:
            self.jobs.setdefault(job.id, job)
        return job

    def start(self, owner: str, nonce: str) -> Job | None:
        picture = self.folder / "pictures" / NAME
        picture.parent.mkdir(exist_ok=True)
        picture.write_bytes(b"a picture")
        return self.asked(self.room.desk.start(REQUEST, owner=owner, nonce=nonce))

    @rule(owner=st.sampled_from(OWNERS))
    def click(self, owner: str) -> None:
        self.start(owner, str(len(self.jobs)))

    @precondition(lambda self: self.jobs)
    @rule(number=NUMBERS)
    def the_same_click_once_more(self, number: int) -> None:
        job = self.any_job(number)
        again = self.start(job.owner, job.nonce)
        assert again is None or again.id == job.id

    @precondition(lambda self: self.jobs)
    @rule(number=NUMBERS)
    def open_a_tab(self, number: int) -> None:
        """Also a second one, and the same after a reload."""
        job = self.any_job(number)

        async def look() -> None:
            seen = job
            with contextlib.suppress(LookupError):
                async for record in self.room.desk.watch(job.id, job.owner):
                    assert record.state in LATER[seen.state]
                    seen = record

        self.tabs.append(self.loop.create_task(look()))
        self.loop.run(self.loop.settle())

    @precondition(lambda self: self.tabs)
    @rule(number=NUMBERS)
    def close_a_tab(self, number: int) -> None:
        self.tabs.pop(number % len(self.tabs)).cancel()
        self.loop.run(self.loop.settle())

    @precondition(lambda self: self.world.asked)
    @rule(number=NUMBERS, fate=st.sampled_from(Fate.__args__))
    def an_order_is_answered(self, number: int, fate: Fate) -> None:
        self.world.answer(number, fate)
        self.loop.run(self.loop.settle())

    @precondition(lambda self: self.world.tasks)
    @rule(number=NUMBERS, status=st.sampled_from(STATUSES), progress=st.integers(0, 100))
    def the_service_tells_something(self, number: int, status: str, progress: int) -> None:
        """In any order, also backwards; only what has ended stays so."""
        made = list(self.world.tasks.values())[number % len(self.world.tasks)]
        if made.status not in ("completed", "failed", "cancelled"):
            made.status, made.progress = status, progress

    @rule(reading=st.sampled_from(sorted(READINGS)), delivery=st.sampled_from(sorted(DELIVERIES)))
    def the_weather_changes(self, reading: str, delivery: str) -> None:
        self.world.reading, self.world.delivery = reading, delivery

    @rule(full=st.booleans())
    def the_disk_fills_or_empties(self, full: bool) -> None:
        Disk.full = full

    @rule(seconds=st.sampled_from([1.0, 5.0, 60.0, 600.0, 3 * 3600.0, DAY]))
    def time_passes(self, seconds: float) -> None:
        self.loop.run(self.clock.pass_time(seconds))

    @rule(hours=st.sampled_from([-48, -1, 1, 48]))
    def the_wall_clock_jumps(self, hours: int) -> None:
        self.clock.jump += hours * 3600

    @rule(arrives=st.booleans(), account=st.sampled_from(ACCOUNTS))
    def the_power_fails(self, arrives: bool, account: str) -> None:
        """And perhaps the key is another one afterwards."""
        self.loop.run_until_complete(self.loop.power_cut())
        self.world.crash(arrives=arrives)
        self.loop.run_until_complete(self.room.close())
        self.tabs.clear()
        self.world.account = account
        self.open()

    @precondition(lambda self: self.jobs)
    @rule(number=NUMBERS)
    def look_again(self, number: int) -> None:
        job = self.any_job(number)
        self.asked(self.room.desk.look_again(job.id, job.owner))

    @precondition(lambda self: self.jobs)
    @rule(number=NUMBERS)
    def send_again(self, number: int) -> None:
        job = self.any_job(number)
        self.asked(self.room.desk.lost.send_again(job.id, job.owner))

    @precondition(lambda self: self.jobs)
    @rule(number=NUMBERS)
    def delete(self, number: int) -> None:
        job = self.any_job(number)
        with contextlib.suppress(StillMade, *REFUSALS):
            if self.loop.run(self.room.desk.library.delete(job.id, job.owner)):
                self.deleted.add(job.id)

    @precondition(lambda self: self.world.tasks)
    @rule(number=NUMBERS)
    def a_callback_comes(self, number: int) -> None:
        """Early, late, or once more."""
        made = list(self.world.tasks.values())[number % len(self.world.tasks)]
        job = next(job for job in self.jobs.values() if job.idempotency_key == made.key)
        with contextlib.suppress(*REFUSALS):
            self.loop.run(self.room.desk.lost.called_back(job.callback_token, made.id))

    @precondition(lambda self: self.jobs)
    @rule(number=NUMBERS, other=NUMBERS)
    def a_callback_names_the_wrong_task(self, number: int, other: int) -> None:
        """That of another job, which it is known to be, or one that nobody knows."""
        job = self.any_job(number)
        tied = [each.task_id for each in self.jobs.values() if each.task_id and each.id != job.id]
        named = [*tied, "task-unified-99-nobody"][-1 - other % (len(tied) + 1)]
        with contextlib.suppress(*REFUSALS):
            self.loop.run(self.room.desk.lost.called_back(job.callback_token, named))

    @precondition(lambda self: self.jobs)
    @rule(number=NUMBERS)
    def a_callback_is_forged(self, number: int) -> None:
        job = self.any_job(number)
        self.loop.run(self.room.desk.lost.called_back(f"{job.callback_token[:-1]}-", "task-unified-0-forged"))

    @invariant()
    def promises(self) -> None:
        self.fine = False
        TOTALS["steps"] += 1
        found = [job for owner in OWNERS for job in self.loop.run(self.room.desk.recent(owner, 1000))]
        assert {job.id for job in found} == self.jobs.keys() - self.deleted, "what was ordered is seen"
        assert all(job.owner == self.jobs[job.id].owner for job in found), "by its owner alone"
        assert max(self.world.arrived.values(), default=0) <= (2 if self.world.folds else 1), "nothing is sent twice"
        assert len({made.key for made in self.world.tasks.values()}) == len(self.world.tasks), "nothing is paid twice"
        assert self.world.arrived.keys() <= {job.idempotency_key for job in self.jobs.values()}, "nothing is forgotten"
        for job in found:
            before, self.jobs[job.id] = self.jobs[job.id], job
            assert job.state in LATER[before.state], f"{before.state} -> {job.state}"
            assert before.task_id in (None, job.task_id)
            if before.state in ENDS:
                assert (job.state, job.video, job.credits_charged) == (
                    before.state,
                    before.video,
                    before.credits_charged,
                )
            if job.task_id:
                assert self.world.tasks[job.task_id].key == job.idempotency_key, "the clip of another order"
            if job.state is State.DONE and before.state is not State.DONE:
                self.has_its_film(job)
        for tab in self.tabs:
            if tab.done() and not tab.cancelled():
                tab.result()
        self.fine = True

    def any_job(self, number: int) -> Job:
        return list(self.jobs.values())[number % len(self.jobs)]

    def has_its_film(self, job: Job) -> None:
        video = self.room.desk.video(job)
        assert video
        assert video.read_bytes() == labelled(self.world.tasks[job.task_id or ""].film, REQUEST)

    def teardown(self) -> None:
        try:
            if self.fine:
                self.fair_weather()
        finally:
            self.loop.run_until_complete(self.loop.power_cut())
            self.loop.run_until_complete(self.room.close())
            self.loop.close()
            shutil.rmtree(self.folder)

    def fair_weather(self) -> None:
        """All is well again for as long as it takes: then every job rests, and what was made is here."""
        for account in ACCOUNTS:
            self.the_power_fails(arrives=True, account=account)
            self.the_weather_changes("fine", "fine")
            for _ in range(4):
                self.all_goes_well()
                self.time_passes(3 * 3600.0)
        self.promises()
        TOTALS["posts"] += sum(self.world.arrived.values())
        for job in self.jobs.values():
            TOTALS[f"jobs_{job.state}"] += 1
            if job.id in self.deleted:
                continue
            assert job.resting, job.state
            assert job.state is not State.LINK_EXPIRED
            if job.task_id:
                status = self.world.tasks[job.task_id].status
                assert job.state == ("done" if status == "completed" else status)

    def all_goes_well(self) -> None:
        while self.world.asked:
            self.an_order_is_answered(0, "taken")
        for made in self.world.tasks.values():
            if made.status not in ("failed", "cancelled"):
                made.status = "completed"
        for number in range(len(self.jobs)):
            self.look_again(number)


def test_whatever_happens_nothing_paid_is_lost_or_paid_twice(
    warm: None,
    drill: bool,
    count: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL)
    for step in ("add", "write"):
        monkeypatch.setattr(Store, step, unless_full(getattr(Store, step)))
    examples, steps = (500, 40) if drill else (60, 30)
    TOTALS.clear()
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=[Phase.generate, *[Phase.shrink] * drill],
            database=None,
            derandomize=not drill,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    count("life", lives=examples, **TOTALS)
