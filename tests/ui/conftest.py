"""A real desk on a folder of its own, behind which nobody works: what is ordered stays as it was written down."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jobs.desk import Desk
from jobs.engine import LocalEngine
from jobs.ride import Means
from jobs.shelf import Shelf
from jobs.store import Store
from tests.jobs.fakes import Clock, Delivery, Service, purse, rehearsals


@pytest.fixture
async def means(tmp_path: Path) -> AsyncIterator[Means]:
    clock = Clock()
    store = Store(tmp_path, clock)
    await store.open()
    yield Means(store, Shelf(tmp_path), Service(), Delivery(), clock)
    await store.close()


@pytest.fixture
def desk(means: Means) -> Desk:
    return Desk(means, LocalEngine(means), rehearsals(means), purse(means))
