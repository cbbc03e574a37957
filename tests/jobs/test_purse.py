"""Money as far as the service tells it: the balance, and prices that follow the public list."""

import asyncio
import copy
import logging
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina
from pydantic import SecretStr

from client.answers import Credits
from client.api import EvoLink
from client.balance import left
from client.errors import KeyRefused, Unavailable
from client.prices import TABLE, PriceTable
from jobs.desk import Desk
from jobs.purse import KEPT, REFRESHED, Purse
from jobs.room import Room
from sandbox.price_list import meta, rules
from sandbox.service import build_sandbox
from sandbox.settings import SandboxSettings
from tests.jobs.fakes import Clock, Delivery, Rehearser, Service, StillClock, purse, rehearsals

KEY = "sk-canary-0123456789"
CHEAPER = TABLE.model_copy(update={"units_per_second": Decimal(27_000), "element_units": Decimal(5_000)})


@pytest.fixture(autouse=True)
def _retries_at_once():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


def told(token: Any = None, user: Any = None) -> Credits:
    return Credits.model_validate({"data": {"token": token, "user": user}})


def purse_of(remaining: float | str | None, unlimited: bool = False) -> dict[str, Any]:
    return {"remaining_credits": remaining, "used_credits": 1, "unlimited_credits": unlimited}


def rules_of(table: PriceTable, model: str) -> dict[str, Any]:
    return {"meta": meta(table), "model": rules(table)[model]}


class Till:
    """Gives the listed answers in turn, the last one again and again."""

    def __init__(self, *balances: Credits | Exception, prices: PriceTable | Exception = TABLE) -> None:
        self.balances = list(balances)
        self.prices = prices
        self.asked = 0
        self.read: list[str] = []
        self.reached = asyncio.Event()
        self.let_go = asyncio.Event()
        self.let_go.set()

    async def credits(self) -> Credits:
        self.asked += 1
        self.reached.set()
        await self.let_go.wait()
        answer = self.balances.pop(0) if len(self.balances) > 1 else self.balances[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def price_rules(self, model: str) -> Any:
        self.read.append(model)
        if isinstance(self.prices, Exception):
            raise self.prices
        return rules_of(self.prices, model)


def made(till: Any, *, override: bool = False, clock: Clock | None = None, patience: float = 10) -> Purse:
    return Purse(till, TABLE, override=override, clock=clock or Clock(), patience=patience)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (told(purse_of(20), purse_of(30)), "20"),
        (told(purse_of(30), purse_of(20.5)), "20.5"),
        (told(purse_of(0, unlimited=True), purse_of(30)), "30"),
        (told(purse_of(5), None), "5"),
        (told(None, purse_of(7)), "7"),
        (told(purse_of("12.25"), purse_of("nonsense")), "12.25"),
        (told(purse_of(0), purse_of(7)), "0"),
        (told(purse_of(-3), purse_of(7)), "-3"),
        (told(purse_of(0, unlimited=True), purse_of(0, unlimited=True)), None),
        (told(purse_of(0, unlimited=True), None), None),
        (told(), None),
        (Credits(), None),
    ],
)
def test_the_smaller_of_what_is_told_is_left(answer: Credits, expected: str | None) -> None:
    assert left(answer.data) == (None if expected is None else Decimal(expected))


async def test_the_balance_is_asked_for_once_a_minute():
    clock, till = Clock(), Till(told(purse_of(20)), told(purse_of(10)))
    purse = made(till, clock=clock)
    assert await purse.balance() == 20
    clock.passed += KEPT - 1
    assert await purse.balance() == 20
    clock.passed += 1
    assert await purse.balance() == 10
    assert till.asked == 2


async def test_who_asks_together_is_answered_by_one_question():
    till = Till(told(purse_of(20)))
    till.let_go.clear()
    purse = made(till)
    first, *others = [asyncio.create_task(purse.balance()) for _ in range(5)]
    await till.reached.wait()
    first.cancel()
    till.let_go.set()
    assert await asyncio.gather(*others) == [20] * 4
    assert till.asked == 2
    with pytest.raises(asyncio.CancelledError):
        await first


@pytest.mark.parametrize("error", [Unavailable("down"), KeyRefused("no"), ZeroDivisionError(KEY)])
async def test_a_service_that_does_not_tell_is_asked_again_later(error: Exception, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    clock, till = Clock(), Till(error, told(purse_of(20)))
    purse = made(till, clock=clock)
    assert await purse.balance() is None
    assert await purse.balance() is None
    assert till.asked == 1
    clock.passed += KEPT
    assert await purse.balance() == 20
    assert type(error).__name__ in caplog.text
    assert KEY not in caplog.text


async def test_a_service_that_is_silent_is_not_waited_for():
    assert await made(Service(), patience=0.01).balance() is None


async def test_prices_follow_the_list():
    till = Till(prices=CHEAPER)
    purse = made(till)
    await purse.refresh()
    assert purse.table == CHEAPER
    assert till.read == ["kling-o3-image-to-video", "kling-custom-element"]

    till.prices = Unavailable("down")
    await purse.refresh()
    assert purse.table == CHEAPER


async def test_a_price_that_nobody_believes_changes_nothing(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    purse = made(Till(prices=TABLE.model_copy(update={"units_per_second": Decimal(54_000_000)})))
    await purse.refresh()
    assert purse.table == TABLE
    assert "kling-o3-image-to-video" in caplog.text


async def test_the_list_is_read_at_the_start_and_every_six_hours():
    till, clock = Till(prices=CHEAPER), StillClock()
    purse = made(till, clock=clock)
    purse.open()
    assert not till.read
    await asyncio.wait_for(clock.waiting.wait(), 30)
    assert purse.table == CHEAPER
    assert clock.slept == [REFRESHED]
    await purse.close()
    assert len(till.read) == 2


async def test_after_the_pause_the_list_is_read_again():
    second_pause = asyncio.Event()

    class TwoPauses(Clock):
        async def sleep(self, seconds: float, until: asyncio.Event | None = None) -> None:
            await super().sleep(seconds, until)
            if len(self.slept) == 2:
                second_pause.set()
                await asyncio.Event().wait()

    till, clock = Till(), TwoPauses()
    purse = made(till, clock=clock)
    purse.open()
    await asyncio.wait_for(second_pause.wait(), 30)
    await purse.close()
    assert clock.slept == [REFRESHED] * 2
    assert len(till.read) == 4


async def test_prices_of_ones_own_follow_nothing():
    till = Till(prices=CHEAPER)
    purse = made(till, override=True)
    purse.open()
    await asyncio.sleep(0.01)
    await purse.close()
    assert (till.read, purse.table) == ([], TABLE)


async def test_the_desk_tells_of_money(means, engine):
    till = Till(told(purse_of(20)), prices=CHEAPER)
    money = purse(means, till)
    desk = Desk(means, engine, rehearsals(means), money)
    assert desk.prices == TABLE
    await money.refresh()
    assert desk.prices == CHEAPER
    assert await desk.balance() == 20


async def test_a_room_opens_and_closes_while_the_list_is_silent(tmp_path: Path):
    own = TABLE.model_copy(update={"source": "Our contract"})
    async with Room(tmp_path, Service(), Delivery(), Rehearser()) as room:
        assert room.desk.prices == TABLE
    async with Room(tmp_path, Service(), Delivery(), Rehearser(), prices=own) as room:
        assert room.desk.prices == own


async def test_the_sandbox_publishes_what_it_charges(tmp_path: Path):
    """The real client against the real sandbox, without its key for the list and with it for the balance."""
    app = build_sandbox(SandboxSettings(tmp_path, key=SecretStr(KEY), credits=100))
    asked: list[httpx.Request] = []

    class Listening(httpx.ASGITransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return await super().handle_async_request(request)

    async with EvoLink(SecretStr(KEY), base_url="http://127.0.0.1:1", transport=Listening(app)) as evolink:
        money = Purse(evolink, CHEAPER, override=False, clock=Clock())
        await money.refresh()
        assert money.table == TABLE
        assert await money.balance() == 100
    assert ["authorization" in request.headers for request in asked] == [False, False, True]


def _answers() -> dict[str, httpx.Response | Exception]:
    other_schema = copy.deepcopy(rules_of(CHEAPER, TABLE.model))
    other_schema["meta"]["schema_version"] = "3"
    return {
        "not there": httpx.Response(404, json={"error": {"code": "not_found", "message": "No."}}),
        "a proxy's page": httpx.Response(200, html="<h1>Hello</h1>"),
        "half": httpx.Response(200, content=b'{"meta": {'),
        "null": httpx.Response(200, json=None),
        "unchanged": httpx.Response(304),
        "elsewhere": httpx.Response(307, headers={"location": "https://elsewhere.example.com/"}),
        "broken": httpx.Response(503),
        "too long": httpx.Response(200, content=b" " * 1_000_001),
        "another schema": httpx.Response(200, json=other_schema),
        "too late": httpx.ReadTimeout("late"),
        "nobody": httpx.ConnectError("nobody"),
    }


@pytest.mark.parametrize("case", list(_answers()))
async def test_whatever_the_list_answers_the_table_stays(case: str, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    answer = _answers()[case]

    def give(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    async with EvoLink(SecretStr(KEY), transport=httpx.MockTransport(give)) as evolink:
        money = Purse(evolink, TABLE, override=False, clock=Clock())
        await money.refresh()
    assert money.table is TABLE
    assert "kling-o3-image-to-video" in caplog.text
    assert KEY not in caplog.text


async def test_what_was_forgotten_is_asked_anew(means):
    till = Service()
    told = iter([5, 4])

    async def credits():
        return Credits.model_validate({"data": {"user": {"remaining_credits": next(told)}}})

    till.credits = credits
    spent = purse(means, till)
    assert [await spent.balance(), await spent.balance()] == [5, 5]
    spent.forget()
    assert await spent.balance() == 4


async def test_what_is_known_of_the_balance_is_known_without_asking_and_for_a_minute(clock: Clock) -> None:
    till = Till(told(purse_of(12.5)))
    money = Purse(till, TABLE, override=True, clock=clock)
    assert (money.known, till.asked) == (None, 0)
    await money.balance()
    assert (money.known, till.asked) == (12.5, 1)
    clock.passed += KEPT
    assert money.known is None
    await money.balance()
    money.forget()
    assert money.known is None
    limitless = Purse(Till(told(purse_of(None))), TABLE, override=True, clock=clock)
    await limitless.balance()
    assert limitless.known is None
