"""What all drills need."""

import ssl

import pytest

from tests.drills.warm import warm_up


@pytest.fixture
def warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process is warm for one test; others have certificates of their own."""
    monkeypatch.setattr(ssl, "create_default_context", ssl.create_default_context)
    warm_up()
