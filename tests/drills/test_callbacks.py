"""What may happen between an order and its video, in every order, over the real route."""

import itertools
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from client.schema import VideoRequest
from jobs.job import Job
from jobs.room import Room
from jobs.states import State
from tests.drills.footage import labelled
from tests.drills.inline import InlineLoop, Sundial
from tests.drills.world import Fate, Made, Service, World
from tests.jobs.fakes import NAME, Rehearser
from ui.callback import callbacks

EVENTS = ("answered", "made", "called", "delivered")
REQUEST = VideoRequest(prompt="The boat drifts", image_start=f"upload:{NAME}")
ORIGIN = "https://video.example.org"
HOUR = 3600.0


class Play:
    """One order in a room of its own. The service has taken it, and is about to say so."""

    def __init__(self, folder: Path) -> None:
        self.loop = InlineLoop()
        self.clock = Sundial(self.loop, 1_800_000_000.0)
        self.world = World(self.clock, delivery="slow", folds=True)
        service = Service(self.world)
        self.room = Room(folder, service, service, Rehearser(), clock=self.clock, callbacks=ORIGIN)
        (folder / "pictures").mkdir(parents=True)
        (folder / "pictures" / NAME).write_bytes(b"a picture")
        self.loop.run(self.room.open())
        self.job = self.loop.run(self.room.desk.start(REQUEST, owner="ann", nonce="1"))
        self.made: Made = self.world._take(self.world.asked[0])

    def answered(self, fate: Fate) -> None:
        self.world.answer(0, fate)
        self.loop.run(self.loop.settle())

    def called(self, times: int) -> None:
        app = FastAPI()
        app.include_router(callbacks(self.room.desk))

        async def call() -> list[int]:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as http:
                path = f"/callback/{self.job.callback_token}"
                return [(await http.post(path, json={"id": self.made.id})).status_code for _ in range(times)]

        assert self.loop.run(call()) == [202] * times

    def happens(self, event: str, fate: Fate, times: int) -> None:
        match event:
            case "answered":
                self.answered(fate)
            case "made":
                self.made.status, self.made.progress = "completed", 100
            case "called":
                self.called(times)
            case "delivered":
                self.world.delivery = "fine"

    def end(self) -> Job:
        self.loop.run(self.clock.pass_time(HOUR))
        found = self.loop.run(self.room.desk.job(self.job.id, "ann"))
        assert found
        return found

    def told(self, job: Job) -> dict[str, Any]:
        """All that does not differ from job to job by nature."""
        names = ("state", "task_id", "progress", "trouble", "candidates", "sent_again", "element_id", "hidden", "money")
        video = self.room.desk.video(job)
        return {name: getattr(job, name) for name in names} | {
            "clip": bool(video and video.read_bytes() == labelled(self.made.film, REQUEST)),
            "posts": dict.fromkeys(self.world.arrived.values()),
        }

    def close(self) -> None:
        self.loop.run_until_complete(self.loop.power_cut())
        self.loop.run_until_complete(self.room.close())
        self.loop.close()


@pytest.mark.parametrize(("times", "pause"), [(0, 0.0), (1, 0.0), (2, 60.0)], ids=["lost", "once", "twice"])
@pytest.mark.parametrize("fate", ["taken", "taken, answer lost"])
def test_whatever_comes_first_all_ends_equal(
    warm: None,
    tmp_path: Path,
    fate: Fate,
    times: int,
    pause: float,
    count: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """`pause`: seconds between two events, in which polling finds out by itself."""
    caplog.set_level(logging.CRITICAL)
    ends = []
    for number, order in enumerate(itertools.permutations(EVENTS)):
        play = Play(tmp_path / str(number))
        try:
            for event in order:
                play.happens(event, fate, times)
                if pause:
                    play.loop.run(play.clock.pass_time(pause))
            ends.append(play.told(play.end()))
        finally:
            play.close()
    assert ends[0]["state"] is State.DONE
    assert ends[0]["clip"]
    assert ends[0]["posts"] == {1: None}
    assert [end for end in ends if end != ends[0]] == []
    count("callbacks", orders=len(ends))


def test_a_call_ends_the_wait_at_once(warm: None, tmp_path: Path) -> None:
    """No time passes at all between the call and the video."""
    play = Play(tmp_path)
    try:
        play.answered("taken")
        play.happens("delivered", "taken", 0)
        play.happens("made", "taken", 0)
        waiting = play.loop.run(play.room.desk.job(play.job.id, "ann"))
        play.called(1)
        done = play.loop.run(play.room.desk.job(play.job.id, "ann"))
        assert waiting
        assert done
        assert (waiting.state, done.state, play.clock.passed) == (State.SUBMITTED, State.DONE, 0)
    finally:
        play.close()
