"""Looking through 5,000 clips: milliseconds for each question, and how often those of 24 clips they are."""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from client.schema import VideoRequest
from jobs.job import new_job
from jobs.library import PAGE, Library
from jobs.rows import COLUMNS, to_row
from jobs.shelf import Shelf
from jobs.states import State
from jobs.store import Store

CLIPS = 5000
RUNS = 20
GOAL = 50.0
"""Milliseconds for any question, by the median of the runs."""
WORDS = [
    "boat",
    "pier",
    "gulls",
    "camera",
    "rises",
    "slowly",
    "waves",
    "evening",
    "light",
    "child",
    "runs",
    "snow",
    "street",
    "rain",
    "window",
    "train",
]


def main() -> None:
    asyncio.run(_compare())


async def _compare() -> None:
    few, many = await _asked(PAGE), await _asked(CLIPS)
    for name, took in many.items():
        sys.stdout.write(
            f"{name}: {took:.1f} ms with {CLIPS:,} clips, {few[name]:.1f} ms with {PAGE}, "
            f"ratio {took / few[name]:.1f} (goal {GOAL:.0f} ms)\n"
        )


async def _asked(clips: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        await store.open()
        await store._on_thread(_fill, store, clips)
        library = Library(store, Shelf(Path(folder)))
        questions: dict[str, Callable[[], Awaitable[Any]]] = {
            "first page": lambda: library.page("ann"),
            "page 100": lambda: library.page("ann", number=100),
            "starred": lambda: library.page("ann", starred=True),
            "search, many hits": lambda: library.page("ann", "BOAT"),
            "search, one hit": lambda: library.page("ann", "needle"),
            "search, none": lambda: library.page("ann", "no such thing"),
        }
        took = {name: await _milliseconds(question) for name, question in questions.items()}
        await store.close()
        return took


async def _milliseconds(question: Callable[[], Awaitable[Any]]) -> float:
    runs = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        await question()
        runs.append((time.perf_counter() - begun) * 1000)
    return statistics.median(runs)


def _fill(store: Store, clips: int) -> None:
    """All at once: written one by one, each would wait for the disk."""
    chance = random.Random(7)
    rows = []
    for number in range(clips):
        prompt = " ".join(chance.choices(WORDS, k=chance.randint(10, 120))) + (
            " needle" if number == clips // 2 else ""
        )
        request = VideoRequest(prompt=prompt, image_start=f"upload:{number:064x}.jpg")
        new = new_job(request, owner="ann", nonce=str(number), now=1000.0 + number)
        made = replace(new, state=State.DONE, body=request.model_dump_json(), starred=not number % 10)
        rows.append(tuple(to_row(made).values()))
    columns = list(to_row(made))
    assert set(columns) == set(COLUMNS)
    statement = f"INSERT INTO job ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    with store._transaction():
        store._connection.executemany(statement, rows)


if __name__ == "__main__":
    main()
