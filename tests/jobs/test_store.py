import asyncio
import json
import sqlite3
import stat
from dataclasses import replace

import pytest

from client.schema import VideoRequest
from jobs.job import Trouble
from jobs.rows import ELEMENTS
from jobs.states import MOVES, OPEN, State
from jobs.store import ForbiddenMove, Overtaken, Store
from tests.jobs.fakes import element_request, job, request


async def test_what_is_written_is_read_again_after_a_restart(tmp_path, clock):
    shots = [{"index": 1, "prompt": "looks up", "duration": "5"}]
    storyboard = request(model_params={"multi_shot": True, "shot_type": "customize", "multi_prompt": shots})
    store = Store(tmp_path / "deep" / "data", clock)
    await store.open()
    first = await store.add(job(request=storyboard))
    clock.passed = 5
    second = await store.write(
        first,
        replace(
            first,
            uploads={"x": "https://files.example.org/x"},
            body="{}",
            progress=3,
            estimated_seconds=300.5,
            trouble=Trouble("waiting", "Wait.", "detail", "req-1"),
        ),
    )
    assert (second.version, second.changed) == (2, 1005.0)
    await store.close()

    again = Store(tmp_path / "deep" / "data", clock)
    await again.open()
    assert await again.job(first.id) == second
    assert second.request == storyboard
    await again.close()


async def test_folder_and_files_are_closed_to_others(tmp_path, store):
    new = await store.add(job())
    await store.write(new, replace(new, state=State.SUBMITTING))
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert set(modes) >= {"jobs.sqlite", "jobs.sqlite-wal", "journal.jsonl"}
    assert set(modes.values()) == {0o600}


async def test_a_write_is_on_the_disk_before_it_counts(store):
    for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("user_version", 3)):
        found = await store._on_thread(lambda name=pragma: store._connection.execute(f"PRAGMA {name}").fetchone()[0])
        assert found == value


FIRST_VERSION = """
CREATE TABLE job (
    id TEXT PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    nonce TEXT NOT NULL,
    request TEXT NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE,
    callback_token TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    created REAL NOT NULL,
    changed REAL NOT NULL,
    uploads TEXT NOT NULL,
    body TEXT,
    task_id TEXT,
    progress INTEGER NOT NULL,
    estimated_seconds REAL,
    credits_reserved REAL,
    credits_charged REAL,
    link TEXT,
    video TEXT,
    trouble TEXT,
    submitted REAL,
    ready REAL,
    ended REAL,
    UNIQUE (owner, nonce)
) STRICT;
CREATE INDEX job_of_owner ON job (owner);
CREATE INDEX job_in_state ON job (state);
PRAGMA user_version = 1;
INSERT INTO job VALUES (
    'id-1', 'token-1', 'ann', 'nonce-1', '{"prompt": "The boat drifts", "image_start": "upload:a.jpg"}', 'key-1',
    'callback-1', 'done', 7, 1000.0, 1300.0, '{"a.jpg": "https://files.example.org/a.jpg"}', '{}', 'task-1', 100,
    300.0, 27.0, 26.5, 'https://files.example.org/video.mp4', 'id-1.mp4', NULL, 1001.0, 1290.0, 1300.0
);
INSERT INTO job VALUES (
    'id-2', 'token-2', 'ann', 'nonce-2', '{"prompt": "The boat drifts", "image_start": "upload:a.jpg"}', 'key-2',
    'callback-2', 'submitted', 3, 1400.0, 1401.0, '{}', '{}', 'task-2', 5, NULL, NULL, NULL, NULL, NULL,
    '{"code": "waiting", "sentence": "Wait.", "detail": "", "request_id": ""}', 1401.0, NULL, NULL
);
"""


SECOND_VERSION = FIRST_VERSION + "".join(f"{statement};" for statement in ELEMENTS) + "PRAGMA user_version = 2;"


@pytest.mark.parametrize("version", [FIRST_VERSION, SECOND_VERSION])
async def test_what_is_older_gets_its_words_and_its_lines_in_the_journal(tmp_path, clock, version):
    """So that it too is found by its text, and known again when the database is lost."""
    with sqlite3.connect(tmp_path / "jobs.sqlite") as connection:
        connection.executescript(version)
    connection.close()
    store = Store(tmp_path, clock)
    await store.open()
    assert await store.figures("SELECT id, words FROM job") == [
        ("id-1", "the boat drifts"),
        ("id-2", "the boat drifts"),
    ]
    rows = await store.select("state = ? ORDER BY rowid", "done")
    assert [row.id for row in rows] == ["id-1"]
    await store.close()
    lines = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    assert [(line["job"], line["task"], "request" in line["row"]) for line in lines] == [
        ("id-1", "task-1", True),
        ("id-2", "task-2", True),
    ]


async def test_the_database_itself_forbids_what_is_no_move(store):
    new = await store.add(job())
    with pytest.raises(sqlite3.IntegrityError, match="forbidden move"):
        await store.figures("UPDATE job SET state = 'done' WHERE id = ?", new.id)
    await store.figures("UPDATE job SET state = 'submitting' WHERE id = ?", new.id)
    with pytest.raises(sqlite3.IntegrityError, match="forbidden move"):
        await store.figures("UPDATE job SET state = 'new' WHERE id = ?", new.id)
    assert (await store.job(new.id)).state is State.SUBMITTING


async def test_the_rule_of_moves_is_that_of_this_program(tmp_path, clock):
    """Whatever an earlier version allowed."""
    store = Store(tmp_path, clock)
    await store.open()
    await store.figures("DROP TRIGGER allowed_moves")
    await store.figures("CREATE TRIGGER allowed_moves BEFORE UPDATE ON job BEGIN SELECT RAISE(ABORT, 'no'); END")
    await store.close()
    again = Store(tmp_path, clock)
    await again.open()
    new = await again.add(job())
    assert (await again.write(new, replace(new, state=State.SUBMITTING))).state is State.SUBMITTING
    await again.close()


async def test_the_jobs_of_the_first_version_are_found_again(tmp_path, clock):
    with sqlite3.connect(tmp_path / "jobs.sqlite") as connection:
        connection.executescript(FIRST_VERSION)
    connection.close()
    for _ in range(2):
        store = Store(tmp_path, clock)
        await store.open()
        underway, done = await store.recent_videos("ann", 10)
        assert (done.id, done.state, done.version, done.credits_charged) == ("id-1", State.DONE, 7, 26.5)
        assert done.request == VideoRequest(prompt="The boat drifts", image_start="upload:a.jpg")
        assert (done.element_id, done.hidden, done.credits_estimated) == (None, False, None)
        assert (underway.trouble, underway.ended) == (Trouble("waiting", "Wait."), None)
        assert await store.newest_open_video("ann") == underway
        await store.close()
    store = Store(tmp_path, clock)
    await store.open()
    ready = await store.write(underway, replace(underway, state=State.READY, credits_estimated=27.0))
    assert await store.job("id-2") == ready
    mia = await store.add(job(request=element_request()))
    assert await store.elements("ann") == [mia]
    await store.close()


async def test_an_element_is_read_again_as_one(store):
    new = await store.add(job(request=element_request(), credits_estimated=0.001))
    sending = await store.write(new, replace(new, state=State.SUBMITTING))
    sent = await store.write(sending, replace(sending, state=State.SUBMITTED, task_id="task-1"))
    done = await store.write(sent, replace(sent, state=State.DONE, element_id="830012345678", hidden=True))
    assert (done.request, done.element_id, done.hidden) == (element_request(), "830012345678", True)
    assert (await store.job(new.id), done.credits_estimated) == (done, 0.001)
    assert await store.journaled_task(new.id) == "task-1"


async def test_elements_and_videos_are_asked_for_apart(store):
    film = await store.add(job(nonce="1"))
    mia, tom, _ = [
        await store.add(job(nonce=nonce, request=element_request(), hidden=nonce == "4")) for nonce in ("2", "3", "4")
    ]
    await store.add(replace(job(request=element_request()), owner="bob"))
    assert await store.recent_videos("ann", 10) == [film]
    assert await store.newest_open_video("ann") == film
    assert await store.elements("ann") == [tom, mia]
    assert len(await store.open_jobs()) == 5


async def test_a_second_start_with_the_same_nonce_finds_the_first_job(store):
    first = await store.add(job(nonce="n"))
    assert await store.add(job(nonce="n", request=request(prompt="Another text"))) == first
    assert await store.add(replace(job(nonce="n"), owner="bob")) != first
    assert (await store.add(job(nonce="m"))).id != first.id


async def test_many_starts_at_once_make_one_job(store):
    started = await asyncio.gather(*(store.add(job(nonce="same")) for _ in range(20)))
    assert len({made.id for made in started}) == 1


@pytest.mark.parametrize("before", list(State))
async def test_only_the_moves_of_the_table_are_made(store, before):
    for after in State:
        made = await store.add(job(state=before, nonce=after))
        if after is before or after in MOVES[before]:
            moved = await store.write(made, replace(made, state=after))
            assert moved.state is after
        else:
            with pytest.raises(ForbiddenMove):
                await store.write(made, replace(made, state=after))
            assert await store.job(made.id) == made


async def test_of_two_writers_one_is_told_that_it_came_too_late(tmp_path, store, clock):
    new = await store.add(job())
    other = Store(tmp_path, clock)
    await other.open()
    results = await asyncio.gather(
        *(each.write(new, replace(new, state=State.SUBMITTING)) for each in (store, other) * 10),
        return_exceptions=True,
    )
    await other.close()
    assert sum(isinstance(result, Overtaken) for result in results) == 19
    assert (await store.job(new.id)).version == 2


async def test_writers_of_different_things_do_not_undo_each_other(store):
    new = await store.add(job())
    await store.write(new, replace(new, progress=10))
    both = await store.write(new, replace(new, uploads={"a": "b"}))
    assert (both.progress, both.uploads, both.version) == (10, {"a": "b"}, 3)


async def test_writing_nothing_new_is_no_write(store):
    new = await store.add(job())
    assert await store.write(new, replace(new)) is new
    assert (await store.job(new.id)).version == 1


async def test_a_job_nobody_wrote_down_cannot_be_moved(store):
    with pytest.raises(Overtaken):
        await store.write(job(), replace(job(), state=State.SUBMITTING))


async def test_the_questions_and_whose_answers_they_get(store):
    jobs = {state: await store.add(job(state=state, nonce=state)) for state in State}
    foreign = await store.add(replace(job(), owner="bob"))
    one = jobs[State.DONE]
    assert await store.by_token(one.token) == one
    assert await store.by_callback_token(one.callback_token) == one
    assert await store.by_token("") is None
    assert await store.job("nobody") is None
    assert [found.state for found in await store.recent_videos("ann", 3)] == list(State)[::-1][:3]
    assert await store.recent_videos("eve", 3) == []
    assert {found.id for found in await store.open_jobs()} == {jobs[state].id for state in OPEN} | {foreign.id}
    assert (await store.newest_open_video("ann")).state is State.STALLED
    assert await store.newest_open_video("eve") is None


async def test_paid_steps_are_in_the_journal_too(tmp_path, store):
    new = await store.add(job())
    record = await store.write(new, replace(new, uploads={"a": "https://files.example.org/a"}))
    for state in (State.SUBMITTING, State.UNKNOWN, State.SUBMITTED, State.READY, State.DOWNLOADING, State.DONE):
        task = "task-1" if state not in {State.SUBMITTING, State.UNKNOWN} else None
        record = await store.write(record, replace(record, state=state, task_id=task))
    record = await store.write(record, replace(record, progress=100))
    record = await store.write(record, replace(record, starred=True))
    record = await store.write(record, replace(record, hidden=True, request=request(prompt="…")))
    lines = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    assert {line["job"] for line in lines} == {new.id}
    assert [(line["state"], line["task"]) for line in lines] == [
        ("submitting", None),
        ("unknown", None),
        ("submitted", "task-1"),
        ("done", "task-1"),
        ("done", "task-1"),
        ("done", "task-1"),
    ]
    told = [name for name in lines[0]["row"] if name not in lines[1]["row"]]
    assert set(told) == {"token", "nonce", "request", "kind", "callback_token", "created", "uploads", "body"}
    assert [line["row"]["starred"] for line in lines[2:]] == [False, False, True, True]
    assert json.loads(lines[-1]["row"]["request"])["prompt"] == "…"
    assert await store.journaled_task(new.id) == "task-1"
    assert await store.journaled_task("another") is None


async def test_each_time_the_paid_request_goes_out_is_a_line_of_the_journal(tmp_path, store):
    new = await store.add(job())
    record = await store.write(new, replace(new, state=State.SUBMITTING, body="{}", sent=1.0))
    record = await store.write(record, replace(record, trouble=Trouble("waiting", "Wait.")))
    await store.write(record, replace(record, body="[]", sent=9.0, trouble=None))
    lines = [json.loads(line)["row"] for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    assert [(line["body"], line["sent"]) for line in lines] == [("{}", 1.0), ("[]", 9.0)]


async def test_what_never_left_is_not_told_to_the_journal(tmp_path, store):
    new = await store.add(job())
    await store.write(new, replace(new, hidden=True))
    assert not (tmp_path / "journal.jsonl").exists()


async def test_a_torn_line_of_the_journal_spoils_no_other(tmp_path, store):
    (tmp_path / "journal.jsonl").write_text('{"job": "x", "task": "task-0"}\n[1]\n{"job": "y", "ta')
    new = await store.add(job())
    sending = await store.write(new, replace(new, state=State.SUBMITTING))
    await store.write(sending, replace(sending, state=State.SUBMITTED, task_id="task-1"))
    assert await store.journaled_task("x") == "task-0"
    assert await store.journaled_task("y") is None
    assert await store.journaled_task(new.id) == "task-1"


async def test_without_a_journal_nothing_is_known(store):
    assert await store.journaled_task("x") is None


async def test_a_payment_that_cannot_be_journaled_is_not_begun(tmp_path, store, monkeypatch):
    new = await store.add(job())
    monkeypatch.setattr("os.write", lambda file, line: 1)
    with pytest.raises(OSError, match="part of a line"):
        await store.write(new, replace(new, state=State.SUBMITTING))
    assert await store.job(new.id) == new


async def test_a_write_goes_on_and_is_heard_of_when_its_caller_is_cancelled(store):
    new = await store.add(job())
    with store.watchers.listening(new.id) as news, store.watchers.listening(new.id) as same_news:
        writing = asyncio.create_task(store.write(new, replace(new, progress=7)))
        await asyncio.sleep(0)
        writing.cancel()
        assert (await news.get()).progress == 7
        assert (await same_news.get()).progress == 7
    assert (await store.job(new.id)).progress == 7


async def test_a_folder_of_another_user_is_used_as_it_is(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr("pathlib.Path.chmod", refuse)
    store = Store(tmp_path)
    await store.open()
    await store.close()
