"""The parts of the jobs room around fakes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jobs.engine import LocalEngine
from jobs.ride import Means
from jobs.shelf import Shelf
from jobs.store import Store
from tests.jobs.fakes import NAME, OTHER_NAME, Clock, Delivery, Service


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[Store]:
    store = Store(tmp_path, clock)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def delivery() -> Delivery:
    return Delivery()


@pytest.fixture
def means(tmp_path: Path, store: Store, service: Service, delivery: Delivery, clock: Clock) -> Means:
    shelf = Shelf(tmp_path)
    (tmp_path / "pictures").mkdir()
    for name in (NAME, OTHER_NAME):
        shelf.picture(name).write_bytes(b"a picture")
    return Means(store, shelf, service, delivery, clock, chance=lambda: 1.0)


@pytest.fixture
async def engine(means: Means) -> AsyncIterator[LocalEngine]:
    engine = LocalEngine(means, patience=5)
    await engine.start()
    yield engine
    await engine.stop()
