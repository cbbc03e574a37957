"""The API host: requests, refusals, the account."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from client.answers import Credits, Task
from sandbox.server import listen, serve_sandbox
from sandbox.service import build_sandbox
from sandbox.settings import SandboxSettings
from tests.sandbox.house import House, Open, Renderer, draw

SUBMIT = "/v1/videos/generations"
SHOTS = [{"index": 1, "prompt": "one", "duration": "2"}, {"index": 2, "prompt": "two", "duration": "3"}]


async def test_a_receipt_has_every_documented_field(house: House) -> None:
    house.renderer.hold()
    answer = await house.submit(sound="on")
    receipt = answer.json()
    assert answer.status_code == 200
    assert receipt["id"].startswith("task-unified-")
    assert len(receipt["id"].removeprefix(f"task-unified-{receipt['created']}-")) == 8
    assert receipt["object"] == "video.generation.task"
    assert isinstance(receipt["created"], int)
    assert (receipt["model"], receipt["type"]) == ("kling-o3-image-to-video", "video")
    assert (receipt["status"], receipt["progress"]) == ("pending", 0)
    assert receipt["task_info"]["video_duration"] == 5
    assert receipt["task_info"]["estimated_time"] >= 1
    assert receipt["usage"] == {"billing_rule": "per_second", "credits_reserved": 36.018, "user_group": "default"}
    assert "results" not in receipt
    assert "error" not in receipt
    assert answer.headers["x-request-id"]


async def test_a_completed_task_has_a_link_and_is_settled(house: House, video: bytes) -> None:
    task = await house.made()
    assert (task["status"], task["progress"]) == ("completed", 100)
    assert task["usage"]["credits_used"] == 27
    assert task["billing"]["charge_status"] == "charged"
    assert task["task_info"] == {"can_cancel": False, "video_duration": 5}
    [link] = task["results"]
    assert link.startswith(f"{house.origin}/media/")
    assert (await house.http.get(link)).content == video
    read = Task.model_validate(task)
    assert read.ended
    assert read.results == [link]


async def test_progress_is_the_share_that_is_done(house: House) -> None:
    house.renderer.hold()
    task_id = (await house.submit()).json()["id"]
    task = await house.until(task_id, progress=50)
    assert task["task_info"]["estimated_time"] >= 1
    assert "usage" in task
    house.renderer.let_go.set()
    assert (await house.until(task_id, "completed"))["progress"] == 100


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"duration": "5"}, "duration"),
        ({"duration": 5.0}, "duration"),
        ({"duration": 2}, "duration"),
        ({"duration": 16}, "duration"),
        ({"prompt": None}, "prompt"),
        ({"prompt": "x" * 2501}, "prompt"),
        ({"prompt": 7}, "prompt"),
        ({"sound": True}, "sound"),
        ({"quality": "480p"}, "quality"),
        ({"aspect_ratio": "4:3"}, "aspect_ratio"),
        ({"image_start": "http://example.com/a.png"}, "image_start"),
        ({"image_start": "http://127.0.0.1:9/files/uploads/nothing.png"}, "image_start"),
        ({"image_start": "upload:boat.png"}, "image_start"),
        ({"image_start": "https://10.0.0.1/a.png"}, "image_start"),
        ({"image_end": "https://example.com/a.png"}, "image_end"),
        ({"image_urls": "https://example.com/a.png"}, "image_urls"),
        ({"image_urls": [f"https://example.com/{number}.png" for number in range(8)]}, "image_urls"),
        ({"callback_url": "https://127.0.0.1/hook"}, "callback_url"),
        ({"model_params": {"multi_shot": "true"}}, "model_params.multi_shot"),
        ({"model_params": {"multi_shot": True, "multi_prompt": SHOTS}}, "model_params.shot_type"),
        ({"model_params": {"multi_shot": True, "shot_type": "intelligence"}}, "model_params.shot_type"),
        ({"model_params": {"multi_shot": True, "shot_type": "customize"}}, "model_params.multi_prompt"),
        (
            {"duration": 6, "model_params": {"multi_shot": True, "shot_type": "customize", "multi_prompt": SHOTS}},
            "model_params.multi_prompt",
        ),
        (
            {"model_params": {"multi_prompt": [{"index": 1, "prompt": "one", "duration": 5}]}},
            "model_params.multi_prompt.0.duration",
        ),
        ({"model_params": {"element_list": [{"element_id": 83}]}}, "model_params.element_list.0.element_id"),
    ],
)
async def test_a_broken_rule_is_refused_with_its_place(still_house: House, changes: dict[str, Any], param: str) -> None:
    answer = await still_house.submit(**changes)
    error = answer.json()["error"]
    assert answer.status_code == 400, answer.text
    assert (error["code"], error["type"], error["param"]) == ("invalid_request", "invalid_request_error", param)
    assert error["message"]
    assert await still_house.remaining() == 1000


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"text"', b'{"duration": NaN}', b"\xff\xfe", b"[" * 100_000]
)
async def test_a_body_that_is_no_object_is_refused(still_house: House, body: bytes) -> None:
    answer = await still_house.http.post(SUBMIT, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_request"


async def test_the_model_must_be_named_and_known(still_house: House) -> None:
    missing = await still_house.submit(model=None)
    unknown = await still_house.submit(model="kling-o9")
    assert (missing.status_code, missing.json()["error"]["param"]) == (400, "model")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (403, "model_access_denied")


async def test_quality_and_the_rest_have_defaults(house: House) -> None:
    task = await house.made()
    assert task["usage"]["credits_used"] == 27  # five seconds of 720p without sound


async def test_strange_fields_are_ignored_wherever_they_are(house: House) -> None:
    params = {"multi_shot": True, "shot_type": "customize", "seed": 1}
    params["multi_prompt"] = [{**shot, "camera": {"zoom": 2}} for shot in SHOTS]
    task = await house.made(negative_prompt="rain", model_params=params)
    assert task["status"] == "completed"
    wrong = await house.submit(negative_prompt="rain", duration=99)
    assert wrong.json()["error"]["param"] == "duration"


async def test_strange_fields_can_be_refused(open_sandbox: Open) -> None:
    async with open_sandbox(extra_fields="refuse") as house:
        answer = await house.submit(negative_prompt="rain")
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "negative_prompt")


async def test_pictures_can_be_required(open_sandbox: Open) -> None:
    async with open_sandbox(pictures_required=True) as house:
        answer = await house.submit()
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "image_start")
        link = (await house.upload(draw())).json()["data"]["file_url"]
        assert (await house.submit(image_start=link)).status_code == 200


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic c2stdGVzdA==", "sk-test"])
async def test_without_a_key_nothing_is_told(still_house: House, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    async with httpx.AsyncClient(base_url=still_house.origin, verify=False) as stranger:
        answer = await stranger.get("/v1/tasks", headers=headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["type"]) == (401, "unauthorized", "authentication_error")


async def test_only_the_right_key_is_let_in(open_sandbox: Open) -> None:
    async with open_sandbox(key=SecretStr("sk-right")) as house:
        assert (await house.submit()).status_code == 401
        assert (await house.upload(draw())).json() == {
            "success": False,
            "code": 401,
            "msg": "Invalid or expired token.",
        }
        house.http.headers["Authorization"] = "Bearer sk-right"
        assert (await house.submit()).status_code == 200


async def test_credits_are_reserved_settled_and_given_back(house: House) -> None:
    house.renderer.hold()
    task_id = (await house.submit(duration=10)).json()["id"]
    assert await house.remaining() == 946
    house.renderer.let_go.set()
    await house.until(task_id, "completed")
    account = (await house.http.get("/v1/credits")).json()
    assert account["success"] is True
    assert account["data"]["user"] == {"remaining_credits": 946, "used_credits": 54}
    assert account["data"]["token"]["unlimited_credits"] is False
    assert Credits.model_validate(account).data.user is not None

    house.renderer.refuse = ValueError("a fault that was not foreseen")
    failed = await house.made(duration=10)
    assert failed["error"]["code"] == "unknown_error"
    assert failed["billing"] | {"refund_scope": ""} == {
        "refund_scope": "",
        "charge_status": "released",
        "refund_status": "completed",
        "reserved_credits": 0,
        "charged_credits": 0,
        "refunded_credits": 54,
    }
    assert await house.remaining() == 946


async def test_more_than_the_balance_is_refused(open_sandbox: Open) -> None:
    async with open_sandbox(credits=50) as house:
        house.renderer.hold()
        answers = [await house.submit() for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 402, 402]
        assert answers[1].json()["error"]["code"] == "insufficient_quota"
        assert await house.remaining() == 23


async def test_too_many_in_a_minute_are_told_to_wait(open_sandbox: Open) -> None:
    now = 1_790_000_000.0
    async with open_sandbox(submits_per_minute=2, clock=lambda: now) as house:
        answers = [await house.submit() for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].headers["retry-after"] == "60"
        assert answers[2].json()["error"]["type"] == "rate_limit_error"
        now += 61
        assert (await house.submit()).status_code == 200


async def test_models_are_listed(still_house: House) -> None:
    answer = await still_house.http.get("/v1/models")
    assert [model["id"] for model in answer.json()["data"]] == ["kling-o3-image-to-video", "kling-custom-element"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/docs", 404),
        ("GET", "/v1/nothing", 404),
        ("GET", SUBMIT, 405),
        ("DELETE", "/v1/tasks/task-unified-1790000000-a1b2c3d4", 405),
        ("POST", "/v1/tasks/task-unified-1790000000-a1b2c3d4/cancel", 404),
        ("GET", "/v1/tasks?page=0", 400),
        ("GET", "/v1/tasks?status=sleeping", 400),
        ("POST", "/sandbox/faults", 404),
        ("GET", "/sandbox/ledger", 404),
    ],
)
async def test_what_is_not_there_is_refused_in_an_envelope(
    still_house: House, method: str, path: str, status: int
) -> None:
    answer = await still_house.http.request(method, path)
    assert answer.status_code == status
    assert {"code", "message", "type"} <= answer.json()["error"].keys()


async def test_credits_speak_the_older_dialect(still_house: House) -> None:
    answer = await still_house.http.get("/v1/credits", headers={"Authorization": "Bearer"})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == 401
    assert answer.json()["error"]["fallback_suggestion"]


async def test_a_large_body_is_refused(still_house: House) -> None:
    declared = await still_house.submit(prompt="x" * 1_000_001)

    async def endless() -> Any:
        for _ in range(40):
            yield b" " * 50_000

    streamed = await still_house.http.post(SUBMIT, content=endless())
    for answer in (declared, streamed):
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


async def test_an_element_is_made_and_remembered(open_sandbox: Open) -> None:
    async with open_sandbox(unknown_elements="refuse") as house:
        link = (await house.upload(draw())).json()["data"]["file_url"]
        views = {"frontal_image": link, "refer_images": [{"image_url": link}]}
        params = {"element_name": "Mia", "element_description": "A girl", "reference_type": "image_refer"}
        body = {"model": "kling-custom-element", "model_params": {**params, "element_image_list": views}}
        receipt = (await house.http.post(SUBMIT, json=body)).json()
        assert receipt["usage"] == {"billing_rule": "per_call", "credits_reserved": 1, "user_group": "default"}
        task = await house.until(receipt["id"], "completed")
        element_id = Task.model_validate(task).element_id
        assert element_id is not None
        assert element_id.isdigit()
        assert "results" not in task

        known = await house.submit(model_params={"element_list": [{"element_id": element_id}]})
        unknown = await house.submit(model_params={"element_list": [{"element_id": "830012345678"}]})
        assert known.status_code == 200
        assert unknown.json()["error"]["param"] == "model_params.element_list.0.element_id"


async def test_an_element_keeps_its_rules(still_house: House) -> None:
    params = {"element_name": "Mia", "element_description": "A girl", "reference_type": "image_refer"}
    answer = await still_house.http.post(SUBMIT, json={"model": "kling-custom-element", "model_params": params})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "model_params.element_image_list")


async def test_an_unknown_element_is_taken_by_default(house: House) -> None:
    answer = await house.submit(model_params={"element_list": [{"element_id": "830012345678"}]})
    assert answer.status_code == 200


async def test_the_description_is_whole(still_house: House) -> None:
    described = (await still_house.http.get("/openapi.json")).json()
    schemas = described["components"]["schemas"]
    references = set(_references(described))
    assert references
    assert {name.removeprefix("#/components/schemas/") for name in references} <= schemas.keys()
    submit = described["paths"][SUBMIT]["post"]
    assert submit["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/TaskAnswer")
    assert {"VideoRequest", "ElementRequest", "Shot"} <= schemas.keys()
    assert schemas["VideoRequest"]["properties"]["duration"]["maximum"] == 15
    assert not any(
        "422" in operation["responses"] for path in described["paths"].values() for operation in path.values()
    )
    assert len(described["paths"]) == 17


def _references(value: Any) -> Any:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _references(part)


async def test_a_folder_serves_one_sandbox(house: House, open_sandbox: Open) -> None:
    with pytest.raises(RuntimeError, match="Another sandbox"):
        async with open_sandbox():
            pass
    assert (await house.submit()).status_code == 200


async def test_what_was_stored_is_private(house: House, tmp_path: Path) -> None:
    assert (tmp_path / "sandbox").stat().st_mode & 0o077 == 0


async def test_what_goes_wrong_around_it_comes_through_as_it_is(open_sandbox: Open) -> None:
    renderer = Renderer()

    async def stumble() -> None:
        async with open_sandbox(renderer=renderer) as house:
            renderer.hold()
            await house.until((await house.submit()).json()["id"], progress=50)
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await stumble()
    assert renderer.at_once == 0


async def test_a_taken_port_is_told(house: House, tmp_path: Path) -> None:
    app = build_sandbox(SandboxSettings(tmp_path / "other"))
    with pytest.raises(OSError, match="in use"):
        async with serve_sandbox(app, listen(port=int(house.origin.rpartition(":")[2]))):
            pass


async def test_an_unforeseen_fault_is_told_in_an_envelope(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> float:
        raise ZeroDivisionError

    monkeypatch.setattr(house.app.state.parts.tasks, "credits_used", broken)
    answer = await house.http.get("/v1/credits")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, 500)
    assert "ZeroDivisionError" not in json.dumps(answer.json())
