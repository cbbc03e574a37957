"""What tests of the sandbox may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sandbox.house import VIDEO, House, Open, opening


@pytest.fixture
def open_sandbox(tmp_path: Path) -> Open:
    """Opens sandboxes on one folder: opened again it is a restart."""
    return opening(tmp_path / "sandbox")


@pytest.fixture
async def house(open_sandbox: Open) -> AsyncIterator[House]:
    """A sandbox that has seen nothing."""
    async with open_sandbox() as opened:
        yield opened


@pytest.fixture(scope="module")
async def still_house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A sandbox for many requests that change nothing."""
    async with opening(tmp_path_factory.mktemp("still"))() as opened:
        yield opened


@pytest.fixture
def video() -> bytes:
    """What the quick renderer makes."""
    return VIDEO
