"""A database that is no good: kept aside, and told anew from the journal, with nothing sent."""

import asyncio
import contextlib
import os
import random
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jobs import database
from jobs.database import NAME, Ailment, StoreError, connected, obstacles_told
from jobs.disk import NoRoom
from jobs.job import Job
from jobs.not_now import Closed
from jobs.room import Room, check
from jobs.states import State
from jobs.store import Store
from tests.jobs.fakes import MP4, Clock, Delivery, Rehearser, Service, element_request, job, request
from tests.jobs.fakes import NAME as PICTURE
from tests.jobs.test_store import FIRST_VERSION

TASK = "task-unified-1-abc"


async def lived_in(folder: Path) -> dict[str, Job]:
    """A folder as somebody has it after a while, on which the store is still open."""
    store = Store(folder, Clock())
    await store.open()
    jobs = {}
    for name, states, more in [
        ("new", [], {}),
        ("under way", [State.SUBMITTING, State.SUBMITTED], {"task_id": TASK}),
        ("lost", [State.SUBMITTING, State.UNKNOWN], {}),
        ("done", [State.SUBMITTING, State.SUBMITTED, State.READY, State.DOWNLOADING, State.DONE], {"task_id": "t-2"}),
        ("deleted", [State.SUBMITTING, State.SUBMITTED, State.FAILED], {"task_id": "t-3", "hidden": True}),
        ("refused", [State.REJECTED], {}),
    ]:
        asked = request(prompt=f"The boat, {name}", duration=7)
        record = await store.add(job(nonce=name, request=asked, credits_estimated=27.0))
        record = await store.write(record, replace(record, uploads={PICTURE: "https://files.example.org/a.jpg"}))
        for state in states:
            body = record.body or "{}"
            record = await store.write(record, replace(record, state=state, body=body, task_id=more.get("task_id")))
        jobs[name] = await store.write(record, replace(record, **more))
    mia = await store.add(job(nonce="mia", request=element_request()))
    for state in (State.SUBMITTING, State.SUBMITTED, State.DONE):
        mia = await store.write(mia, replace(mia, state=state, task_id="t-4", element_id="8300"))
    jobs["mia"] = mia
    (folder / "videos").mkdir(exist_ok=True)
    (folder / "videos" / f"{jobs['done'].id}.mp4").write_bytes(MP4)
    shutil.copytree(folder, folder.with_name("killed"))
    await store.close()
    return jobs


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Job]]:
    """The folder `left` in good order, beside it `killed`, and the jobs in both."""
    folder = tmp_path_factory.mktemp("life") / "left"
    return folder.parent, asyncio.run(lived_in(folder))


@pytest.fixture
def folder(life: tuple[Path, dict[str, Job]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(life[0] / "left", tmp_path / "data"))


@pytest.fixture
def jobs(life: tuple[Path, dict[str, Job]]) -> dict[str, Job]:
    return life[1]


def room(folder: Path, service: Service) -> Room:
    return Room(folder, service, Delivery(), Rehearser(), clock=Clock())


def cut(share: float) -> Callable[[Path], None]:
    def harm(path: Path) -> None:
        os.truncate(path, max(10, int(path.stat().st_size * share)))

    return harm


def newer(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


HARMS: dict[str, tuple[Callable[[Path], None], Ailment]] = {
    "cut after ten bytes": (cut(0), Ailment.BROKEN),
    "cut after a tenth": (cut(0.1), Ailment.BROKEN),
    "cut in the middle": (cut(0.5), Ailment.BROKEN),
    "cut after nine tenths": (cut(0.9), Ailment.BROKEN),
    "cut before the last bytes": (cut(0.999), Ailment.BROKEN),
    "random bytes": (
        lambda path: path.write_bytes(random.Random(4).randbytes(path.stat().st_size)) and None,
        Ailment.BROKEN,
    ),
    "all zeros": (lambda path: path.write_bytes(bytes(path.stat().st_size)) and None, Ailment.BROKEN),
    "empty": (lambda path: os.truncate(path, 0), Ailment.BEHIND),
    "gone": (lambda path: path.unlink(), Ailment.BEHIND),
    "of a newer version": (newer, Ailment.NEWER),
}


@pytest.mark.parametrize("harm", HARMS)
async def test_a_broken_or_newer_database_is_set_aside_and_the_app_starts_all_the_same(folder, jobs, harm):
    harmed, ailment = HARMS[harm]
    path = folder / NAME
    harmed(path)
    left = path.read_bytes() if path.exists() else None
    service = Service()
    async with room(folder, service) as home:
        desk = home.desk
        assert desk.closed is ailment
        found = {found.nonce: found for found in await desk.recent("ann", 20)}
        assert set(found) == {"under way", "lost", "done", "refused"}
        *_, last = [seen async for seen in desk.watch(found["under way"].id)]
        assert (last.task_id, last.state) == (TASK, State.DONE)
        assert found["lost"].state is State.UNKNOWN
        for name in ("done", "refused"):
            assert found[name].state is jobs[name].state
            assert found[name].request == jobs[name].request
        assert (found["done"].token, found["done"].task_id) == (jobs["done"].token, "t-2")
        assert desk.video(found["done"]).read_bytes() == MP4
        assert [mia.element_id for mia in await desk.elements("ann")] == ["8300"]
        with pytest.raises(Closed):
            await desk.start(request(), owner="ann", nonce="another")
        assert (await desk.start(request(), owner="ann", nonce="done")).id == jobs["done"].id
    aside = [each for each in folder.iterdir() if each.name.startswith(f"{NAME}.")]
    assert [each.read_bytes() for each in aside] == ([] if left is None else [left])
    assert all(each.name.startswith(f"{NAME}.{ailment}-1970") for each in aside)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    async with room(folder, service) as home:
        assert home.desk.closed is ailment
        await home.desk.open_again()
        assert home.desk.closed is None
    async with room(folder, service) as home:
        assert home.desk.closed is None
    assert service.posts == []
    assert len([each for each in folder.iterdir() if each.name.startswith(f"{NAME}.")]) == len(aside)


@pytest.mark.parametrize("harm", ["gone", "cut", "random"])
async def test_without_the_file_of_the_last_writes_nothing_is_sent_a_second_time(life, jobs, tmp_path, harm):
    """The rows are older than the journal then: what was sent looks as if it were still to be sent."""
    folder = Path(shutil.copytree(life[0] / "killed", tmp_path / "data"))
    wal = folder / f"{NAME}-wal"
    if harm == "gone":
        wal.unlink()
    else:
        kept = wal.read_bytes()[: wal.stat().st_size // 4]
        wal.write_bytes(kept if harm == "cut" else random.Random(4).randbytes(len(kept)))
    service = Service()
    async with room(folder, service) as home:
        assert home.desk.closed is Ailment.BEHIND
        found = {found.nonce: found.state for found in await home.desk.recent("ann")}
        assert found.pop("new", State.NEW) is State.NEW
        assert set(found) == {"under way", "lost", "done", "refused"}
    assert service.posts == []


async def test_what_the_rows_of_an_older_version_know_is_kept_too(tmp_path):
    with contextlib.closing(sqlite3.connect(tmp_path / NAME)) as connection:
        connection.executescript(FIRST_VERSION)
    (tmp_path / "journal.jsonl").write_text('{"job": "id-3", "owner": "ann", "state": "submitted", "task": "task-3"}\n')
    store = Store(tmp_path, Clock())
    await store.open()
    assert store.closed is Ailment.BEHIND
    found = {found.id: found for found in await store.recent_videos("ann", 9)}
    assert {name: record.state for name, record in found.items()} == {
        "id-1": State.DONE,
        "id-2": State.SUBMITTED,
        "id-3": State.SUBMITTED,
    }
    assert (found["id-1"].request.prompt, found["id-1"].credits_charged) == ("The boat drifts", 26.5)
    await store.close()


async def test_one_write_that_went_missing_is_noticed_too(tmp_path):
    store = Store(tmp_path / "was", Clock())
    await store.open()
    new = await store.add(job(request=request(image_start="https://pictures.example.org/a.jpg")))
    await store._on_thread(store._connection.execute, "PRAGMA wal_checkpoint(TRUNCATE)")
    await store.write(new, replace(new, state=State.SUBMITTING, body="{}"))
    shutil.copytree(tmp_path / "was", tmp_path / "is")
    await store.close()
    (tmp_path / "is" / f"{NAME}-wal").unlink()
    service = Service()
    async with room(tmp_path / "is", service) as home:
        assert (await home.desk.job(new.id, "ann")).state is State.UNKNOWN
    assert service.posts == []


async def test_a_step_that_was_told_but_not_taken_is_no_loss(life, jobs, tmp_path):
    """Killed between the line in the journal and the row: nothing was sent, and orders stay open."""
    folder = Path(shutil.copytree(life[0] / "killed", tmp_path / "data"))
    new = jobs["new"]
    store = Store(folder, Clock())
    store._journal.append(**{"job": new.id, "state": "submitting", "row": {"version": new.version + 1}})
    await store.open()
    assert store.closed is None
    assert (await store.job(new.id)).version == new.version + 1
    assert (await store.job(new.id)).state is State.NEW
    await store.close()
    await store_of(folder)


async def store_of(folder: Path) -> None:
    """Opens and closes: in good order, nothing is found missing."""
    store = Store(folder, Clock())
    await store.open()
    assert store.closed is None
    await store.close()


async def test_what_was_never_sent_waits_until_a_person_agrees(life, jobs, tmp_path):
    folder = Path(shutil.copytree(life[0] / "killed", tmp_path / "data"))
    store = Store(folder, Clock())
    done = jobs["done"]
    store._journal.append(**{"job": done.id, "state": "done", "row": {"version": done.version + 5}})
    (folder / "pictures").mkdir()
    (folder / "pictures" / PICTURE).write_bytes(b"a picture")
    service = Service()
    async with room(folder, service) as home:
        desk = home.desk
        assert desk.closed is Ailment.BEHIND
        assert (await desk.look_again(jobs["new"].id, "ann")).state is State.NEW
        assert [seen async for seen in desk.watch(jobs["under way"].id)]
        assert service.posts == []
        await desk.open_again()
        *_, last = [seen async for seen in desk.watch(jobs["new"].id)]
        assert last.state is State.DONE
    assert len(service.posts) == 1


async def test_a_row_that_cannot_be_read_costs_the_others_nothing(folder, jobs):
    with contextlib.closing(sqlite3.connect(folder / NAME, isolation_level=None)) as connection:
        connection.execute("UPDATE job SET request = ? WHERE id = ?", ("{", jobs["new"].id))
        connection.execute("UPDATE job SET uploads = 'x' WHERE id = ?", (jobs["done"].id,))
    service = Service()
    async with room(folder, service) as home:
        assert home.desk.closed is Ailment.BROKEN
        found = {found.nonce: found for found in await home.desk.recent("ann")}
        assert found["new"].request.prompt == "Found again"
        assert found["done"].request == jobs["done"].request
    assert service.posts == []


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that another user may enter."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@contextlib.contextmanager
def as_another_user() -> Iterator[None]:
    """Root may write everywhere; nobody else may where the mode forbids it."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.parametrize(("closed", "mode"), [("folder", 0o555), ("file", 0o444)])
def test_a_place_that_may_only_be_read_is_not_a_broken_database(folder, open_to_all, closed, mode):
    data = Path(shutil.copytree(folder, open_to_all / "data"))
    data.chmod(0o777)
    for path in data.iterdir():
        path.chmod(0o777 if path.is_dir() else 0o666)
    (data / NAME if closed == "file" else data).chmod(mode)
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    with as_another_user(), pytest.raises(StoreError, match=r"\.$") as refused:
        check(data)
    assert "\n" not in str(refused.value)
    data.chmod(0o755)
    assert {path: path.read_bytes() for path in before} == before


async def test_a_database_that_another_program_writes_to_is_not_broken(folder, monkeypatch):
    monkeypatch.setattr(database, "PATIENCE", 0.01)
    with contextlib.closing(connected(folder / NAME)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="Another program is writing to"):
            check(folder)
        other.execute("ROLLBACK")
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="Another program is writing to"):
            check(folder)
    await store_of(folder)


def test_what_is_wrong_with_the_file_is_not_told_as_an_obstacle(tmp_path):
    with (
        contextlib.closing(sqlite3.connect(":memory:")) as connection,
        pytest.raises(sqlite3.OperationalError, match="no such table"),
        obstacles_told(tmp_path),
    ):
        connection.execute("SELECT * FROM job")


def test_a_file_where_the_folder_should_be_is_one_sentence(tmp_path):
    (tmp_path / "data").write_text("no folder")
    with pytest.raises(StoreError, match="cannot be used"):
        check(tmp_path / "data")


async def test_a_database_in_good_order_is_not_written_to(folder):
    (folder / "lock").unlink(missing_ok=True)
    await store_of(folder)
    before = (folder / NAME).read_bytes()
    await store_of(folder)
    assert (folder / NAME).read_bytes() == before
    assert not (folder / "closed").exists()


async def test_a_large_database_gets_the_quick_check(folder, monkeypatch):
    monkeypatch.setattr(database, "LARGE", 1)
    await store_of(folder)
    os.truncate(folder / NAME, (folder / NAME).stat().st_size // 2)
    store = Store(folder, Clock())
    await store.open()
    assert store.closed is Ailment.BROKEN
    await store.close()


async def test_killed_while_it_is_built_anew_it_is_built_once_more(folder, jobs):
    (folder / NAME).rename(folder / f"{NAME}.broken-20261122-210000")
    (folder / f"{NAME}.new").write_bytes(b"half")
    (folder / f"{NAME}.new-wal").write_bytes(b"half")
    (folder / f"{NAME}-wal").write_bytes(b"of the one before")
    (folder / "closed").write_text("broken")
    async with room(folder, Service()) as home:
        assert home.desk.closed is Ailment.BEHIND
        assert await home.desk.job(jobs["done"].id, "ann")
    kept = {path.name: path.read_bytes() for path in folder.iterdir() if path.name.startswith(f"{NAME}.")}
    assert b"of the one before" in kept.values()


async def test_two_asides_of_one_second_do_not_overwrite_each_other(folder):
    for _ in range(3):
        (folder / NAME).write_bytes(b"broken")
        store = Store(folder, Clock())
        await store.open()
        await store.close()
    assert len(list(folder.glob(f"{NAME}.broken-*"))) == 3


async def test_a_word_that_only_another_version_knows_keeps_orders_closed(folder):
    (folder / "closed").write_text("for reasons unheard of")
    store = Store(folder, Clock())
    await store.open()
    assert store.closed is Ailment.BROKEN
    await store.close()


async def test_while_the_disk_is_full_too_that_is_what_is_said(folder, monkeypatch):
    (folder / "closed").write_text("broken")
    monkeypatch.setattr("jobs.desk.room_left", lambda folder: False)
    async with room(folder, Service()) as home:
        with pytest.raises(NoRoom):
            await home.desk.start(request(), owner="ann", nonce="another")
