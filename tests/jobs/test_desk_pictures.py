"""Pictures at the desk: kept, found again, and fetched from public addresses."""

from dataclasses import replace

import httpx
import pytest

from client.errors import FetchFailed, PictureError
from client.fetching import fetching_client
from jobs.desk import Desk
from jobs.ride import Means
from tests.jobs.fakes import purse, rehearsals
from tests.pictures import GROOT

ADDRESS = "https://pictures.example.org/groot.jpg"


def desk(means: Means, answer: httpx.Response | None) -> Desk:
    links = fetching_client(httpx.MockTransport(lambda _: answer)) if answer else None
    means = replace(means, links=links)
    return Desk(means, None, rehearsals(means), purse(means))  # type: ignore[arg-type]


async def test_a_kept_picture_is_found_by_its_reference(means: Means) -> None:
    here = desk(means, None)
    reference = await here.keep(GROOT)
    assert here.picture(reference) == await here.picture_of(reference)
    assert here.picture(reference).is_file()
    assert here.picture(reference.removeprefix("upload:")) is None
    assert here.picture("upload:../../jobs.sqlite") is None


async def test_a_picture_comes_from_its_public_address(means: Means) -> None:
    answer = httpx.Response(200, content=GROOT.read_bytes(), headers={"content-type": "image/jpeg"})
    here = desk(means, answer)
    assert await here.picture_of(ADDRESS) == here.picture(await here.keep(GROOT))


async def test_what_is_no_picture_or_does_not_come_is_told(means: Means) -> None:
    with pytest.raises(FetchFailed):
        await desk(means, httpx.Response(404)).picture_of(ADDRESS)
    with pytest.raises(PictureError):
        await desk(means, httpx.Response(200, content=b"no picture")).picture_of(ADDRESS)


async def test_without_a_way_to_fetch_an_address_is_no_picture(means: Means) -> None:
    assert await desk(means, None).picture_of(ADDRESS) is None
