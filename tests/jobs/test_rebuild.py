"""`python -m jobs rebuild`, by hand."""

import asyncio
import runpy
import sys
from dataclasses import replace

import pytest

from jobs.__main__ import main
from jobs.lock import held
from jobs.states import State
from jobs.store import Store
from tests.jobs.fakes import MP4, Clock, job


@pytest.fixture
def folder(tmp_path):
    """One job under way, one whose clip came home, one deleted, one never sent; a torn line at the end."""
    asyncio.run(_live(tmp_path))
    with (tmp_path / "data" / "journal.jsonl").open("a") as journal:
        journal.write('{"job": "torn", "sta')
    return tmp_path / "data"


async def _live(tmp_path):
    store = Store(tmp_path / "data", Clock())
    await store.open()
    for name in ("under way", "home", "deleted", "new"):
        record = await store.add(job(nonce=name))
        for state in (State.SUBMITTING, State.SUBMITTED) if name != "new" else ():
            record = await store.write(record, replace(record, state=state, task_id=f"task of {name}"))
        if name == "home":
            (tmp_path / "data" / "videos").mkdir()
            (tmp_path / "data" / "videos" / f"{record.id}.mp4").write_bytes(MP4)
        if name == "deleted":
            record = await store.write(record, replace(record, state=State.FAILED))
            await store.write(record, replace(record, hidden=True))
    await store.close()


async def test_the_database_is_built_anew_and_says_what_it_found(folder, capsys):
    old = (folder / "jobs.sqlite").read_bytes()
    assert main(["rebuild", "--data", str(folder)]) == 0
    (aside,) = folder.glob("jobs.sqlite.replaced-*")
    assert aside.read_bytes() == old
    assert capsys.readouterr().out.splitlines() == [
        "Jobs found: 3.",
        "Finished: 1. Still on their way: 1; they go on at the next start.",
        "Came to nothing, or wait for you: 1.",
        "Lines that could not be read: 1.",
        f"The database before this one lies beside it as {aside.name}.",
    ]
    store = Store(folder, Clock())
    await store.open()
    assert store.closed is None
    jobs = await store.recent_videos("ann", 10)
    assert [(found.nonce, found.state) for found in jobs] == [("home", State.DONE), ("under way", State.SUBMITTED)]
    await store.close()


def test_as_a_command_in_the_folder_of_the_settings(folder, monkeypatch, capsys):
    (folder / "jobs.sqlite").unlink()
    monkeypatch.setenv("FIRSTFRAME_DATA", str(folder))
    monkeypatch.setattr("sys.argv", ["jobs", "rebuild"])
    monkeypatch.delitem(sys.modules, "jobs.__main__")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("jobs", run_name="__main__")
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith("Jobs found: 3.")
    assert "lies beside it" not in said


def test_while_the_app_runs_nothing_is_built(folder, capsys):
    before = (folder / "jobs.sqlite").read_bytes()
    with held(folder):
        assert main(["rebuild", "--data", str(folder)]) == 1
    assert "Another Firstframe is using" in capsys.readouterr().err
    assert (folder / "jobs.sqlite").read_bytes() == before


def test_without_a_journal_nothing_is_touched(tmp_path, capsys):
    assert main(["rebuild", "--data", str(tmp_path)]) == 1
    assert "there is nothing to build from" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_journal_without_a_torn_line_says_less(tmp_path, capsys):
    (tmp_path / "journal.jsonl").write_text('{"job": "a", "task": "t"}\n')
    assert main(["rebuild", "--data", str(tmp_path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
