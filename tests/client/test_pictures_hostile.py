import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.client.hostile import MUTANTS

ROOT = Path(__file__).parents[2]
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    process = subprocess.run([sys.executable, "-m", "tests.client.hostile"], cwd=ROOT, capture_output=True, check=True)
    return json.loads(process.stdout)


def test_nothing_but_our_own_error_comes_out(told: dict[str, Any]) -> None:
    assert told["strangers"] == []
    assert sum(sum(outcomes.values()) for outcomes in told["mutants"].values()) == MUTANTS


def test_every_kind_of_mutant_got_far_enough_to_do_harm(told: dict[str, Any]) -> None:
    for name, outcomes in told["mutants"].items():
        assert outcomes.get("fit fit fit", 0) > 0, name
        assert outcomes.get("fit picture_damaged picture_damaged", 0) > 0, name


def test_memory_stays_small(told: dict[str, Any]) -> None:
    assert told["peak"] < 250 * MEGABYTE


def test_bombs_are_refused_from_their_headers(told: dict[str, Any]) -> None:
    assert set(told["bombs"].values()) == {"picture_pixels picture_pixels picture_pixels"}
    assert told["grown"] < 60 * MEGABYTE


def test_oddities_are_told_apart(told: dict[str, Any]) -> None:
    odd = told["oddities"]
    assert len(odd) > 30
    harmless = {"an archive behind a picture", "two headers", "a chunk without end"}
    assert {name for name, outcome in odd.items() if outcome == "fit fit fit"} == harmless
    late = {f"half a {name}" for name in ("jpeg", "png", "gif", "bmp")}
    late |= {"a directory that names itself", "a heic that hides its size"}
    assert {name for name, outcome in odd.items() if outcome == "fit picture_damaged picture_damaged"} == late
    kinds = {"one byte", "a page", "a drawing", "a document", "a film"}
    assert {name for name, outcome in odd.items() if outcome.startswith("picture_type")} == kinds
    assert odd["nothing"].startswith("picture_empty")
