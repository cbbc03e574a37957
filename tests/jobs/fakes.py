"""A service, a delivery and a clock that do as the test says."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from client.answers import Credits, Task, TaskPage, UploadedFile
from client.elements import ElementRequest
from client.errors import NotFound
from client.prices import TABLE
from client.schema import VideoRequest
from jobs.job import Job, new_job
from jobs.purse import Purse, Till
from jobs.rehearsal import Rehearsals
from jobs.ride import Means

NAME = "a" * 64 + ".jpg"
OTHER_NAME = "b" * 64 + ".png"
LINK = "https://files.example.org/video.mp4"


def film(seconds: float, *, tail: bytes = b"frames") -> bytes:
    """An MP4 that says it lasts so long, and shows nothing."""
    header = bytes(12) + (1000).to_bytes(4, "big") + int(1000 * seconds).to_bytes(4, "big") + bytes(80)
    boxes = (b"ftyp", b"isom\0\0\2\0isommp41"), (b"moov", _box(b"mvhd", header)), (b"mdat", tail)
    return b"".join(_box(kind, inside) for kind, inside in boxes)


def _box(kind: bytes, inside: bytes) -> bytes:
    return (8 + len(inside)).to_bytes(4, "big") + kind + inside


MP4 = film(5)


def request(**fields: Any) -> VideoRequest:
    return VideoRequest(**{"prompt": "The boat drifts", "image_start": f"upload:{NAME}", **fields})


def element_request(front: str = f"upload:{NAME}", view: str = f"upload:{OTHER_NAME}") -> ElementRequest:
    pictures = {"frontal_image": front, "refer_images": [{"image_url": view}]}
    params = {"element_name": "Mia", "element_description": "A girl in red", "element_image_list": pictures}
    return ElementRequest.model_validate({"model_params": params})


def job(**fields: Any) -> Job:
    made = new_job(fields.pop("request", request()), owner="ann", nonce=fields.pop("nonce", "n1"), now=1000.0)
    return Job(**{**{name: getattr(made, name) for name in made.__dataclass_fields__}, **fields})


def task(status: str = "processing", **fields: Any) -> Task:
    return Task.model_validate({"id": "task-unified-1-abc", "status": status, **fields})


def finished(link: str = LINK, **fields: Any) -> Task:
    return task("completed", progress=100, results=[link], **fields)


def element(element_id: str = "830012345678") -> Task:
    return task("completed", progress=100, result_data={"elements": [{"element_id": element_id}]})


class Clock:
    """Sleeping costs no time; it is only counted."""

    def __init__(self, now: float = 1000.0) -> None:
        self.began = now
        self.passed = 0.0
        self.slept: list[float] = []
        self.jump = 0.0

    def now(self) -> float:
        return self.began + self.passed + self.jump

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float, until: asyncio.Event | None = None) -> None:
        await asyncio.sleep(0)
        if until is None or not until.is_set():
            self.slept.append(seconds)
            self.passed += seconds


class StillClock(Clock):
    """Time stands still: only a poke ends a wait. `waiting` is set whenever somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = asyncio.Event()

    async def sleep(self, seconds: float, until: asyncio.Event | None = None) -> None:
        self.slept.append(seconds)
        self.waiting.set()
        await (until or asyncio.Event()).wait()
        self.waiting.clear()


Answer = Task | Exception | Callable[[], Any]


class Service:
    """Gives the listed answers in turn, the last one again and again."""

    nearby = True

    def __init__(self) -> None:
        self.uploads: list[tuple[str, str]] = []
        self.posts: list[tuple[bytes, str]] = []
        self.reads = 0
        self.upload_answers: list[Exception] = []
        self.submit_answers: list[Answer] = [task("pending", task_info={"estimated_time": 300})]
        self.task_answers: list[Answer] = [finished()]
        self.lists = 0
        self.list_answers: list[TaskPage | Exception] = [TaskPage()]

    async def upload(self, source: Path | bytes, *, name: str, media_type: str) -> UploadedFile:
        with open(source, "rb"):  # noqa: ASYNC230
            self.uploads.append((name, media_type))
        if self.upload_answers:
            raise self.upload_answers.pop(0)
        return UploadedFile(file_url=f"https://files.example.org/{name}")

    async def submit(self, body: bytes, *, idempotency_key: str) -> Task:
        self.posts.append((body, idempotency_key))
        return await _give(self.submit_answers)

    async def task(self, task_id: str) -> Task:
        assert task_id == "task-unified-1-abc"
        self.reads += 1
        await asyncio.sleep(0)
        return await _give(self.task_answers)

    async def batch(self, task_ids: Sequence[str]) -> list[Task]:
        """Tells of each what it would tell of one alone; those that are not known are missing."""
        found = []
        for task_id in task_ids:
            with contextlib.suppress(NotFound):
                found.append(await self.task(task_id))
        return found

    async def tasks(self, *, page: int = 1, page_size: int = 20, model: str | None = None) -> TaskPage:
        self.lists += 1
        return await _give(self.list_answers)

    async def credits(self) -> Credits:
        """Never answers: nothing may wait for it."""
        return await asyncio.get_running_loop().create_future()

    async def price_rules(self, model: str) -> Any:
        """Never answers: nothing may wait for it."""
        return await asyncio.get_running_loop().create_future()


async def _give(answers: list[Any]) -> Any:
    answer = answers.pop(0) if len(answers) > 1 else answers[0]
    if callable(answer):
        answer = answer()
        if asyncio.iscoroutine(answer):
            answer = await answer
    if isinstance(answer, Exception):
        raise answer
    return answer


class Delivery:
    """Fails as listed, then brings the listed files in turn, the last one again and again."""

    def __init__(self) -> None:
        self.links: list[str] = []
        self.failures: list[Exception] = []
        self.films: list[bytes] = [MP4]

    async def fetch(self, link: str, target: Path) -> Path:
        self.links.append(link)
        if self.failures:
            raise self.failures.pop(0)
        target.write_bytes(self.films.pop(0) if len(self.films) > 1 else self.films[0])  # noqa: ASYNC240
        return target


class Rehearser:
    """Tells the listed shares and brings a file, or fails; before that it waits for `let_go`."""

    def __init__(self, *shares: float) -> None:
        self.shares = shares
        self.let_go = asyncio.Event()
        self.let_go.set()
        self.failure: Exception | None = None
        self.asked: list[tuple[VideoRequest, dict[str, Path]]] = []
        self.at_work = 0
        self.most_at_work = 0

    async def __call__(
        self, request: VideoRequest, pictures: Mapping[str, Path], target: Path, progress: Callable[[float], None]
    ) -> None:
        self.asked.append((request, dict(pictures)))
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            target.with_suffix(".part").write_bytes(MP4[:9])
            for share in self.shares:
                progress(share)
            await self.let_go.wait()
            if self.failure:
                raise self.failure
            target.write_bytes(MP4)  # noqa: ASYNC240
        finally:
            self.at_work -= 1


def rehearsals(means: Means, rehearse: Rehearser | None = None) -> Rehearsals:
    folder = means.shelf.picture(NAME).parent.parent / "rehearsals"
    return Rehearsals(means.shelf, rehearse or Rehearser(), folder, means.clock)


def purse(means: Means, till: Till | None = None) -> Purse:
    return Purse(till or Service(), TABLE, override=False, clock=means.clock)
