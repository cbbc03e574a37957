"""How much one address may ask, bring and hold at once."""

import asyncio

import pytest

from ui import quota
from ui.quota import Buckets, Busy, Turns, address


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_what_it_has_and_says_when_there_is_more() -> None:
    clock = Clock()
    buckets = Buckets(10, 2, clock)
    assert buckets.take("a", 10) == 0
    assert buckets.take("a", 4) == 2
    assert buckets.take("b", 10) == 0
    clock.now += 2
    assert buckets.take("a", 4) == 0
    clock.now += 1000
    assert buckets.take("a", 11) == 0.5
    assert buckets.take("a", 10) == 0


def test_addresses_beyond_number_are_forgotten_the_longest_silent_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "REMEMBERED", 3)
    buckets = Buckets(1, 1, Clock())
    for who in "abc":
        assert buckets.take(who) == 0
    assert buckets.take("a") == 1
    assert buckets.take("d") == 0
    assert len(buckets) == 3
    assert buckets.take("a") == 1
    assert buckets.take("b") == 0


@pytest.mark.parametrize(
    ("client", "who"),
    [
        (("192.0.2.1", 5), "192.0.2.1"),
        (("2001:db8:1:2:aaaa::1", 5), "2001:db8:1:2::"),
        (("2001:db8:1:2:bbbb::9", 7), "2001:db8:1:2::"),
        (("::ffff:192.0.2.1", 5), "192.0.2.1"),
        (("::1", 5), "::1"),
        (("a socket", 0), "a socket"),
        (None, ""),
    ],
)
def test_who_counts_as_one(client: tuple[str, int] | None, who: str) -> None:
    assert address(client) == who


async def test_a_few_at_once_the_others_in_line_and_nobody_in_anothers_way() -> None:
    turns, inside = Turns(at_once=2, in_line=1), []
    full, go = asyncio.Event(), asyncio.Event()

    async def come(who: str, number: int) -> None:
        async with turns.turn(who):
            inside.append((who, number))
            if len(inside) == 3:
                full.set()
            await go.wait()

    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(come("a", number))
        group.create_task(come("b", 0))
        await full.wait()
        assert set(inside) == {("a", 0), ("a", 1), ("b", 0)}
        with pytest.raises(Busy):
            async with turns.turn("a"):
                pass
        go.set()
    assert ("a", 2) in inside
    assert len(turns) == 0
