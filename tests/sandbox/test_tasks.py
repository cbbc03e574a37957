"""Tasks: their life, their list, their pictures and videos, over restarts."""

import errno
import os
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from client.answers import TaskBatch, TaskPage
from client.errors import AddressError, FetchFailed
from client.fetching import fetch, fetching_client
from sandbox.errors import RenderError
from sandbox.pace import SECONDS_PER_MEGAPIXEL, seconds_ahead, seconds_left, seconds_per_megapixel, work
from sandbox.tasks import MOVES, TaskRecord, Tasks, new_task_id
from tests.sandbox.house import House, Open, Renderer, draw

SUBMIT = "/v1/videos/generations"
KEY = {"Idempotency-Key": "vid_0123456789abcdef"}


def record(**changes: Any) -> TaskRecord:
    known = {
        "id": new_task_id(1_790_000_000),
        "created": 1_790_000_000.0,
        "model": "kling-o3-image-to-video",
        "request": {"model": "kling-o3-image-to-video", "prompt": "x", "duration": 5, "quality": "720p"},
        "origin": "http://127.0.0.1:1",
        "credits": 27.0,
        "billing_rule": "per_second",
        "fingerprint": "f",
    }
    return TaskRecord(**(known | changes))


@pytest.mark.parametrize("before", MOVES)
@pytest.mark.parametrize("after", MOVES)
def test_only_allowed_moves_are_made(before: Any, after: Any) -> None:
    if after in MOVES[before]:
        assert record(status=before).moved(after).status == after
    else:
        with pytest.raises(ValueError, match=f"{before} -> {after}"):
            record(status=before).moved(after)


def test_an_end_is_for_ever() -> None:
    assert [state for state, moves in MOVES.items() if not moves] == ["completed", "failed", "cancelled"]


def test_ids_look_like_evolinks() -> None:
    ids = {new_task_id(1_790_000_000.9) for _ in range(100)}
    assert len(ids) == 100
    assert all(task_id.startswith("task-unified-1790000000-") and len(task_id) == 32 for task_id in ids)


def test_a_damaged_record_is_left_out_and_the_rest_is_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tasks = Tasks(tmp_path)
    tasks.load()
    kept = tasks.put(record())
    (tmp_path / "broken.json").write_text('{"id": ')
    again = Tasks(tmp_path)
    again.load()
    assert list(again) == [kept]
    assert "broken.json" in caplog.text


def test_the_pace_is_learnt_from_the_last_videos() -> None:
    assert seconds_per_megapixel([record()]) == SECONDS_PER_MEGAPIXEL
    done = record(status="completed", started=100.0, ended=100.0 + work(record()))
    slow = record(status="completed", started=0.0, ended=50 * work(record()))
    failed = record(status="failed", started=0.0, ended=1.0)
    assert seconds_per_megapixel([failed, done]) == 1
    assert seconds_per_megapixel([done] * 5 + [slow] * 9) == 1


def test_the_time_that_is_left_is_told_in_whole_seconds() -> None:
    assert seconds_left(record(), 0, 0.1, 0) == 12
    running = record(status="processing", started=100.0)
    assert seconds_left(running, 0.0, 0.1, 104) == 8
    assert seconds_left(running, 0.8, 0.1, 104) == 1
    assert seconds_left(running, 0.1, 0.1, 104) == 36
    assert seconds_left(running, 0.0, 0.1, 900) == 1
    assert seconds_left(record(status="completed", started=0.0, ended=1.0), 1, 0.1, 104) == 0


def test_those_before_are_waited_for() -> None:
    first, second, third = (record(created=float(number)) for number in range(3))
    line = [first, second, third]
    assert seconds_ahead(third, line, 1.0, at_once=2) == work(first)
    assert seconds_ahead(second, line, 1.0, at_once=2) == 0
    assert seconds_ahead(record(status="processing"), line, 1.0, at_once=1) == 0


async def test_a_strange_id_and_an_unknown_one_are_refused(house: House) -> None:
    strange = await house.http.get("/v1/tasks/42")
    unknown = await house.http.get("/v1/tasks/task-unified-1790000000-a1b2c3d4")
    assert strange.status_code == 400
    assert (strange.json()["error"]["code"], strange.json()["error"]["param"]) == ("invalid_task_id", "task_id")
    assert unknown.status_code == 404
    assert unknown.json()["error"] == {
        "code": "task_not_found",
        "message": "Task not found.",
        "type": "invalid_request_error",
    }


async def test_work_is_done_in_order_a_few_at_once(open_sandbox: Open) -> None:
    async with open_sandbox(renders_at_once=2) as house:
        house.renderer.hold()
        ids = [(await house.submit(prompt=f"number {number}")).json()["id"] for number in range(5)]
        await house.until(ids[1], "processing")
        assert [(await house.task(task_id))["status"] for task_id in ids] == ["processing"] * 2 + ["pending"] * 3
        house.renderer.let_go.set()
        for task_id in ids:
            await house.until(task_id, "completed")
        assert house.renderer.prompts == [f"number {number}" for number in range(5)]
        assert house.renderer.most_at_once == 2


async def test_the_list_is_newest_first_in_pages(house: House) -> None:
    done = await house.made(prompt="done")
    house.renderer.hold()
    ids = [(await house.submit(prompt=f"number {number}")).json()["id"] for number in range(4)]
    await house.until(ids[0], "processing")

    async def listed(query: str) -> TaskPage:
        answer = await house.http.get(f"/v1/tasks?{query}")
        assert answer.status_code == 200, answer.text
        return TaskPage.model_validate(answer.json())

    assert [task.id for task in (await listed("")).data] == [*reversed(ids), done["id"]]
    second = await listed("page=2&page_size=2")
    assert ([task.id for task in second.data], second.total) == ([ids[1], ids[0]], 5)
    assert (await listed("page_size=1000")).page_size == 50
    assert len((await listed("status=processing")).data) == 4
    assert [task.id for task in (await listed("status=completed")).data] == [done["id"]]
    assert (await listed("type=audio")).data == []
    assert (await listed("model=kling-custom-element")).data == []
    row = (await house.http.get("/v1/tasks?status=completed")).json()["data"][0]
    assert row["has_results"] is True
    assert row["credits_used"] == 27
    assert "results" not in row


async def test_several_are_looked_at_together(house: House) -> None:
    done = await house.made()
    ids = [done["id"], "task-unified-1790000000-a1b2c3d4", "nonsense"]
    answer = await house.http.post("/v1/tasks/batch", json={"task_ids": ids})
    found = TaskBatch.model_validate(answer.json()).data
    assert [task.id for task in found] == [done["id"]]
    assert found[0].results == done["results"]
    too_many = await house.http.post("/v1/tasks/batch", json={"task_ids": ["x"] * 51})
    assert too_many.status_code == 400
    assert too_many.json()["error"]["param"] == "task_ids"


async def test_a_film_that_cannot_be_made_fails_the_task(house: House) -> None:
    house.renderer.refuse = RenderError("image_processing_error", "The picture is upside down.")
    task = await house.made()
    assert (task["status"], task["progress"]) == ("failed", 0)
    assert task["error"] == {
        "code": "image_processing_error",
        "message": "The picture is upside down.",
        "type": "task_error",
    }
    assert "results" not in task


async def test_what_cannot_be_written_down_waits_for_the_next_start(
    open_sandbox: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with open_sandbox() as house:
        house.renderer.hold()
        first, second = [(await house.submit(prompt=f"{number}")).json()["id"] for number in range(2)]
        await house.until(first, "processing")
        monkeypatch.setattr("sandbox.tasks.write_record", full)
        assert (await house.submit()).status_code == 500
        house.renderer.let_go.set()
        await house.until(first, progress=99)
        assert (await house.task(second))["status"] == "pending"
        assert "No space left" in caplog.text
        monkeypatch.undo()
        assert (await house.made())["status"] == "completed"
    async with open_sandbox() as house:
        for task_id in (first, second):
            assert (await house.until(task_id, "completed"))["status"] == "completed"


async def test_after_a_restart_open_tasks_begin_anew_and_done_ones_keep_their_links(
    open_sandbox: Open, video: bytes, tmp_path: Path
) -> None:
    async with open_sandbox() as house:
        picture = draw()
        link = (await house.upload(picture)).json()["data"]["file_url"]
        done = await house.made(image_start=link)
        house.renderer.hold()
        ids = [(await house.submit(prompt=f"{number}", image_start=link)).json()["id"] for number in range(3)]
        await house.until(ids[0], "processing")
        first_origin = house.origin
    assert list((tmp_path / "sandbox" / "media").glob("*.part*")) == []

    async with open_sandbox() as house:
        assert house.origin != first_origin
        for task_id in ids:
            assert (await house.until(task_id, "completed", "failed"))["status"] == "completed"
        assert house.renderer.prompts == ["0", "1", "2"]
        assert [list(found.values()) for found in house.renderer.pictures] == [[picture]] * 3
        [kept] = (await house.task(done["id"]))["results"]
        assert kept == done["results"][0].replace(first_origin, house.origin)
        assert (await house.http.get(kept)).content == video
        assert await house.remaining() == 1000 - 4 * 27


async def test_a_picture_of_an_earlier_run_on_another_port_is_still_ours(open_sandbox: Open) -> None:
    async with open_sandbox() as house:
        link = (await house.upload(draw())).json()["data"]["file_url"]
    async with open_sandbox() as house:
        assert not link.startswith(house.origin)
        task = await house.made(image_start=link)
        assert task["status"] == "completed"
        assert list(house.renderer.pictures[0]) == [link.replace(link[: link.index("/files")], house.origin)]


async def test_the_same_key_and_body_give_the_same_task_even_after_a_restart(open_sandbox: Open) -> None:
    async with open_sandbox() as house:
        first = await house.submit(KEY)
        again = await house.submit(KEY)
        assert again.json()["id"] == first.json()["id"]
        assert again.headers["idempotency-replayed"] == "true"
        assert "idempotency-replayed" not in first.headers
        other = await house.submit(KEY, prompt="Something else")
        assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_conflict")
        assert await house.remaining() == 973
    async with open_sandbox() as house:
        again = await house.submit(KEY)
        assert again.json()["id"] == first.json()["id"]
        assert again.headers["idempotency-replayed"] == "true"


async def test_the_order_of_fields_does_not_make_another_body(house: House) -> None:
    one, other = house.request(), dict(reversed(house.request().items()))
    assert list(one) != list(other)
    ids = {(await house.http.post(SUBMIT, json=body, headers=KEY)).json()["id"] for body in (one, other)}
    assert len(ids) == 1


async def test_a_key_can_be_ignored(open_sandbox: Open) -> None:
    async with open_sandbox(idempotency="ignores") as house:
        answers = [await house.submit(KEY) for _ in range(2)]
        assert len({answer.json()["id"] for answer in answers}) == 2
        assert not any("idempotency-replayed" in answer.headers for answer in answers)


async def test_a_repeat_can_be_left_in_the_dark(open_sandbox: Open) -> None:
    async with open_sandbox(idempotency="paid_outcome_unknown") as house:
        assert (await house.submit(KEY)).status_code == 200
        again = await house.submit(KEY)
        assert (again.status_code, again.json()["error"]["code"]) == (409, "paid_outcome_unknown")
        assert await house.remaining() == 973


async def test_what_is_no_key_is_no_key(house: House) -> None:
    short = {"Idempotency-Key": "short"}
    ids = {(await house.submit(short)).json()["id"] for _ in range(2)}
    assert len(ids) == 2


async def test_the_callback_address_is_kept_with_the_task(house: House) -> None:
    task = await house.made(callback_url="https://example.com/hook/abc")
    assert house.app.state.parts.tasks.get(task["id"]).callback_url == "https://example.com/hook/abc"


async def test_a_video_is_served_in_parts_and_to_head(house: House, video: bytes) -> None:
    [link] = (await house.made())["results"]
    async with httpx.AsyncClient(verify=False) as stranger:
        whole = await stranger.get(link)
        assert whole.content == video
        assert whole.headers["content-type"] == "video/mp4"
        part = await stranger.get(link, headers={"Range": "bytes=100-199"})
        assert (part.status_code, part.content) == (206, video[100:200])
        assert part.headers["content-range"] == f"bytes 100-199/{len(video)}"
        same = {"Range": "bytes=-5", "If-Range": whole.headers["etag"]}
        assert (await stranger.get(link, headers=same)).content == video[-5:]
        other = {"Range": "bytes=-5", "If-Range": '"another"'}
        assert (await stranger.get(link, headers=other)).content == video
        assert (await stranger.get(link, headers={"Range": f"bytes={len(video)}-"})).status_code == 416
        head = await stranger.head(link)
        assert (head.status_code, head.content) == (200, b"")
        assert int(head.headers["content-length"]) == len(video)


async def test_a_link_dies_after_a_day(open_sandbox: Open, tmp_path: Path) -> None:
    media = tmp_path / "sandbox" / "media"
    async with open_sandbox() as house:
        [link] = (await house.made())["results"]
        [path] = media.glob("*.mp4")
        made = path.stat().st_mtime
        os.utime(path, (made, made - 24 * 3600 + 60))
        assert (await house.http.get(link)).status_code == 200
        os.utime(path, (made, made - 24 * 3600 - 1))
        dead = await house.http.get(link)
        assert (dead.status_code, dead.json()["error"]["code"]) == (410, "gone")
    async with open_sandbox() as house:
        assert (await house.http.get("/v1/models")).status_code == 200
        assert list(media.iterdir()) == []


@pytest.mark.parametrize("name", ["nothing.mp4", "..%2f..%2ftasks%2fx.mp4", "%2e%2e", "x.json"])
async def test_no_other_file_is_served(house: House, name: str) -> None:
    assert (await house.http.get(f"/media/{name}")).status_code in (400, 404)


async def test_pictures_are_ours_or_come_from_the_internet(open_sandbox: Open) -> None:
    asked: list[httpx.URL] = []
    picture = draw(kind="JPEG")

    def internet(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        if request.url.path == "/moved.jpg":
            return httpx.Response(302, headers={"Location": "https://cdn.example.com/boat.jpg"})
        return httpx.Response(200, content=picture, headers={"Content-Type": "image/jpeg"})

    async with open_sandbox(transport=httpx.MockTransport(internet)) as house:
        own = (await house.upload(draw())).json()["data"]["file_url"]
        task = await house.made(image_start=own, image_urls=["https://example.com/moved.jpg"])
        assert task["status"] == "completed", task
        assert house.renderer.pictures == [{own: draw(), "https://example.com/moved.jpg": picture}]
        assert [str(url) for url in asked] == ["https://example.com/moved.jpg", "https://cdn.example.com/boat.jpg"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(404), "image_processing_error"),
        (httpx.Response(200, content=b"<html>", headers={"Content-Type": "text/html"}), "image_processing_error"),
        (httpx.Response(200, content=bytes(10_000_001)), "image_processing_error"),
        (httpx.Response(200, content=draw()[:16] + bytes(200)), "image_processing_error"),
        (httpx.Response(200, content=b"GIF89a" + bytes(100)), "invalid_parameters"),
        (httpx.Response(200, content=draw(299, 400)), "invalid_parameters"),
        (httpx.Response(200, content=draw(900, 300)), "invalid_parameters"),
        (httpx.Response(302, headers={"Location": "https://example.com/a.png"}), "image_processing_error"),
        (AddressError("The address leads into a private network."), "image_processing_error"),
        (httpx.ConnectError("refused"), "image_processing_error"),
    ],
)
async def test_a_picture_that_will_not_do_fails_the_task(
    open_sandbox: Open, answer: httpx.Response | Exception, code: str
) -> None:
    def internet(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with open_sandbox(transport=httpx.MockTransport(internet)) as house:
        task = await house.made(image_start="https://example.com/a.png")
        assert (task["status"], task["error"]["code"]) == ("failed", code)
        assert task["error"]["message"]
        assert house.renderer.prompts == []
        assert await house.remaining() == 1000


async def test_an_uploaded_picture_that_is_gone_fails_the_task(house: House) -> None:
    uploaded = (await house.upload(draw())).json()["data"]
    await house.http.delete(f"/api/v1/files/{uploaded['file_id']}")
    task = await house.made(image_start=uploaded["file_url"])
    assert task["error"]["code"] == "image_processing_error"


async def test_a_slow_picture_has_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError

    monkeypatch.setattr("client.fetching.DEADLINE", 0.05)
    async with fetching_client(httpx.MockTransport(never)) as client:
        with pytest.raises(FetchFailed, match="could not be downloaded"):
            await fetch(client, "https://example.com/a.png")


async def test_nothing_is_fetched_from_this_network_by_default(tmp_path: Path) -> None:
    from sandbox.service import build_sandbox
    from sandbox.settings import SandboxSettings

    app = build_sandbox(SandboxSettings(tmp_path), renderer=Renderer())
    async with app.state.parts.fetching as client:
        for address in ("https://127.0.0.1/a.png", "https://localhost/a.png", "http://example.com/a.png"):
            with pytest.raises(FetchFailed):
                await fetch(client, address)
