"""What things cost and what is left to spend, as far as the service tells. No job waits for it or fails by it."""

import asyncio
import logging
from decimal import Decimal
from typing import Any, Final, Protocol

from client import answers
from client.balance import left
from client.elements import ELEMENT_MODEL
from client.price_rules import table_from
from client.prices import PriceTable
from client.schema import MODEL
from jobs.clock import Clock

logger = logging.getLogger(__name__)

KEPT: Final = 60.0
"""Seconds for which an answer about the balance is good."""

REFRESHED: Final = 6 * 3600.0
"""Seconds between two looks at the price list."""


class Till(Protocol):
    """What is asked about money; `client.api.EvoLink` and its errors."""

    async def credits(self) -> answers.Credits: ...

    async def price_rules(self, model: str) -> Any: ...


class Purse:
    """`table` holds the present prices. Unless it is an override, it follows the public list from `open` to `close`.

    `patience`: seconds that the service gets to tell the balance.
    """

    def __init__(
        self, service: Till, table: PriceTable, *, override: bool, clock: Clock, patience: float = 10.0
    ) -> None:
        self.table = table
        self._service = service
        self._override = override
        self._clock = clock
        self._patience = patience
        self._one_at_a_time = asyncio.Lock()
        self._balance: Decimal | None = None
        self._asked: float | None = None
        self._following: asyncio.Task[None] | None = None

    def open(self) -> None:
        if not self._override:
            self._following = asyncio.create_task(self._follow(), name="prices")

    async def close(self) -> None:
        if self._following:
            self._following.cancel()
            await asyncio.wait({self._following})

    async def balance(self) -> Decimal | None:
        """Credits left to spend, at most a minute old; None when the service does not tell. Never raises."""
        async with self._one_at_a_time:
            now = self._clock.monotonic()
            if self._asked is None or now - self._asked >= KEPT:
                self._balance = await self._ask()
                self._asked = self._clock.monotonic()
            return self._balance

    @property
    def known(self) -> float | None:
        """The balance as far as it is known this moment, without asking anybody."""
        fresh = self._asked is not None and self._clock.monotonic() - self._asked < KEPT
        return float(self._balance) if fresh and self._balance is not None else None

    def forget(self) -> None:
        """The next question about the balance is asked anew: something was reserved, charged or given back."""
        self._asked = None

    async def refresh(self) -> None:
        """Takes the public list's prices where they can be understood. Never raises."""
        for model in (MODEL, ELEMENT_MODEL):
            try:
                found = table_from(await self._service.price_rules(model), self.table)
            except Exception as error:
                logger.info("The prices of %s were not told: %s", model, type(error).__name__)
                continue
            if found is None:
                logger.info("The prices of %s were told in a way that is not understood or not believed", model)
            else:
                self.table = found

    async def _follow(self) -> None:
        while True:
            await self.refresh()
            await self._clock.sleep(REFRESHED)

    async def _ask(self) -> Decimal | None:
        try:
            async with asyncio.timeout(self._patience):
                return left((await self._service.credits()).data)
        except Exception as error:
            logger.info("The balance was not told: %s", type(error).__name__)
            return None
