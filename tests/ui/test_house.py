"""What stands at the top of the page when orders are closed, or when nothing lasts."""

from pathlib import Path

import pytest

from jobs.database import Ailment
from jobs.desk import Desk
from jobs.engine import LocalEngine
from jobs.not_now import Closed
from jobs.ride import Means
from jobs.shelf import Shelf
from jobs.store import Store
from tests.jobs.fakes import Clock, Delivery, Service, purse, rehearsals, request
from ui.asking import told
from ui.house import House
from ui.languages import NAMES, language


@pytest.fixture
async def closed(tmp_path: Path) -> Desk:
    """The desk of a house whose database was broken."""
    (tmp_path / "jobs.sqlite").write_bytes(b"no database")
    store = Store(tmp_path, Clock())
    await store.open()
    means = Means(store, Shelf(tmp_path), Service(), Delivery(), store._clock)
    yield Desk(means, LocalEngine(means), rehearsals(means), purse(means))
    await store.close()


def texts(house: House, code: str = "en") -> tuple[bool, str, bool]:
    place, banner, button = house.look(code)
    return place["visible"], banner, button["visible"]


async def test_usually_nothing_is_said(desk: Desk) -> None:
    assert texts(House(desk, fleeting=False)) == (False, "", False)


@pytest.mark.parametrize("code", NAMES)
async def test_where_nothing_lasts_a_plain_line_says_so(desk: Desk, code: str) -> None:
    shown, said, button = texts(House(desk, fleeting=True), code)
    assert (shown, button) == (True, False)
    assert said == f"<p>{language(code).say('house.fleeting')}</p>"
    assert "Space" in said


@pytest.mark.parametrize("code", NAMES)
async def test_while_orders_are_closed_the_page_says_why_and_one_button_opens_them(closed: Desk, code: str) -> None:
    house = House(closed, fleeting=False)
    shown, said, button = texts(house, code)
    assert (shown, button, closed.closed) == (True, True, Ailment.BROKEN)
    assert language(code).of("aside", "broken") in said
    with pytest.raises(Closed) as refused:
        await closed.start(request(), owner="ann", nonce="1")
    assert told(refused.value, language(code)) == language(code).of("not_now", "closed")
    await house.open_again(code)
    assert closed.closed is None
    assert texts(house, code)[0] is False
    assert await closed.start(request(), owner="ann", nonce="1")
