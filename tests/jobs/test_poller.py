"""When tasks are read: in virtual time, so that every moment is exact."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest

from client.answers import Task
from client.errors import KeyRefused, NotFound, Refused, TooManyRequests, Unavailable
from jobs.poller import Poller
from tests.virtual import VirtualClock, run


class Service:
    """Tells of every task that it is under way, unless `trouble` (called with the ids) raises."""

    def __init__(self, *, nearby: bool = False, batch: bool = True, seconds: float = 0.0) -> None:
        self.nearby = nearby
        self.offers_batch = batch
        self.seconds = seconds
        self.clock = VirtualClock()
        self.asked: list[tuple[float, tuple[str, ...]]] = []
        self.missing: set[str] = set()
        self.thin: dict[str, str] = {}
        self.trouble: Callable[[Sequence[str]], None] = lambda _: None
        self.at_work = self.most_at_work = 0

    async def task(self, task_id: str) -> Task:
        await self._note(task_id)
        if task_id in self.missing:
            raise NotFound("?")
        told = {"results": ["https://files.example.org/v.mp4"], "error": {"code": "service_error"}}
        return Task.model_validate({"id": task_id, "status": self.thin.get(task_id, "processing"), **told})

    async def batch(self, task_ids: Sequence[str]) -> list[Task]:
        await self._note(*task_ids)
        if not self.offers_batch:
            raise NotFound("No such route.")
        known = [name for name in task_ids if name not in self.missing]
        return [Task.model_validate({"id": name, "status": self.thin.get(name, "processing")}) for name in known]

    async def _note(self, *task_ids: str) -> None:
        self.asked.append((round(self.clock.monotonic(), 6), task_ids))
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            await asyncio.sleep(self.seconds)
            self.trouble(task_ids)
        finally:
            self.at_work -= 1

    @property
    def moments(self) -> list[float]:
        return [moment for moment, _ in self.asked]

    @property
    def sizes(self) -> list[int]:
        return [len(task_ids) for _, task_ids in self.asked]


def timed(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Runs a test in virtual time."""

    def timed() -> None:
        run(test())

    timed.__name__ = test.__name__
    return timed


def poller(service: Service) -> Poller:
    return Poller(service, service.clock)


async def reads(poller: Poller, count: int, *afters: float) -> list[Any]:
    """So many tasks at once; what was told of each, or raised."""
    chosen = [afters[n % len(afters)] for n in range(count)]
    return await asyncio.gather(*(poller.read(f"t{n}", a) for n, a in enumerate(chosen)), return_exceptions=True)


@timed
async def test_a_task_alone_is_read_at_its_moment_and_singly():
    service = Service()
    assert (await poller(service).read("t", 7.5)).id == "t"
    assert service.asked == [(7.5, ("t",))]


@timed
async def test_tasks_that_are_due_together_are_read_in_one_request():
    service = Service()
    told = await reads(poller(service), 50, 10)
    assert [task.id for task in told] == [f"t{n}" for n in range(50)]
    assert service.asked == [(10, tuple(f"t{n}" for n in range(50)))]


@timed
async def test_fifty_is_the_most_for_one_request():
    service = Service()
    await reads(poller(service), 120, 10)
    assert service.sizes == [50, 50, 20]


@timed
async def test_who_is_due_soon_goes_along_and_who_has_just_begun_to_wait_does_not():
    service = Service()
    await reads(poller(service), 4, 6, 10, 12, 13)
    assert service.asked == [(6, ("t0", "t1", "t2")), (13, ("t3",))]


@timed
async def test_where_batches_are_not_offered_tasks_are_read_singly_from_then_on():
    service = Service(batch=False)
    reader = poller(service)
    assert len(await reads(reader, 3, 10)) == 3
    await reads(reader, 3, 10)
    assert service.sizes == [3, 1, 1, 1, 1, 1, 1]
    assert reader.company == 1
    service.offers_batch = True
    await reader.read("t", 3600)
    await reads(reader, 2, 10)
    assert service.sizes[-1] == 2


@timed
async def test_a_task_that_a_batch_leaves_out_is_asked_for_singly_before_it_counts_as_unknown():
    service = Service()
    service.missing = {"t1"}
    told = await reads(poller(service), 3, 10)
    assert [type(each) for each in told] == [Task, NotFound, Task]
    assert service.asked == [(10, ("t0", "t1", "t2")), (10, ("t1",))]


@timed
async def test_an_end_that_a_batch_does_not_tell_whole_is_asked_for_singly():
    service = Service()
    service.thin = {"t0": "completed", "t1": "failed", "t2": "cancelled"}
    told = await reads(poller(service), 3, 10)
    assert told[0].results
    assert told[1].error
    assert service.sizes == [3, 1, 1]


@timed
async def test_batches_that_fail_again_and_again_give_way_to_single_readings_for_a_minute():
    def trouble(task_ids: Sequence[str]) -> None:
        if len(task_ids) > 1:
            raise Unavailable("No.")

    service = Service()
    service.trouble = trouble
    reader = poller(service)
    for _ in range(3):
        assert {type(each) for each in await reads(reader, 2, 10)} == {Unavailable}
    assert {type(each) for each in await reads(reader, 2, 10)} == {Task}
    assert {type(each) for each in await reads(reader, 2, 60)} == {Unavailable}


@timed
async def test_two_jobs_with_the_same_task_are_both_told():
    service = Service()
    reader = poller(service)
    told = await asyncio.gather(*(reader.read(name, 5) for name in ("a", "a", "b")))
    assert [task.id for task in told] == ["a", "a", "b"]
    assert service.asked == [(5, ("a", "b"))]


@timed
async def test_retry_after_slows_everybody_who_asks_with_the_key():
    def trouble(_: object) -> None:
        if len(service.asked) == 1:
            raise TooManyRequests("Slow.", retry_after=30)

    service = Service()
    service.trouble = trouble
    told = await reads(poller(service), 3, 1, 9, 20)
    assert [type(each) for each in told] == [TooManyRequests, Task, Task]
    assert service.moments == [1, 31]


@timed
async def test_requests_keep_to_the_rate_of_the_key():
    service = Service(batch=False)
    reader = poller(service)
    await reads(reader, 2, 1)
    await reads(reader, 40, 1)
    assert service.moments[-1] - service.moments[3] >= (40 - 1 - 8) / 2


@timed
async def test_a_service_on_this_machine_is_asked_as_often_as_one_likes():
    service = Service(nearby=True, batch=False)
    await reads(poller(service), 40, 1)
    assert service.moments[-1] <= 1.1


@timed
async def test_never_more_than_six_requests_are_under_way():
    service = Service(nearby=True, batch=False, seconds=1)
    await reads(poller(service), 40, 1)
    assert service.most_at_work == 6


@timed
async def test_a_slow_answer_does_not_hold_up_others():
    service = Service(seconds=15)
    await reads(poller(service), 2, 1, 6)
    assert service.moments == [1, 6]


@timed
async def test_a_poke_makes_it_now():
    service, poke = Service(), asyncio.Event()
    reader = poller(service)
    asyncio.get_running_loop().call_later(3, poke.set)
    await asyncio.gather(reader.read("a", 60, poke), reader.read("b", 100))
    assert service.asked == [(3, ("a",)), (100, ("b",))]
    assert not poke.is_set()
    poke.set()
    await reader.read("a", 60, poke)
    assert service.moments[-1] == 100


@timed
async def test_a_poke_during_the_reading_is_for_the_next_one():
    service, poke = Service(seconds=5), asyncio.Event()
    reader = poller(service)
    asyncio.get_running_loop().call_later(3, poke.set)
    await reader.read("a", 0, poke)
    await reader.read("a", 60, poke)
    assert service.moments == [0, 5]


@timed
async def test_all_that_waited_before_a_restart_is_read_at_once_and_in_few_requests():
    service = Service(seconds=0.05)
    reader = poller(service)

    async def found(number: int) -> None:
        await asyncio.sleep(number / 1000)
        await reader.read(f"t{number}")

    await asyncio.gather(*map(found, range(100)))
    assert len(service.asked) < 12
    assert service.moments[-1] < 2


@timed
async def test_when_too_many_wait_all_pauses_grow_and_none_is_late():
    service = Service(batch=False)
    reader = poller(service)
    await reads(reader, 2, 1)
    service.asked.clear()

    async def follow(number: int) -> None:
        for _ in range(20):
            await reader.read(f"t{number}", 5)

    begun = service.clock.monotonic()
    await asyncio.gather(*map(follow, range(40)))
    passed = service.clock.monotonic() - begun
    assert len(service.asked) / passed <= 2.1
    assert passed > 20 * 15


@timed
async def test_while_the_key_is_refused_one_task_a_minute_is_asked_for():
    def trouble(_: object) -> None:
        if service.clock.monotonic() < 200:
            raise KeyRefused("No.")

    service = Service()
    service.trouble = trouble
    reader = poller(service)
    told = await reads(reader, 5, 10)
    assert {type(each) for each in told} == {KeyRefused}
    first = len(service.asked)
    told = await reads(reader, 5, 60)
    assert [type(each) for each in told].count(KeyRefused) == 3
    assert service.moments[first:] == [70, 130, 190, 250, 250]
    assert service.sizes[-1] == 1


@timed
async def test_who_asks_for_the_first_time_while_the_key_is_refused_is_told_at_once():
    def trouble(_: object) -> None:
        raise KeyRefused("No.")

    service = Service()
    service.trouble = trouble
    reader = poller(service)
    for _ in range(2):
        with pytest.raises(KeyRefused):
            await reader.read("a")
    assert service.moments == [0]
    poke = asyncio.Event()
    poke.set()
    with pytest.raises(KeyRefused):
        await reader.read("a", 0, poke)
    assert service.moments == [0, 0]


@timed
async def test_a_task_nobody_knows_proves_that_the_key_is_good():
    def trouble(_: object) -> None:
        if len(service.asked) == 1:
            raise KeyRefused("No.")

    service = Service()
    service.trouble, service.missing = trouble, {"a"}
    reader = poller(service)
    for after, kind in ((0, KeyRefused), (60, NotFound), (0, NotFound)):
        with pytest.raises(kind):
            await reader.read("a", after)
    assert service.moments == [0, 60, 60]


@timed
async def test_nothing_is_left_behind_when_nobody_waits_any_more():
    service = Service(seconds=5)
    reader = poller(service)
    waits = [asyncio.create_task(reader.read(f"t{n}", after)) for n, after in enumerate((0, 60))]
    await asyncio.sleep(1)
    for wait in waits:
        wait.cancel()
    await asyncio.wait(waits)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert (await reader.read("again")).id == "again"


@timed
async def test_one_who_leaves_does_not_disturb_the_others_of_a_batch():
    service = Service(seconds=5)
    service.missing = {"t0", "t1"}
    reader = poller(service)
    waits = [asyncio.create_task(reader.read(f"t{n}", 1)) for n in range(3)]
    await asyncio.sleep(3)
    waits[0].cancel()
    assert (await waits[2]).id == "t2"
    with pytest.raises(NotFound):
        await waits[1]
    assert service.sizes == [3, 1]


@timed
async def test_what_fails_in_an_unforeseen_way_is_told_to_whoever_asked():
    def trouble(_: object) -> None:
        raise ValueError("odd")

    service = Service()
    service.trouble = trouble
    with pytest.raises(ValueError, match="odd"):
        await poller(service).read("a")


@timed
async def test_a_refusal_that_only_concerns_batches_is_told_to_nobody():
    def trouble(task_ids: Sequence[str]) -> None:
        if len(task_ids) > 1:
            raise Refused("No.", status=405)

    service = Service()
    service.trouble = trouble
    assert {type(each) for each in await reads(poller(service), 3, 10)} == {Task}


@timed
async def test_with_a_thousand_tasks_none_is_read_later_than_planned_and_few_requests_do():
    service = Service(seconds=0.05)
    reader = poller(service)
    late = []

    async def follow(number: int) -> None:
        await asyncio.sleep(number / 100)
        for _ in range(8):
            due = service.clock.monotonic() + 8
            await reader.read(f"t{number}", 8)
            late.append(service.clock.monotonic() - due)

    await asyncio.gather(*map(follow, range(1000)))
    assert max(late) <= 0.1
    assert len(service.asked) < 8000 / 25
