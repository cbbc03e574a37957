"""One folder, one process: tested with real ones."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.database import StoreError
from jobs.lock import held
from jobs.room import Room
from tests.house import ROOT
from tests.jobs.fakes import Clock, Delivery, Rehearser, Service

HOLD = """
import sys, pathlib
from jobs.lock import held
with held(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path):
    """Another process that holds the folder, until its input ends or it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "data")],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


async def test_a_second_process_on_the_same_folder_is_told_so_in_one_sentence(tmp_path, holder):
    with pytest.raises(StoreError, match=r"^Another Firstframe is using .*data\. Stop it, or choose another folder\.$"):
        await Room(tmp_path / "data", Service(), Delivery(), Rehearser(), clock=Clock()).open()
    assert not (tmp_path / "data" / "jobs.sqlite").exists()
    with held(tmp_path / "another"):
        pass


def test_whoever_is_killed_holds_nothing_any_more(tmp_path, holder):
    holder.kill()
    holder.wait()
    with held(tmp_path / "data"):
        pass


def test_whoever_ends_holds_nothing_any_more(tmp_path, holder):
    holder.stdin.close()
    holder.wait()
    with held(tmp_path / "data"):
        pass


async def test_within_one_process_too_a_folder_is_held_once(tmp_path):
    async with Room(tmp_path, Service(), Delivery(), Rehearser(), clock=Clock()):
        with pytest.raises(StoreError), held(tmp_path):
            pass
    async with Room(tmp_path, Service(), Delivery(), Rehearser(), clock=Clock()):
        pass


async def test_a_room_that_does_not_open_lets_go_of_its_folder(tmp_path):
    (tmp_path / "jobs.sqlite").mkdir()
    with pytest.raises(StoreError):
        await Room(tmp_path, Service(), Delivery(), Rehearser(), clock=Clock()).open()
    with held(tmp_path):
        pass


def test_a_lock_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "lock").mkdir()
    with pytest.raises(StoreError, match="cannot be used"), held(tmp_path):
        pass
