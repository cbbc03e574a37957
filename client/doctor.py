"""Looks whether all is well between us and EvoLink, without spending anything."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

import httpx
from pydantic import ValidationError

from client.addresses import service_address
from client.answers import Credits
from client.balance import left
from client.bodies import UnreadableBody, read_json
from client.errors import SettingError
from client.prices import TABLE, UNITS_PER_CREDIT
from client.settings import ServiceSettings
from client.wire import Answer, Wire

PATIENCE: Final = 15.0
APART: Final = 60.0
"""Seconds that two clocks may be apart. Lost orders are looked for by the time at which they were sent."""


class Finding(NamedTuple):
    """One check: whether it is well, its name, and what was found, for a person."""

    well: bool
    name: str
    sentence: str


async def examine(
    settings: ServiceSettings, now: float, transport: httpx.AsyncBaseTransport | None = None
) -> list[Finding]:
    """Key, balance, hosts and clock, in this order. `now` in unix seconds, when it begins."""
    if settings.key is None:
        return [Finding(False, "key", "No key is set (EVOLINK_API_KEY). Without one, the app runs on its own sandbox.")]
    try:
        base, files = service_address(settings.evolink_base_url), service_address(settings.evolink_files_url)
        wire = Wire(settings.key, base, files, transport=transport)
    except SettingError as error:
        return [Finding(False, "key" if error.code == "setting_key" else "hosts", str(error))]
    try:
        came = await asyncio.gather(
            _ask(wire, f"{base}/v1/credits"),
            _ask(wire, f"{files}/api/v1/files/quota"),
        )
    finally:
        await wire.aclose()
    account, _ = came
    hosts = dict(zip((base, files), came, strict=True))
    return [_key(account), _balance(account), *_hosts(hosts), _clock(came, now)]


async def _ask(wire: Wire, url: str) -> Answer | None:
    """Any answer at all; None when there is none."""
    try:
        return await wire.once("GET", url, seconds=PATIENCE)
    except (httpx.HTTPError, TimeoutError, UnreadableBody):
        return None


def _key(account: Answer | None) -> Finding:
    match account.status if account else None:
        case None:
            return Finding(False, "key", "The key could not be tried: EvoLink does not answer.")
        case 200:
            return Finding(True, "key", "EvoLink accepts the key.")
        case 401 | 403:
            return Finding(False, "key", "EvoLink does not accept the key.")
        case status:
            return Finding(False, "key", f"The key could not be tried: EvoLink answers with status {status}.")


def _balance(account: Answer | None) -> Finding:
    try:
        told = Credits.model_validate(read_json(account.body if account and account.status == 200 else b""))
    except (UnreadableBody, ValidationError):
        return Finding(False, "balance", "EvoLink does not tell the balance.")
    credits, cheapest = left(told.data), TABLE.least_units / UNITS_PER_CREDIT
    if credits is None:
        return Finding(True, "balance", "EvoLink tells no limit.")
    enough = credits >= cheapest
    rest = "" if enough else f"; the cheapest video needs {cheapest.normalize():f}"
    return Finding(enough, "balance", f"{credits.normalize():f} credits are left{rest}.")


def _hosts(hosts: Mapping[str, Answer | None]) -> Iterator[Finding]:
    for address, came in hosts.items():
        yield Finding(came is not None, "host", f"{address} {'answers' if came else 'cannot be reached'}.")


def _clock(came: Iterable[Answer | None], now: float) -> Finding:
    dates = [answer.headers.get("date", "") for answer in came if answer]
    for date in dates:
        try:
            ahead = now - parsedate_to_datetime(date).timestamp()
        except (ValueError, OverflowError):
            continue
        if abs(ahead) <= APART:
            return Finding(True, "clock", "The clock of this computer agrees with EvoLink's.")
        where = "ahead of" if ahead > 0 else "behind"
        return Finding(False, "clock", f"The clock of this computer is {abs(ahead):.0f} s {where} EvoLink's. Set it.")
    return Finding(False, "clock", "EvoLink does not tell the time.")
