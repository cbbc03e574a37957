import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina
from pydantic import SecretStr

from client.api import Deadlines, EvoLink
from client.errors import (
    EvoLinkError,
    KeyRefused,
    NotFound,
    NotSent,
    OutcomeUnknown,
    OutOfCredits,
    Refused,
    SettingError,
    TooLarge,
    TooManyRequests,
    Unavailable,
)
from client.multipart import Multipart
from client.version import USER_AGENT, VERSION

KEY = "sk-canary-0123456789"
TASK = {"id": "task-unified-1790000000-a1b2c3d4", "status": "pending"}
IDEMPOTENCY = "vid_" + "0" * 32

Answer = Callable[[httpx.Request], httpx.Response] | httpx.Response | Exception


class Service:
    """Answers in turn, the last one again and again, and remembers what was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        return answer(request)

    def client(self, **settings: Any) -> EvoLink:
        return EvoLink(SecretStr(KEY), transport=httpx.MockTransport(self), **settings)


def ok(value: Any) -> httpx.Response:
    return httpx.Response(200, json=value)


def no(status: int, code: str = "some_code", **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code, "message": "No."}}, headers=headers)


async def submit(service: Service) -> Any:
    async with service.client() as evolink:
        return await evolink.submit(b'{"model":"m"}', idempotency_key=IDEMPOTENCY)


async def test_submit_sends_the_exact_bytes_once_with_key_and_name() -> None:
    service = Service(ok(TASK))
    task = await submit(service)
    [asked] = service.asked
    assert task.id == TASK["id"]
    assert (asked.method, str(asked.url)) == ("POST", "https://api.evolink.ai/v1/videos/generations")
    assert asked.content == b'{"model":"m"}'
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["idempotency-key"] == IDEMPOTENCY
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["user-agent"] == USER_AGENT


@pytest.mark.parametrize("key", ["", "short", "x" * 97, "with blank 1234567890", "ümlaut-0123456789abcdef"])
async def test_an_idempotency_key_outside_the_rule_is_our_bug(key: str) -> None:
    service = Service(ok(TASK))
    async with service.client() as evolink:
        with pytest.raises(ValueError, match="idempotency key"):
            await evolink.submit(b"{}", idempotency_key=key)
    assert not service.asked


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.ConnectError("x"), NotSent),
        (httpx.ConnectTimeout("x"), NotSent),
        (httpx.ReadError("x"), OutcomeUnknown),
        (httpx.ReadTimeout("x"), OutcomeUnknown),
        (httpx.RemoteProtocolError("x"), OutcomeUnknown),
        (httpx.WriteError("x"), OutcomeUnknown),
        (ZeroDivisionError("x"), OutcomeUnknown),
        (httpx.Response(200, content=b"{"), OutcomeUnknown),
        (httpx.Response(200, content=b"a" * 1_000_001), OutcomeUnknown),
        (httpx.Response(204), OutcomeUnknown),
        (httpx.Response(307, headers={"location": "https://api.evolink.ai/elsewhere"}), OutcomeUnknown),
        (no(500), OutcomeUnknown),
        (no(502), OutcomeUnknown),
        (no(503), OutcomeUnknown),
        (no(504), OutcomeUnknown),
        (httpx.Response(403, html="<html>1010</html>"), OutcomeUnknown),
        (no(400), Refused),
        (no(401), KeyRefused),
        (no(402), OutOfCredits),
        (no(404), NotFound),
        (no(413), TooLarge),
        (no(429), TooManyRequests),
    ],
)
async def test_submit_is_never_repeated_whatever_happens(answer: Answer, kind: type[EvoLinkError]) -> None:
    service = Service(answer)
    with pytest.raises(EvoLinkError) as raised:
        await submit(service)
    assert type(raised.value) is kind
    assert len(service.asked) == 1


async def test_a_busy_service_tells_when_to_come_back() -> None:
    with pytest.raises(TooManyRequests) as raised:
        await submit(Service(no(429, "rate_limit_exceeded", **{"retry-after": "7"})))
    assert (raised.value.retry_after, raised.value.code) == (7, "rate_limit_exceeded")


async def test_a_cancelled_submit_stays_a_cancellation() -> None:
    async def never(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    async with EvoLink(SecretStr(KEY), transport=httpx.MockTransport(never)) as evolink:
        running = asyncio.create_task(evolink.submit(b"{}", idempotency_key=IDEMPOTENCY))
        await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_the_key_is_struck_out_of_what_comes_back() -> None:
    body = json.dumps({"error": {"code": "invalid_token", "message": f"Invalid token {KEY}"}})
    for call in (submit, lambda service: service.client().credits()):
        with pytest.raises(KeyRefused) as raised:
            await call(Service(httpx.Response(401, text=body)))
        assert raised.value.detail == "Invalid token [key]"
        assert KEY not in repr(vars(raised.value))


async def test_a_reading_is_tried_again() -> None:
    service = Service(httpx.ReadError("x"), no(503), ok({"data": [{"id": "a"}]}))
    async with service.client() as evolink:
        assert await evolink.models() == ["a"]
    assert len(service.asked) == 3


@pytest.mark.parametrize("answer", [httpx.ReadError("x"), no(503), no(429), httpx.Response(200, html="<html>")])
async def test_a_task_is_asked_for_once_because_whoever_follows_it_asks_again(answer: Answer) -> None:
    service = Service(answer)
    async with service.client() as evolink:
        with pytest.raises(EvoLinkError):
            await evolink.task(TASK["id"])
        assert len(service.asked) == 1
        with pytest.raises(EvoLinkError):
            await evolink.batch([TASK["id"], "other"])
    assert len(service.asked) == 2


@pytest.mark.parametrize(
    ("answer", "kind", "times"),
    [
        (httpx.ReadTimeout("x"), Unavailable, 3),
        (httpx.ConnectError("x"), Unavailable, 3),
        (no(500), Unavailable, 3),
        (httpx.Response(302, headers={"location": "https://evil.org/"}), Unavailable, 3),
        (httpx.Response(200, html="<html>"), Unavailable, 3),
        (httpx.Response(200, content=b"a" * 1_000_001), Unavailable, 3),
        (ok({"no": "id"}), Unavailable, 3),
        (ok({"success": False, "code": 500}), Unavailable, 3),
        (ok({"error": {"code": 404}}), NotFound, 1),
        (no(429), TooManyRequests, 3),
        (no(429, **{"retry-after": "30"}), TooManyRequests, 3),
        (no(429, **{"retry-after": "31"}), TooManyRequests, 1),
        (no(404), NotFound, 1),
        (no(401), KeyRefused, 1),
        (no(402), OutOfCredits, 1),
    ],
)
async def test_a_reading_gives_up_in_the_end(answer: Answer, kind: type[EvoLinkError], times: int) -> None:
    service = Service(answer)
    async with service.client() as evolink:
        with pytest.raises(EvoLinkError) as raised:
            await evolink.models()
    assert type(raised.value) is kind
    assert len(service.asked) == times


async def test_retries_can_be_switched_off() -> None:
    service = Service(no(500))
    stamina.set_active(False)
    try:
        async with service.client() as evolink:
            with pytest.raises(Unavailable):
                await evolink.credits()
    finally:
        stamina.set_active(True)
    assert len(service.asked) == 1


async def test_an_answer_about_another_task_is_not_taken() -> None:
    async with Service(ok(TASK)).client() as evolink:
        with pytest.raises(Unavailable):
            await evolink.task("task-unified-1790000000-zzzzzzzz")


async def test_a_task_id_cannot_leave_its_place_in_the_address() -> None:
    service = Service(no(404))
    async with service.client() as evolink:
        with pytest.raises(NotFound):
            await evolink.task("../credits?x=1#")
    assert service.asked[0].url.raw_path == b"/v1/tasks/..%2Fcredits%3Fx%3D1%23"


async def test_a_page_of_tasks() -> None:
    page = {"data": [{**TASK, "created_at": 1790000000}, {"broken": True}], "total": 1, "page": 2, "page_size": 50}
    service = Service(ok(page))
    async with service.client() as evolink:
        tasks = await evolink.tasks(page=2, page_size=50, model="kling", status="processing")
        await evolink.tasks()
    assert [task.created for task in tasks.data] == [1790000000]
    assert (tasks.total, tasks.page) == (1, 2)
    assert dict(service.asked[0].url.params) == {
        "page": "2",
        "page_size": "50",
        "model": "kling",
        "status": "processing",
    }
    assert dict(service.asked[1].url.params) == {"page": "1", "page_size": "20"}


async def test_a_batch_is_asked_for_by_the_fifty_and_only_what_was_asked_counts() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        ids = json.loads(request.content)["task_ids"]
        return ok({"data": [{"id": name, "status": "completed"} for name in [*ids, "stranger"] if name != "t7"]})

    service = Service(answer)
    names = [f"t{number}" for number in range(120)]
    async with service.client() as evolink:
        found = await evolink.batch(names)
        assert await evolink.batch([]) == []
    assert [task.id for task in found] == [name for name in names if name != "t7"]
    assert [len(json.loads(asked.content)["task_ids"]) for asked in service.asked] == [50, 50, 20]
    assert all(asked.method == "POST" and asked.url.path == "/v1/tasks/batch" for asked in service.asked)


async def test_credits_and_models() -> None:
    purses = {"token": {"remaining_credits": 1.5, "unlimited_credits": True}, "user": {"remaining_credits": 7}}
    async with Service(ok({"success": True, "message": "", "data": purses})).client() as evolink:
        credits = await evolink.credits()
    assert credits.data.token is not None
    assert credits.data.user is not None
    assert (credits.data.token.unlimited_credits, credits.data.user.remaining_credits) == (True, 7)
    async with Service(ok({"data": [{"id": "a"}, {"id": "b"}]})).client() as evolink:
        assert await evolink.models() == ["a", "b"]


async def test_the_public_price_list_is_asked_without_the_key() -> None:
    service = Service(ok({"meta": {}, "model": {"model_id": "a b"}}))
    async with service.client() as evolink:
        assert await evolink.price_rules("a b/c") == {"meta": {}, "model": {"model_id": "a b"}}
    [asked] = service.asked
    assert str(asked.url) == "https://api.evolink.ai/v1/catalog/models/a%20b%2Fc/pricing-rules?view=full"
    assert KEY not in str(asked.headers.raw)


@pytest.mark.parametrize("size", [0, 1, 256 * 1024, 256 * 1024 + 1, 600_000])
@pytest.mark.parametrize("from_disk", [True, False])
async def test_upload_is_one_multipart_form_of_known_length(tmp_path: Path, size: int, from_disk: bool) -> None:
    picture = bytes(range(256)) * (size // 256 + 1)
    picture = picture[:size]
    path = tmp_path / "picture.png"
    path.write_bytes(picture)
    file = {"file_id": "f1", "file_url": "https://files.evolink.ai/f1.png", "expires_at": "2026-01-01T00:00:00+08:00"}
    service = Service(ok({"success": True, "code": 200, "msg": "ok", "data": file}))
    async with service.client() as evolink:
        uploaded = await evolink.upload(path if from_disk else picture, name='a"b\r\n.png', media_type="image/png")
    [asked] = service.asked
    assert uploaded.file_url == file["file_url"]
    assert str(asked.url) == "https://files-api.evolink.ai/api/v1/files/upload/stream"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert "transfer-encoding" not in asked.headers
    assert int(asked.headers["content-length"]) == len(asked.content)
    boundary = re.fullmatch("multipart/form-data; boundary=(.+)", asked.headers["content-type"])
    assert boundary is not None
    _, name, content, end = asked.content.split(b"--" + boundary[1].encode())
    assert b'name="file_name"\r\n\r\na%22b%0D%0A.png\r\n' in name
    head, _, sent = content.partition(b"\r\n\r\n")
    assert b'name="file"; filename="a%22b%0D%0A.png"\r\nContent-Type: image/png' in head
    assert sent == picture + b"\r\n"
    assert end == b"--\r\n"


async def test_an_upload_that_breaks_off_leaves_no_file_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    open_path = Path.open

    def opening(path: Path, *how: Any, **more: Any) -> Any:
        opened.append(open_path(path, *how, **more))
        return opened[-1]

    path = tmp_path / "picture.png"
    path.write_bytes(bytes(600_000))
    monkeypatch.setattr(Path, "open", opening)
    pieces = aiter(Multipart(path, name="picture.png", media_type="image/png"))
    for _ in range(2):
        await anext(pieces)
    assert [file.closed for file in opened] == [True]


async def test_an_upload_is_free_and_tried_again_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"picture")
    service = Service(no(502), ok({"success": True, "data": {"file_url": "https://files.evolink.ai/f1"}}))
    async with service.client() as evolink:
        await evolink.upload(path, name="a.png", media_type="image/png")
    first, second = service.asked
    assert first.content == second.content


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (ok({"success": False, "code": 40001, "msg": "too large"}), TooLarge),
        (ok({"success": False, "code": 401, "msg": "key"}), KeyRefused),
        (ok({"success": True, "code": 200, "data": None}), Unavailable),
        (ok({"success": True, "code": 200, "data": {"file_url": ""}}), Unavailable),
        (httpx.Response(413, html="<html>nginx</html>"), TooLarge),
    ],
)
async def test_an_upload_refused(answer: Answer, kind: type[EvoLinkError]) -> None:
    async with Service(answer).client() as evolink:
        with pytest.raises(kind):
            await evolink.upload(b"picture", name="a.png", media_type="image/png")


async def test_a_file_that_is_gone(tmp_path: Path) -> None:
    async with Service(ok({})).client() as evolink:
        with pytest.raises(FileNotFoundError):
            await evolink.upload(tmp_path / "gone.png", name="a.png", media_type="image/png")


async def test_no_more_than_eight_at_once() -> None:
    under_way = most = 0

    async def slow(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.005)
        under_way -= 1
        return ok({"data": []})

    async with EvoLink(SecretStr(KEY), transport=httpx.MockTransport(slow)) as evolink:
        await asyncio.gather(*(evolink.models() for _ in range(40)))
    assert most == 8


async def test_waiting_in_line_for_too_long_means_not_sent() -> None:
    async def never(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    deadlines = Deadlines(read=60, submit=0.05)
    async with EvoLink(SecretStr(KEY), transport=httpx.MockTransport(never), deadlines=deadlines) as evolink:
        readings = [asyncio.create_task(evolink.credits()) for _ in range(8)]
        await asyncio.sleep(0.01)
        with pytest.raises(NotSent):
            await evolink.submit(b"{}", idempotency_key=IDEMPOTENCY)
        for reading in readings:
            reading.cancel()
        await asyncio.gather(*readings, return_exceptions=True)


@pytest.mark.parametrize("setting", ["base_url", "files_url"])
async def test_the_key_is_not_sent_in_the_clear(setting: str) -> None:
    with pytest.raises(SettingError):
        Service(ok({})).client(**{setting: "http://api.evolink.ai"})


async def test_a_key_that_cannot_be_sent() -> None:
    with pytest.raises(SettingError):
        EvoLink(SecretStr("sk – x"))


def test_the_version_is_the_projects() -> None:
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert f'version = "{VERSION}"' in project
