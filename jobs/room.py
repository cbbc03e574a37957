"""All of it together: what the app opens when it starts and closes when it stops."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from client.fetching import fetching_client
from client.idempotency import Idempotency
from client.pinned import PinnedTransport
from client.prices import TABLE, PriceTable
from jobs.callbacks import Callbacks
from jobs.clock import Clock, SystemClock
from jobs.desk import Desk
from jobs.engine import LocalEngine
from jobs.journal import Journal
from jobs.lock import held
from jobs.mend import opened
from jobs.purse import Purse, Till
from jobs.rehearsal import Rehearsals, Rehearser
from jobs.ride import Delivery, Means, Service
from jobs.shelf import Shelf
from jobs.shutter import Shutter
from jobs.store import Store


class EvoLink(Service, Till, Protocol):
    """What a room asks of EvoLink: for its jobs, and about money."""


def check(folder: Path) -> None:
    """Finds out beforehand whether a room can be opened on a folder. Raises StoreError."""
    with held(folder):
        opened(folder, Journal(folder), Shutter(folder), SystemClock().now()).close()


class Room:
    """Touches nothing until it is opened. `desk` may be handed around before. `prices` that are given stay.

    `patience`: seconds that paid requests on their way get when it closes. `callbacks`: the public
    https origin at which EvoLink is asked to call back.
    """

    def __init__(
        self,
        folder: Path,
        service: EvoLink,
        delivery: Delivery,
        rehearse: Rehearser,
        *,
        prices: PriceTable | None = None,
        clock: Clock | None = None,
        idempotency: Idempotency = Idempotency.UNPROVEN,
        key_mark: str | None = None,
        callbacks: str | None = None,
        patience: float = 10.0,
    ) -> None:
        clock = clock or SystemClock()
        self._folder = folder
        self._lock = ExitStack()
        self._links = fetching_client(PinnedTransport())
        self._purse = Purse(service, prices or TABLE, override=prices is not None, clock=clock)
        means = Means(
            Store(folder, clock),
            Shelf(folder),
            service,
            delivery,
            clock,
            links=self._links,
            purse=self._purse,
            idempotency=idempotency,
            key_mark=key_mark,
            callbacks=Callbacks(callbacks),
        )
        self._store = means.store
        self._engine = LocalEngine(means, patience=patience)
        self._rehearsals = Rehearsals(means.shelf, rehearse, folder / "rehearsals", clock)
        self.desk = Desk(means, self._engine, self._rehearsals, self._purse)

    async def open(self) -> None:
        """Open jobs go on from here. Raises StoreError for a folder that is in use or of no use."""
        with ExitStack() as lock:
            lock.enter_context(held(self._folder))
            await self._store.open()
            self._lock = lock.pop_all()
        await self._rehearsals.open()
        await self._engine.start()
        self.desk.pulse.open()
        self._purse.open()

    async def close(self) -> None:
        await self._links.aclose()
        await self._purse.close()
        await self.desk.pulse.close()
        await self._engine.stop()
        await self._store.close()
        self._lock.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
