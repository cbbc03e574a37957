import pytest

from jobs.past import took
from jobs.states import State
from jobs.window import Took
from tests.jobs.fakes import element_request, job, request

DONE = {"state": State.DONE, "submitted": 1000.0, "ready": 1290.0, "ended": 1295.0, "estimated_seconds": 300.0}


async def test_tasks_of_the_same_kind_quality_and_length_are_learnt_from_newest_first(store):
    other = [request(quality="4k"), request(duration=15), element_request()]
    for number, asked in enumerate([request(), *other]):
        await store.add(job(nonce=str(number), request=asked, **DONE))
    await store.add(job(nonce="newer", **DONE | {"ready": 1250.0, "estimated_seconds": None, "state": State.READY}))
    assert await took(store, job(nonce="now")) == [Took(250, None), Took(290, 300)]
    assert await took(store, job(nonce="now", request=element_request())) == [Took(290, 300)]


@pytest.mark.parametrize(
    "odd",
    [
        {"state": State.FAILED},
        {"state": State.SUBMITTED, "ready": None, "ended": None},
        {"submitted": None},
        {"ready": 900.0},
        {"key_mark": "bbbbbbbb"},
    ],
)
async def test_what_did_not_end_well_or_before_it_began_teaches_nothing(store, odd):
    await store.add(job(**DONE | odd))
    assert await took(store, job(nonce="now")) == []


async def test_an_element_ends_when_its_id_is_here(store):
    await store.add(job(request=element_request(), **DONE | {"ready": None}))
    assert await took(store, job(nonce="now", request=element_request())) == [Took(295, 300)]
