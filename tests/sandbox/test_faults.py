"""Switches for trouble: what they do to answers, to connections and to tasks."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import httpx
import pytest
from pydantic import ValidationError

from client.answers import Task
from sandbox.failures import MESSAGES
from sandbox.faults import Fault, Faults
from tests.sandbox.house import House, Open, draw


async def trouble(house: House, **fault: Any) -> None:
    house.faults.arm(Fault(**fault))


def test_a_fault_goes_off_so_many_times() -> None:
    faults = Faults([Fault(route="task", kind="html", times=2), Fault(route="task", kind="cut")])
    kinds = frozenset({"html", "cut"})
    assert faults.take("credits", kinds) is None
    taken = [faults.take("task", kinds) for _ in range(4)]
    assert [fault.kind if fault else None for fault in taken] == ["html", "html", "cut", None]


def test_a_fault_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValidationError):
        Fault.model_validate({"route": "task", "kind": "earthquake"})


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 429, 500, 502, 503, 504, 524])
@pytest.mark.parametrize("route", ["submit", "task"])
async def test_any_status_can_be_had_once(still_house: House, route: str, status: int) -> None:
    house = still_house
    house.faults.clear()
    await trouble(house, route=route, kind="status", status=status)
    path = "/v1/videos/generations" if route == "submit" else "/v1/tasks/task-unified-1-a"
    method = "POST" if route == "submit" else "GET"
    answer = await house.http.request(method, path, json={})
    assert answer.status_code == status
    assert {"code", "message", "type"} <= answer.json()["error"].keys()
    assert house.faults.armed == []
    assert list(house.app.state.parts.tasks) == []


async def test_codes_are_those_of_the_route(house: House) -> None:
    for route in ("submit", "task"):
        for status in (402, 403, 429):
            await trouble(house, route=route, kind="status", status=status)
    submit = [(await house.submit()).json()["error"] for _ in range(3)]
    task = [(await house.http.get("/v1/tasks/task-unified-1-a")).json()["error"] for _ in range(3)]
    assert [error["code"] for error in submit] == ["insufficient_quota", "model_access_denied", "rate_limit_exceeded"]
    assert [error["code"] for error in task] == ["quota_exceeded", "permission_denied", "rate_limit_exceeded"]
    assert (submit[2]["type"], task[2]["type"]) == ("rate_limit_error", "evo_api_error")


async def test_a_refusal_can_say_when_to_come_again_and_have_any_code(house: House) -> None:
    await trouble(house, route="submit", kind="status", status=429, retry_after=7)
    await trouble(house, route="submit", kind="status", status=400, code=400)
    await trouble(house, route="submit", kind="status", status=403, code="key_expired")
    wait, number, word = [await house.submit() for _ in range(3)]
    assert wait.headers["retry-after"] == "7"
    assert "retry-after" not in number.headers
    assert number.json()["error"]["code"] == 400
    assert word.json()["error"]["code"] == "key_expired"


async def test_uploads_are_refused_in_their_own_envelope(house: House) -> None:
    await trouble(house, route="upload", kind="status", status=500, code=50001)
    answer = await house.upload(draw())
    assert (answer.status_code, answer.json()["success"], answer.json()["code"]) == (500, False, 50001)
    assert (await house.upload(draw())).status_code == 200


async def test_unreadable_answers(house: House) -> None:
    await trouble(house, route="credits", kind="html", status=200)
    await trouble(house, route="credits", kind="garbage")
    await trouble(house, route="credits", kind="redirect")
    page, garbage, elsewhere = [await house.http.get("/v1/credits") for _ in range(3)]
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    with pytest.raises(json.JSONDecodeError):
        garbage.json()
    assert (elsewhere.status_code, elsewhere.headers["location"]) == (307, "https://elsewhere.example.com/")


@pytest.mark.parametrize(("kind", "error"), [("cut", httpx.RemoteProtocolError), ("reset", httpx.ReadError)])
@pytest.mark.parametrize("accepted", [True, False])
async def test_the_connection_breaks_after_the_task_was_made_or_before(
    house: House, kind: str, error: type[Exception], accepted: bool
) -> None:
    await trouble(house, route="submit", kind=kind, accepted=accepted)
    with pytest.raises(error):
        await house.submit()
    made = [task.id for task in house.app.state.parts.tasks]
    assert len(made) == accepted
    assert await house.remaining() == (973 if accepted else 1000)
    for task_id in made:
        await house.until(task_id, "completed")


async def test_an_answer_can_be_lost_in_other_ways(house: House) -> None:
    for fault in ({"kind": "status", "status": 504}, {"kind": "html", "status": 502}, {"kind": "garbage"}):
        await trouble(house, route="submit", accepted=True, **fault)
    answers = [await house.submit() for _ in range(3)]
    assert [answer.status_code for answer in answers] == [504, 502, 200]
    assert len(list(house.app.state.parts.tasks)) == 3


async def test_half_an_answer(house: House, video: bytes) -> None:
    [link] = (await house.made())["results"]
    await trouble(house, route="media", kind="truncated")
    chunks: list[bytes] = []

    async def download() -> None:
        async with house.http.stream("GET", link) as answer:
            assert int(answer.headers["content-length"]) == len(video)
            async for chunk in answer.aiter_bytes():
                chunks.append(chunk)

    with pytest.raises(httpx.RemoteProtocolError):
        await download()
    received = b"".join(chunks)
    assert received == video[: len(video) // 2]
    rest = await house.http.get(link, headers={"Range": f"bytes={len(received)}-"})
    assert received + rest.content == video


async def test_an_answer_comes_long_after_the_work(house: House) -> None:
    await trouble(house, route="submit", kind="slow", seconds=60, accepted=True)
    async with anyio.create_task_group() as group:
        group.start_soon(house.submit)
        await _within(30, lambda: list(house.app.state.parts.tasks))
        group.cancel_scope.cancel()
    [made] = house.app.state.parts.tasks
    assert (await house.until(made.id, "completed"))["id"] == made.id


async def test_a_client_can_give_up_before_the_work(house: House) -> None:
    await trouble(house, route="submit", kind="slow", seconds=60)
    async with anyio.create_task_group() as group:
        group.start_soon(house.submit)
        await _within(30, lambda: not house.faults.armed)
        group.cancel_scope.cancel()
    assert await house.remaining() == 1000


async def _within(seconds: float, happened: Callable[[], object]) -> None:
    with anyio.fail_after(seconds):
        while True:
            if happened():
                return
            await anyio.sleep(0.01)


async def test_a_short_delay_only_delays(house: House) -> None:
    await trouble(house, route="submit", kind="slow", seconds=0.01)
    await trouble(house, route="submit", kind="slow", seconds=0.01, accepted=True)
    assert [(await house.submit()).status_code for _ in range(2)] == [200, 200]


async def test_a_link_can_be_dead_for_a_while(house: House, video: bytes) -> None:
    [link] = (await house.made())["results"]
    await trouble(house, route="media", kind="status", status=403)
    await trouble(house, route="media", kind="status", status=410)
    assert [(await house.http.get(link)).status_code for _ in range(3)] == [403, 410, 200]


async def test_a_task_can_be_unknown_at_first(house: House) -> None:
    task_id = (await house.submit()).json()["id"]
    await trouble(house, route="task", kind="status", status=404, times=2)
    answers = [await house.http.get(f"/v1/tasks/{task_id}") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 200]
    assert answers[0].json()["error"]["code"] == "task_not_found"


async def test_answers_can_be_twisted(house: House) -> None:
    await trouble(house, route="submit", kind="processing_first")
    receipt = (await house.submit()).json()
    assert (receipt["status"], receipt["progress"]) == ("processing", 1)

    await trouble(house, route="task", kind="unknown_status")
    assert Task.model_validate(await house.task(receipt["id"])).status == "unknown"

    await trouble(house, route="task", kind="empty_results", times=2)
    seen = [await house.until(receipt["id"], "completed") for _ in range(3)]
    assert [len(task["results"]) for task in seen] == [0, 0, 1]
    assert house.faults.armed == []


@pytest.mark.parametrize("code", [*MESSAGES, "video_probe_failed"])
async def test_a_task_can_fail_with_every_code(still_house: House, code: str) -> None:
    house = still_house
    house.faults.clear()
    await trouble(house, route="submit", kind="fail", code=code)
    task = await house.made()
    assert (task["status"], task["error"]["code"], task["error"]["type"]) == ("failed", code, "task_error")
    assert task["error"]["message"]
    assert task["billing"]["charge_status"] == "released"


async def test_a_task_can_be_cancelled_or_never_end(open_sandbox: Open) -> None:
    async with open_sandbox() as house:
        await trouble(house, route="submit", kind="cancel")
        cancelled = await house.made()
        assert (cancelled["status"], cancelled["usage"]["credits_used"]) == ("cancelled", 0)
        assert "error" not in cancelled

        await trouble(house, route="submit", kind="hang")
        endless = (await house.submit()).json()["id"]
        assert (await house.made())["status"] == "completed"
        assert (await house.task(endless))["status"] == "processing"
        assert await house.remaining() == 946
    async with open_sandbox() as house:
        await house.until(endless, "processing")
        assert (await house.made())["status"] == "completed"
        assert (await house.task(endless))["status"] == "processing"


@pytest.fixture
async def drill(open_sandbox: Open) -> AsyncIterator[House]:
    async with open_sandbox(drills=True) as house:
        yield house


async def test_faults_are_armed_and_cleared_over_http(drill: House) -> None:
    body = {"route": "credits", "kind": "status", "status": 503, "times": 2}
    armed = await drill.http.post("/sandbox/faults", json=body)
    assert armed.json()[0] | body == armed.json()[0]
    assert (await drill.http.get("/v1/credits")).status_code == 503
    [left] = (await drill.http.get("/sandbox/faults")).json()
    assert left["times"] == 1
    assert (await drill.http.delete("/sandbox/faults")).json() == []
    assert (await drill.http.get("/v1/credits")).status_code == 200
    wrong = await drill.http.post("/sandbox/faults", json={"route": "credits", "kind": "earthquake"})
    assert wrong.status_code == 400


async def test_the_ledger_has_a_row_for_each_paid_task(drill: House) -> None:
    key = {"Idempotency-Key": "vid_0123456789abcdef"}
    ids = [(await drill.submit(key)).json()["id"] for _ in range(2)]
    await drill.submit(duration=99)
    drill.faults.arm(Fault(route="submit", kind="cut", accepted=True))
    with pytest.raises(httpx.RemoteProtocolError):
        await drill.submit(prompt="lost")
    rows = (await drill.http.get("/sandbox/ledger")).json()
    assert [row["request"]["prompt"] for row in rows] == ["The boat drifts", "lost"]
    assert rows[0]["task_id"] == ids[0] == ids[1]
    assert (rows[0]["idempotency_key"], rows[0]["credits"]) == (key["Idempotency-Key"], 27)


async def test_other_requests_go_on_while_one_is_slow(house: House) -> None:
    await trouble(house, route="credits", kind="slow", seconds=30)
    async with anyio.create_task_group() as group:
        group.start_soon(house.http.get, "/v1/credits")
        with anyio.fail_after(10):
            assert (await house.made())["status"] == "completed"
        group.cancel_scope.cancel()
