"""Callbacks: when they are sent, what they say, where they may go, and how often they are tried."""

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from client.addresses import check_address
from client.answers import Task
from client.errors import AddressError
from client.pinned import PinnedTransport
from sandbox.callbacks import Callbacks
from sandbox.faults import Fault
from sandbox.tasks import TaskRecord, Tasks
from tests import virtual
from tests.client.internet import HOSTILE, PUBLIC, look_up, names, spy
from tests.sandbox.house import House, Open, draw
from tests.sandbox.receiver import HOOK, Hooks, Pauses, called_back, receiving, settled
from tests.sandbox.test_tasks import record

SUBMIT = "/v1/videos/generations"


def kept(folder: Path, task_id: str) -> TaskRecord:
    """A task as it is on the disk."""
    return TaskRecord.model_validate_json((folder / "sandbox" / "tasks" / f"{task_id}.json").read_bytes())


@pytest.mark.parametrize(
    ("fault", "end", "charge"),
    [
        (None, "completed", "charged"),
        (Fault(route="submit", kind="fail", code="content_policy_violation"), "failed", "released"),
        (Fault(route="submit", kind="cancel"), "cancelled", "released"),
    ],
)
async def test_an_end_is_told_once_and_says_what_the_task_query_says(
    open_sandbox: Open, tmp_path: Path, fault: Fault | None, end: str, charge: str
) -> None:
    async with receiving() as receiver, open_sandbox(transport=receiver.transport()) as house:

        async def look(said: dict[str, Any]) -> tuple[dict[str, Any], str, float]:
            return await house.task(said["id"]), kept(tmp_path, said["id"]).status, await house.remaining()

        receiver.look = look
        if fault:
            house.faults.arm(fault)
        task_id = (await house.submit(callback_url=HOOK)).json()["id"]
        done = await called_back(house, task_id)
    assert receiver.bodies == [receiver.seen[0][0]]
    [said] = receiver.bodies
    assert (said["id"], said["status"], said["billing"]["charge_status"]) == (task_id, end, charge)
    assert receiver.seen == [(said, end, 1000 - (27 if end == "completed" else 0))]
    assert Task.model_validate(said).ended
    assert (done.called_back, kept(tmp_path, task_id).called_back) == ("delivered", "delivered")
    head = receiver.heads[0].lower()
    assert head.startswith("post /cb/secret?job=1 http/1.1\r\nhost: hooks.example.org\r\n")
    assert "content-type: application/json" in head
    assert "authorization" not in head


async def test_a_made_element_is_told_too(open_sandbox: Open) -> None:
    hooks = Hooks()
    async with open_sandbox(transport=hooks) as house:
        link = (await house.upload(draw())).json()["data"]["file_url"]
        views = {"frontal_image": link, "refer_images": [{"image_url": link}]}
        params = {"element_name": "Mia", "element_description": "A girl", "reference_type": "image_refer"}
        body = {"model": "kling-custom-element", "model_params": {**params, "element_image_list": views}}
        task_id = (await house.http.post(SUBMIT, json=body | {"callback_url": HOOK})).json()["id"]
        await called_back(house, task_id)
        [call] = hooks.requests
        assert json.loads(call.content) == await house.task(task_id)
        assert json.loads(call.content)["result_data"]["elements"]


async def test_the_server_must_be_the_one_of_this_name(open_sandbox: Open) -> None:
    pauses = Pauses()
    async with (
        receiving("other.example.org") as receiver,
        open_sandbox(transport=receiver.transport(), sleep=pauses) as house,
    ):
        task = await house.made(callback_url=HOOK)
        assert (await called_back(house, task["id"])).called_back == "given_up"
    assert receiver.heads == []
    assert pauses.asked == [1, 2, 4]


async def test_before_the_end_and_without_an_address_nothing_is_sent(open_sandbox: Open) -> None:
    hooks = Hooks()
    async with open_sandbox(transport=hooks) as house:
        await house.made()
        house.faults.arm(Fault(route="submit", kind="hang"))
        endless = (await house.submit(callback_url=HOOK)).json()["id"]
        await house.until(endless, "processing")
        house.renderer.hold()
        held = (await house.submit(callback_url=HOOK)).json()["id"]
        await house.until(held, progress=50)
        assert hooks.requests == []
        house.renderer.let_go.set()
        await called_back(house, held)
    assert [json.loads(call.content)["id"] for call in hooks.requests] == [held]


async def test_any_2xx_is_success(open_sandbox: Open) -> None:
    good = (200, 201, 202, 204, 206, 299)
    hooks, pauses = Hooks([httpx.Response(status) for status in good]), Pauses()
    async with open_sandbox(transport=hooks, sleep=pauses) as house:
        for _ in good:
            task = await house.made(callback_url=HOOK)
            assert (await called_back(house, task["id"])).called_back == "delivered"
    assert (len(hooks.requests), pauses.asked) == (len(good), [])


ELSEWHERE = {"Location": "https://elsewhere.example.org/"}


@pytest.mark.parametrize(
    "answers",
    [
        [httpx.Response(500)],
        [httpx.Response(302, headers=ELSEWHERE), httpx.Response(308, headers=ELSEWHERE)],
        [httpx.ConnectError("refused"), httpx.ReadError("reset"), httpx.Response(404)],
        [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("garbage"), AddressError("private")],
        [httpx.Response(300), httpx.Response(410), httpx.Response(503), httpx.Response(401)],
    ],
)
async def test_anything_else_is_tried_again_after_1_2_and_4_seconds(
    open_sandbox: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture, answers: list[httpx.Response | Exception]
) -> None:
    hooks, pauses = Hooks(list(answers)), Pauses()
    async with open_sandbox(transport=hooks, sleep=pauses) as house:
        task = await house.made(callback_url=HOOK)
        outcome = (await called_back(house, task["id"])).called_back
    assert outcome == kept(tmp_path, task["id"]).called_back == ("given_up" if len(answers) == 4 else "delivered")
    assert pauses.asked == [1, 2, 4][: len(answers)]
    assert [json.loads(call.content) for call in hooks.requests] == [task] * min(4, len(answers) + 1)
    assert {str(call.url) for call in hooks.requests} == {HOOK}
    assert ("given up" in caplog.text) == (outcome == "given_up")
    assert "secret" not in caplog.text


class Endless(httpx.AsyncByteStream):
    def __init__(self) -> None:
        self.read, self.closed = 0, False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.read += 1
            yield bytes(65536)

    async def aclose(self) -> None:
        self.closed = True


async def test_the_answer_is_not_read(open_sandbox: Open) -> None:
    endless = Endless()
    async with open_sandbox(transport=Hooks([httpx.Response(200, stream=endless)])) as house:
        task = await house.made(callback_url=HOOK)
        assert (await called_back(house, task["id"])).called_back == "delivered"
    assert (endless.read, endless.closed) == (0, True)


async def sent_alone(folder: Path, transport: httpx.AsyncBaseTransport, **means: Any) -> TaskRecord:
    """A task that had ended before, and what became of its callback; no house around it."""
    tasks = Tasks(folder)
    tasks.load()
    ended = tasks.put(record(status="completed", started=0.0, ended=1.0, video="a.mp4", callback_url=HOOK))
    async with Callbacks(tasks, transport, **means).open():
        return await settled(tasks, ended.id)


def test_a_try_has_ten_seconds_in_all(tmp_path: Path) -> None:
    answered_after = [11.0, 9.9]
    begun: list[float] = []

    async def slow(_: httpx.Request) -> httpx.Response:
        begun.append(anyio.current_time())
        await anyio.sleep(answered_after[len(begun) - 1] if len(begun) <= 2 else 60)
        return httpx.Response(200)

    async def sent() -> tuple[str | None, float]:
        began = anyio.current_time()
        done = await sent_alone(tmp_path, httpx.MockTransport(slow))
        return done.called_back, anyio.current_time() - began

    outcome, took = virtual.run(sent())
    assert outcome == "delivered"
    assert begun == [0, pytest.approx(11)]
    assert took == pytest.approx(10 + 1 + 9.9, abs=0.1)

    outcome, took = virtual.run(sent())
    assert outcome == "given_up"
    assert took == pytest.approx(4 * 10 + 1 + 2 + 4, abs=0.1)


async def test_each_try_looks_the_name_up_and_checks_it_anew(open_sandbox: Open) -> None:
    hooks, pauses = Hooks([httpx.Response(500)]), Pauses()
    answers = [[PUBLIC], ["10.0.0.1"], [PUBLIC, "127.0.0.1"], [PUBLIC]]

    async def flipping(name: str) -> Sequence[str]:
        return answers.pop(0)

    async with open_sandbox(transport=PinnedTransport(flipping, hooks), sleep=pauses) as house:
        task = await house.made(callback_url=HOOK)
        assert (await called_back(house, task["id"])).called_back == "delivered"
    assert answers == []
    assert pauses.asked == [1, 2, 4]
    assert [call.url.host for call in hooks.requests] == [PUBLIC, PUBLIC]


async def test_a_name_that_leads_inside_is_never_called(open_sandbox: Open) -> None:
    hooks, pauses = Hooks(), Pauses()
    inside = [row["url"] for row in HOSTILE if row["refuse"] and not refused_by_its_letters(row["url"])]
    assert len(inside) > 5
    async with open_sandbox(transport=PinnedTransport(look_up, hooks), sleep=pauses) as house:
        for url in inside:
            task = await house.made(callback_url=url)
            assert (await called_back(house, task["id"])).called_back == "given_up", url
    assert hooks.requests == []
    assert pauses.asked == [1, 2, 4] * len(inside)


def refused_by_its_letters(url: str) -> bool:
    try:
        check_address(url)
    except AddressError:
        return True
    return False


async def test_an_address_that_will_not_do_is_refused_at_once(still_house: House) -> None:
    urls = [row["url"] for row in HOSTILE if refused_by_its_letters(row["url"])]
    assert len(urls) > 40
    for url in urls:
        answer = await still_house.submit(callback_url=url)
        error = answer.json()["error"]
        assert answer.status_code == 400, url
        assert (error["code"], error["param"]) == ("invalid_request", "callback_url"), url
        assert error["message"].endswith(".")
    assert await still_house.remaining() == 1000


async def test_no_proxy_of_the_environment_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    reached = spy(monkeypatch)
    done = await sent_alone(tmp_path, PinnedTransport(names(PUBLIC)), sleep=Pauses())
    assert (done.called_back, reached) == ("given_up", [PUBLIC] * 4)


async def never(_: float) -> None:
    await anyio.sleep_forever()


async def test_what_is_owed_is_sent_after_the_next_start_and_then_no_more(open_sandbox: Open, tmp_path: Path) -> None:
    first = Hooks([httpx.Response(503)])
    async with open_sandbox(transport=first, sleep=never) as house:
        task = await house.made(callback_url=HOOK)
        with anyio.fail_after(30):
            await first.called.wait()
        before = house.origin
    assert kept(tmp_path, task["id"]).called_back is None

    second = Hooks()
    async with open_sandbox(transport=second, sleep=never) as house:
        await called_back(house, task["id"])
        assert json.loads(second.requests[0].content) == task
        assert task["results"][0].startswith(before)
    assert kept(tmp_path, task["id"]).called_back == "delivered"

    third = Hooks()
    async with open_sandbox(transport=third) as house:
        other = await house.made(callback_url=HOOK)
        await called_back(house, other["id"])
    assert (len(first.requests), len(second.requests)) == (1, 1)
    assert [json.loads(call.content)["id"] for call in third.requests] == [other["id"]]


async def test_what_was_given_up_stays_given_up(open_sandbox: Open) -> None:
    async with open_sandbox(transport=Hooks([httpx.Response(500) for _ in range(4)]), sleep=Pauses()) as house:
        task = await house.made(callback_url=HOOK)
        assert (await called_back(house, task["id"])).called_back == "given_up"
    again = Hooks()
    async with open_sandbox(transport=again) as house:
        other = await house.made(callback_url=HOOK)
        await called_back(house, other["id"])
    assert [json.loads(call.content)["id"] for call in again.requests] == [other["id"]]


async def test_a_task_that_ends_after_a_restart_is_told_then(open_sandbox: Open) -> None:
    hooks = Hooks()
    async with open_sandbox(transport=hooks) as house:
        house.renderer.hold()
        task_id = (await house.submit(callback_url=HOOK)).json()["id"]
        await house.until(task_id, progress=50)
    assert hooks.requests == []
    async with open_sandbox(transport=hooks) as house:
        await called_back(house, task_id)
    [call] = hooks.requests
    assert json.loads(call.content)["status"] == "completed"


async def test_a_sender_is_cancelled_at_once_when_the_sandbox_stops(open_sandbox: Open) -> None:
    cancelled: list[str] = []
    under_way = anyio.Event()

    async def silent(_: httpx.Request) -> httpx.Response:
        under_way.set()
        try:
            await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class():
            cancelled.append("yes")
            raise
        raise AssertionError

    async with open_sandbox(transport=httpx.MockTransport(silent)) as house:
        await house.made(callback_url=HOOK)
        with anyio.fail_after(30):
            await under_way.wait()
    assert cancelled == ["yes"]


async def test_one_silent_receiver_keeps_nobody_waiting(open_sandbox: Open) -> None:
    async def some_silent(request: httpx.Request) -> httpx.Response:
        if request.url.host == "silent.example.org":
            await anyio.sleep_forever()
        return httpx.Response(200)

    async with open_sandbox(transport=httpx.MockTransport(some_silent)) as house:
        silent = await house.made(callback_url="https://silent.example.org/")
        task = await house.made(callback_url=HOOK)
        assert (await called_back(house, task["id"])).called_back == "delivered"
        assert house.app.state.parts.tasks.get(silent["id"]).called_back is None


async def test_the_ledger_tells_what_became_of_it(open_sandbox: Open) -> None:
    async with open_sandbox(transport=Hooks(), drills=True) as house:
        told = await house.made(callback_url=HOOK)
        await called_back(house, told["id"])
        await house.made()
        rows = (await house.http.get("/sandbox/ledger")).json()
    assert [row["called_back"] for row in rows] == ["delivered", None]


async def test_the_description_tells_of_it(still_house: House) -> None:
    described = (await still_house.http.get("/openapi.json")).json()
    [call] = described["paths"][SUBMIT]["post"]["callbacks"]["ended"].items()
    assert call[0] == "{$request.body#/callback_url}"
    body = call[1]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["$ref"].rpartition("/")[2] in described["components"]["schemas"]
