"""What EvoLink may say one day: forty odd task documents, and two thousand that chance makes of them.

Nothing but our own errors comes out of the client, and no video is called done whose file is not here.
"""

import asyncio
import json
import math
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import astuple
from typing import Any

import httpx
import pytest
import stamina
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from client.answers import Task
from client.api import EvoLink
from client.delivery import Delivery
from client.errors import EvoLinkError, Unavailable
from client.plain import plain
from jobs.drive import drive
from jobs.follow import told
from jobs.job import Job, Kind
from jobs.ride import Means
from jobs.rows import to_row
from jobs.states import MOVES, State
from jobs.store import Store
from tests.jobs.fakes import LINK, MP4, NAME, Clock, element_request, job

ID = "task-unified-1-abc"
DONE: dict[str, Any] = {
    "id": ID,
    "object": "video.generation.task",
    "created": 1790000000,
    "model": "kling-o3-image-to-video",
    "type": "video",
    "status": "completed",
    "progress": 100,
    "results": [LINK],
    "task_info": {"can_cancel": False, "estimated_time": 160},
    "usage": {"credits_reserved": 27, "credits_used": 26.5},
}
NESTED = b'{"id": "%s", "status": "completed", "result_data": %s%s}' % (ID.encode(), b"[" * 10_000, b"]" * 10_000)
SAME, UNREAD = State.SUBMITTED, None


def done(**odd: Any) -> bytes:
    return json.dumps(DONE | odd).encode()


def going(**odd: Any) -> bytes:
    return done(status="processing", results=None, **odd)


DOCUMENTS: dict[str, tuple[bytes, State | None]] = {
    "unknown status": (done(status="moderating"), SAME),
    "no status": (done(status=None), SAME),
    "status as list": (done(status=["completed"]), SAME),
    "status in capitals with a blank": (done(status="Completed "), State.READY),
    "no id": (json.dumps({name: value for name, value in DONE.items() if name != "id"}).encode(), UNREAD),
    "id of another task": (done(id="task-unified-2-def"), UNREAD),
    "id as number": (done(id=17), UNREAD),
    "results null": (done(results=None), SAME),
    "results empty": (done(results=[]), SAME),
    "results with an empty text": (done(results=[""]), SAME),
    "results with a number": (done(results=[7]), SAME),
    "results as text": (done(results=LINK), SAME),
    "results as objects": (done(results=[{"url": LINK}]), State.READY),
    "ten thousand results": (done(results=[LINK] * 10_000), State.READY),
    "a link that is a script": (done(results=["javascript:alert(1)"]), State.READY),
    "a link inside": (done(results=["http://169.254.169.254/latest"]), State.READY),
    "a link with a line end": (done(results=[f"{LINK}\r\nX: 1"]), SAME),
    "progress -1": (going(progress=-1), SAME),
    "progress 101": (going(progress=101), SAME),
    "progress 1e308": (going(progress=1e308), SAME),
    "progress 50%": (going(progress="50%"), SAME),
    "progress null": (going(progress=None), SAME),
    "progress NaN": (going(progress=math.nan), SAME),
    "error as text": (done(status="failed", error="No."), State.FAILED),
    "error as object": (done(status="failed", error={"code": 7, "message": ["No."]}), State.FAILED),
    "error as list": (done(status="failed", error=["No."]), State.FAILED),
    "an error beside a video": (done(error={"code": "warning", "message": "Blurred."}), State.READY),
    "duplicate keys": (done()[:-1] + b', "status": "processing"}', SAME),
    "a megabyte more": (done(extra="x" * 1_000_000), UNREAD),
    "ten thousand deep": (NESTED, UNREAD),
    "byte order mark": (b"\xef\xbb\xbf" + done(), State.READY),
    "UTF-16": (done().decode().encode("utf-16"), State.READY),
    "garbage behind": (done() + b"garbage", UNREAD),
    "created in milliseconds": (done(created=1790000000000), State.READY),
    "created in the future": (done(created=99999999999), State.READY),
    "created negative": (done(created=-1), State.READY),
    "money beyond all reason": (
        done(usage={"credits_reserved": 1e300}, billing={"charged_credits": "1e99"}),
        State.READY,
    ),
    "half a document": (done()[:100], UNREAD),
    "a list": (b"[" + done() + b"]", UNREAD),
    "nothing": (b"", UNREAD),
}


@pytest.fixture(autouse=True)
def _asked_once() -> Iterator[None]:
    with stamina.set_testing(True, attempts=1):
        yield


def evolink(*answers: bytes) -> EvoLink:
    """Gives these answers in turn, the last one again and again."""
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        body = left.pop(0) if len(left) > 1 else left[0]
        return httpx.Response(200, headers={"content-type": "application/json"}, content=body)

    return EvoLink(SecretStr("sk-test-0123456789abcdef"), transport=httpx.MockTransport(answer))


def test_there_are_forty() -> None:
    assert len(DOCUMENTS) == 40


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_document_is_understood_or_refused_in_our_own_words(name: str) -> None:
    body, becomes = DOCUMENTS[name]
    before = job(state=State.SUBMITTED, task_id=ID, progress=40)
    async with evolink(body) as service:
        if becomes is UNREAD:
            with pytest.raises(Unavailable):
                await service.task(ID)
            return
        after = told(before, await service.task(ID), 2000.0)
    assert after.state is becomes
    assert 40 <= after.progress <= 100
    keeps_its_promises(before, after)


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_job_survives_a_document_and_is_done_only_with_its_file(
    name: str, means: Means, store: Store, clock: Clock
) -> None:
    body, _ = DOCUMENTS[name]
    asked: list[httpx.URL] = []

    def media(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(200, content=MP4)

    submitted = await store.add(job(state=State.SUBMITTED, task_id=ID, submitted=1000.0))
    async with evolink(body, body, done()) as service, Delivery(transport=httpx.MockTransport(media)) as delivery:
        ride = Means(store, means.shelf, service, delivery, clock)
        ended = await drive(submitted, ride)
    assert ended.state is (State.FAILED if b'"failed"' in body else State.DONE)
    assert (means.shelf.video(ended.id) is not None) is (ended.state is State.DONE)
    assert {str(url) for url in asked} <= {LINK}


ODD: list[Any] = [None, True, -1, 0, 1e308, 2**70, "", "completed", "failed", LINK, "\ud800", "NaN", "x" * 300, [], {}]
ODD += [[odd] for odd in ODD] + [{"url": odd, "code": odd, "id": odd} for odd in ODD] + [{"elements": [{"id": "e1"}]}]
NAMES = [*((name,) for name in [*Task.model_fields, "created_at"])]
NAMES += [(name, inner) for name in ("error", "usage", "billing", "task_info") for inner in ("code", "credits_used")]
NAMES += [("task_info", "estimated_time"), ("billing", "charged_credits"), ("result_data", "elements")]
GROUNDS = [
    DONE,
    DONE | {"result_data": {"elements": [{"element_id": "830012345678"}]}},
    DONE | {"status": "failed", "error": {"code": "c", "message": "m", "type": "t"}},
]
changes = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from(ODD) | st.text(max_size=8) | st.floats() | st.integers(), max_size=3
)
cuts = st.none() | st.tuples(st.integers(0, 500), st.integers(0, 9), st.binary(max_size=5))


def document(ground: dict[str, Any], changed: dict[tuple[str, ...], Any], cut: tuple[int, int, bytes] | None) -> bytes:
    """A good document with some things changed in it, and perhaps in its bytes."""
    odd = deepcopy(ground)
    for (*above, name), value in changed.items():
        place = odd
        for step in above:
            place[step] = place[step] if isinstance(place.get(step), dict) else {}
            place = place[step]
        place[name] = deepcopy(value)
    body = json.dumps(odd).encode()
    return body if cut is None else body[: cut[0]] + cut[2] + body[cut[0] + cut[1] :]


def keeps_its_promises(before: Job, after: Job) -> None:
    """What holds whatever was said."""
    assert after.state is before.state or after.state in MOVES[before.state]
    assert before.progress <= after.progress <= 100
    if after.kind is Kind.VIDEO:
        assert after.state is not State.DONE
        assert (after.state is State.READY) is bool(after.link)
    else:
        assert (after.state is State.DONE) is bool(after.element_id)
    for text in astuple(after.trouble) if after.trouble else ():
        assert text == plain(text)
    for value in to_row(after).values():
        assert not isinstance(value, float) or abs(value) < 1e16
        assert not isinstance(value, str) or value.encode()


ORDERED = [
    job(state=State.SUBMITTED, task_id=ID, progress=40),
    job(state=State.STALLED, task_id=ID),
    job(state=State.SUBMITTED, task_id=ID, request=element_request(front=f"upload:{NAME}")),
]


def test_two_thousand_mutations() -> None:
    said = [b""]
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=said[0]))
    service = EvoLink(SecretStr("sk-test-0123456789abcdef"), transport=transport)
    seen: list[str] = []

    async def read(body: bytes) -> Task | None:
        said[0] = body
        try:
            return await service.task(ID)
        except EvoLinkError:
            return None

    with asyncio.Runner() as runner:

        @settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.builds(document, st.sampled_from(GROUNDS), changes, cuts), st.sampled_from(ORDERED))
        def holds(body: bytes, before: Job) -> None:
            task = runner.run(read(body))
            seen.append(task.status if task else "refused")
            if task:
                keeps_its_promises(before, told(before, task, 2000.0))

        holds()
        runner.run(service.aclose())
    assert len(seen) >= 2000
    assert {"refused", "completed", "failed", "unknown"} <= set(seen)
