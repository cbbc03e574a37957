"""A real process is killed with -9 at named points of a job, and at any moment, and a new one takes over."""

import hashlib
import multiprocessing
import random
import shutil
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import pytest
from PIL import Image

from client.schema import VideoRequest
from tests.drills import child
from tests.drills.evolink import EvoLink, Idempotency, serving
from tests.drills.footage import film, labelled

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.drills.child"])

POINTS = {
    "picture kept": {None},
    "row written": {"new"},
    "upload arrived": {"new"},
    "upload answered": {"new"},
    "submitting written": {"submitting"},
    "order arrived": {"submitting"},
    "order answered": {"submitting", "submitted"},
    "id saved": {"submitted"},
    "reading answered": {"submitted", "ready", "downloading"},
    "half of the file": {"downloading"},
    "file renamed": {"downloading"},
}
"""Where a process is killed, and in which states its job may lie there then. None: it was never written down."""

ANY_MOMENT = "any moment"
NOBODY_KNOWS = 255
"""What Python says of a process whose fork server is gone. What it got to is told by itself, or by the service."""
MODES = get_args(Idempotency)
LANES = tuple((mode, tells) for mode in MODES for tells in (True, False))
"""With and without lists of tasks. Where a service without lists folds two requests with one key, that is known."""


def plan(at_each: int, at_random: int, lane: int) -> list[str]:
    """The share of a lane, in an order that does not change."""
    points = [*(point for point in POINTS for _ in range(at_each)), *[ANY_MOMENT] * at_random][lane :: len(LANES)]
    random.Random(lane).shuffle(points)
    return points


def _last_words(ear: Any) -> str | None:
    """What a process says before it is gone, for which this waits."""
    said = None
    with suppress(EOFError):
        while ear.poll(60):
            said = ear.recv()
        raise AssertionError("It neither gets to the point nor ends.")
    return said


@dataclass
class Lane:
    """One data folder, one service, and a long row of processes that are killed."""

    evolink: EvoLink
    folder: Path
    picture: Path
    proven: bool
    chance: random.Random
    points: dict[str, str] = field(default_factory=dict)
    """By nonce."""
    died: dict[str, str | None] = field(default_factory=dict)
    """The state of a job when its process was killed, by nonce."""
    jobs: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """State, key and id by nonce, as the last process told."""
    count: Counter[str] = field(default_factory=Counter)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def kill(self, point: str) -> None:
        """A process brings home what the one before left, starts a job (at any moment: three), and dies of it."""
        with self._process() as (process, ear):
            nonces = [f"{len(self.points) + number}" for number in range(3 if point == ANY_MOMENT else 1)]
            self.points |= dict.fromkeys(nonces, point)
            self.evolink.aim(point, process.pid)
            ear.send((point, nonces))
            if point == ANY_MOMENT:
                time.sleep(self.chance.uniform(0, 0.2))
                process.kill()
            said = _last_words(ear)
            process.join(60)
            assert point in (said, ANY_MOMENT) or self.evolink.has_killed, f"{point} was never reached"
            assert process.exitcode in (-signal.SIGKILL, NOBODY_KNOWS)
        self.count["kills"] += 1
        self._look_at_the_dead(nonces)

    def finish(self) -> None:
        with self._process() as (process, ear):
            ear.send(("", []))
            process.join(60)
            assert process.exitcode == 0

    @contextmanager
    def _process(self) -> Iterator[tuple[Any, Any]]:
        ear, mouth = FORKS.Pipe()
        process = FORKS.Process(target=child.run, args=(mouth, self.data, self.evolink.url, self.picture, self.proven))
        process.start()
        mouth.close()
        try:
            assert ear.poll(90), "The jobs never come to rest."
            self.jobs = ear.recv()
            yield process, ear
        finally:
            process.kill()
            process.join(10)
            process.close()
            ear.close()

    def _look_at_the_dead(self, nonces: list[str]) -> None:
        """In a copy of what lies there, so that the next process finds it untouched."""
        post_mortem = self.folder / "post-mortem"
        post_mortem.mkdir(exist_ok=True)
        for path in self.data.glob("jobs.sqlite*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, post_mortem)
        with closing(sqlite3.connect(post_mortem / "jobs.sqlite")) as table:
            assert table.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            states = dict(table.execute("SELECT nonce, state FROM job"))
        shutil.rmtree(post_mortem)
        self.died |= {nonce: states.get(nonce) for nonce in nonces}

    def check(self, home: str) -> None:
        """Nothing is ordered twice, nothing ordered is lost, no file is broken, and only a lost answer leaves a doubt.

        `home`: the SHA-256 of a clip on our shelf.
        """
        paid = Counter(order.key for order in self.evolink.orders.values())
        self.count["posts"] = sum(self.evolink.ledger.values())
        doubles = {key for key, orders in (paid if self.proven else self.evolink.ledger).items() if orders > 1}
        lost = set(self.evolink.ledger) - {key for _, key, _ in self.jobs.values()}
        files = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in self.data.glob("videos/*.mp4")}
        corrupt = {name for name, found in files.items() if found != home}
        self.count.update(lost=len(lost), double_posts=len(doubles), corrupt_files=len(corrupt))
        assert (lost, doubles, corrupt) == (set(), set(), set())
        for nonce, point in self.points.items():
            died = self.died[nonce]
            if point != ANY_MOMENT:
                assert died in POINTS[point]
            if died is None:
                assert nonce not in self.jobs
                continue
            state, key, job_id = self.jobs[nonce]
            self.count["unknown"] += state == "unknown"
            self.count["unknown_but_paid"] += state == "unknown" and self.evolink.ledger[key]
            if died == "submitting" and state == "unknown":
                continue
            assert (state, paid[key], job_id in files) == ("done", 1, True), (point, died)


@pytest.mark.parametrize("mode", MODES)
def test_kill_9_at_every_step_of_a_job(mode: Idempotency, drill: bool, count: Callable[..., None], tmp_path: Path):
    picture = tmp_path / "picture.jpg"
    Image.new("RGB", (400, 300), (20, 90, 160)).save(picture)

    def ride(number: int) -> Lane:
        _, tells = LANES[number]
        with serving(film(), mode, tells=tells) as evolink:
            proven = mode == "honours" and not tells
            lane = Lane(evolink, tmp_path / f"lane-{number}", picture, proven, random.Random(number))
            lane.folder.mkdir()
            for point in plan(100 if drill else 18, 200 if drill else 22, number):
                lane.kill(point)
            lane.finish()
        return lane

    numbers = [number for number, (each, _) in enumerate(LANES) if each == mode]
    with ThreadPoolExecutor(len(numbers)) as threads:
        lanes = list(threads.map(ride, numbers))
    for lane in lanes:
        [kept] = lane.data.glob("pictures/*.jpg")
        request = VideoRequest(prompt="The boat drifts", image_start=f"upload:{kept.name}")
        lane.check(hashlib.sha256(labelled(film(), request)).hexdigest())
        count("kill", **lane.count)
