import pytest

from jobs.room import Room
from jobs.states import State
from tests.jobs.fakes import NAME, Clock, Delivery, Rehearser, Service, request


async def test_a_room_touches_nothing_until_it_is_opened_and_goes_on_where_it_was_closed(tmp_path):
    folder = tmp_path / "data"
    service = Service()
    room = Room(folder, service, Delivery(), Rehearser(), clock=Clock())
    assert not folder.exists()
    async with room:
        (folder / "pictures").mkdir()
        (folder / "pictures" / NAME).write_bytes(b"a picture")
        started = await room.desk.start(request(), owner="ann", nonce="1")

    async with Room(folder, service, Delivery(), Rehearser(), clock=Clock()) as again:
        async for record in again.desk.watch(started.id):
            last = record
    assert last.state in {State.DONE, State.UNKNOWN}
    assert len(service.posts) <= 1


async def test_a_closed_room_says_so(tmp_path):
    async with Room(tmp_path, Service(), Delivery(), Rehearser()) as room:
        pass
    with pytest.raises(RuntimeError):
        await room.desk.recent("ann")
