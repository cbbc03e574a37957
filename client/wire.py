"""Requests on their way: the key, the deadline, the cap on answers, and patience where a repeat is free."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple, TypeVar

import httpx
import stamina
from pydantic import BaseModel, SecretStr, ValidationError

from client.bodies import UnreadableBody, read_body, read_json
from client.errors import TooManyRequests, Unavailable
from client.key import KeyAuth
from client.refusals import UNREADABLE, refusal
from client.transport import FreshOrPooled
from client.version import USER_AGENT

AT_ONCE: Final = 8
"""Requests in the pool. More wait outside: httpx grows slow when many queue inside it."""

CONNECT: Final = 10.0
LONGEST_PAUSE: Final = 30.0
"""Seconds that EvoLink may ask us to wait inside a call."""

_PATIENT: Final = stamina.AsyncRetryingCaller(attempts=3, timeout=None, wait_initial=0.5)

Found = TypeVar("Found", bound=BaseModel)


class Answer(NamedTuple):
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """One client, which gives the key to the services at `bases` only and follows no redirect."""

    def __init__(self, key: SecretStr, *bases: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        auth = KeyAuth(key, *bases)
        self._key = key.get_secret_value().encode()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._client = httpx.AsyncClient(
            auth=auth,
            transport=transport or FreshOrPooled(AT_ONCE),
            headers={"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"},
            follow_redirects=False,
            trust_env=False,
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def once(self, method: str, url: str, *, seconds: float, **request: Any) -> Answer:
        """One request, one answer, within so many seconds. The key is struck out should the answer repeat it.

        Raises httpx's errors, TimeoutError and UnreadableBody.
        """
        timeout = httpx.Timeout(seconds, connect=CONNECT)
        async with (
            self._slot(seconds),
            asyncio.timeout(seconds),
            self._client.stream(method, url, timeout=timeout, **request) as response,
        ):
            body = await read_body(response)
            return Answer(response.status_code, response.headers, body.replace(self._key, b"[key]"))

    async def patiently(self, expected: type[Found], method: str, url: str, *, seconds: float, **request: Any) -> Found:
        """The answer to something free, asked again a few times when that may help. `seconds` count for each try.

        Raises Unavailable, and Refused in its kinds.
        """

        return await _PATIENT(_pause, lambda: self.asking(expected, method, url, seconds=seconds, **request))

    async def asking(self, expected: type[Found], method: str, url: str, *, seconds: float, **request: Any) -> Found:
        """The same, asked for once."""
        try:
            answer = await self.once(method, url, seconds=seconds, **request)
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unavailable("EvoLink cannot be reached right now.", detail=str(error)) from error
        except UnreadableBody as error:
            raise Unavailable(UNREADABLE, detail=str(error)) from error
        return _read(expected, answer)

    @asynccontextmanager
    async def _slot(self, seconds: float) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(seconds):
                await self._slots.acquire()
        except TimeoutError as error:
            raise httpx.PoolTimeout("Too many requests are under way.") from error
        try:
            yield
        finally:
            self._slots.release()


def _read(expected: type[Found], answer: Answer) -> Found:
    if not 200 <= answer.status < 300:
        raise refusal(*answer)
    try:
        said = read_json(answer.body)
        if _is_no(said):
            raise refusal(*answer)
        return expected.model_validate(said)
    except (UnreadableBody, ValidationError) as error:
        raise refusal(*answer) from error


def _is_no(said: Any) -> bool:
    """Whether an answer says no in spite of its status. A task has an `error` of its own, beside its id."""
    match said:
        case {"success": False}:
            return True
        case {"error": dict() | str() as error}:
            return bool(error) and not said.keys() & {"id", "data"}
        case _:
            return False


def _pause(error: Exception) -> bool | float:
    """Whether to try again, or after how many seconds. A longer wait is for the caller to plan."""
    if not isinstance(error, Unavailable | TooManyRequests):
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= LONGEST_PAUSE else False
