"""The sandbox keeps what its own OpenAPI promises, whatever comes; and the published examples go through both."""

import json
import logging
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio.lowlevel
import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from jsonschema_rs import Draft202012Validator
from pydantic import SecretStr
from schemathesis.engine import events, from_schema

from client.addresses import check_address
from client.answers import Credits, Task, TaskPage
from client.elements import ElementRequest
from client.schema import VideoRequest
from sandbox.service import build_sandbox
from sandbox.settings import ExtraFields, SandboxSettings
from tests.sandbox.house import House, Renderer

for part in dir(anyio):
    # anyio imports its parts when they are first used, here through pytest. The sandbox runs in a thread of its own
    # below, and Python 3.11 cannot always read a program in two threads at once.
    getattr(anyio, part)

KEY = "sk-test"
EXAMPLES = json.loads((Path(__file__).parent / "data" / "examples.json").read_text())
NOT_FOR_SCHEMAS = [
    # Whether bytes are a picture, and whether an address has one, no schema can say.
    {"include-name-regex": "^POST /api/v1/files/upload/", "checks": {"positive_data_acceptance": {"enabled": False}}},
    # GET asks there for a task whose id is "batch".
    {"include-name": "POST /v1/tasks/batch", "checks": {"unsupported_method": {"enabled": False}}},
    # Rules between fields: a last frame needs a first, shots add up to the length, an element must be known here.
    {"include-name": "POST /v1/videos/generations", "checks": {"positive_data_acceptance": {"enabled": False}}},
]


def internet(request: httpx.Request) -> httpx.Response:
    """Looks at addresses as the real one does, and has nothing."""
    check_address(str(request.url))
    return httpx.Response(404)


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., FastAPI]:
    def build(**settings: Any) -> FastAPI:
        known = SandboxSettings(tmp_path, key=SecretStr(KEY), credits=1e9, **settings)
        network = httpx.MockTransport(internet)
        return build_sandbox(known, renderer=Renderer(), transport=network, sleep=lambda _: anyio.lowlevel.checkpoint())

    return build


@pytest.mark.parametrize("extra_fields", ["ignore", "refuse"])
def test_the_description_holds_for_all_that_can_be_sent(
    build: Callable[..., FastAPI],
    extra_fields: ExtraFields,
    drill: bool,
    count: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Examples, borders, random bodies good and bad, and chains of calls; every check there is."""
    app = build(extra_fields=extra_fields)
    generation = {"max-examples": 100 if drill else 4, "deterministic": True, "database": "none"}
    config = schemathesis.Config.from_dict(
        {
            "seed": 1,
            "headers": {"Authorization": f"Bearer {KEY}"},
            "generation": generation,
            "phases": {"stateful": {"enabled": drill or extra_fields == "ignore"}},
            "operations": NOT_FOR_SCHEMAS,
        }
    )
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=config)
    caplog.set_level(logging.ERROR)
    answered: Counter[str] = Counter()
    wrong: list[str] = []
    for event in from_schema(schema).execute():
        match event:
            case events.ScenarioFinished(recorder=recorder):
                for case_id, checks in recorder.checks.items():
                    operation = recorder.cases[case_id].value.operation.label
                    answered[operation] += 1
                    failures = [check.failure_info.failure for check in checks if check.failure_info]
                    wrong += [f"{operation}: {failure.title}\n{failure.message}" for failure in failures]
            case events.NonFatalError(info=info) | events.FatalError(exception=info):
                wrong.append(str(info))
    assert not wrong, "\n\n".join(wrong)
    described = {f"{method.upper()} {path}" for path, ways in schema.raw_schema["paths"].items() for method in ways}
    assert answered.keys() == described
    assert min(answered.values()) >= 8
    assert "Traceback" not in caplog.text
    count("contract", cases=answered.total())


@pytest.mark.parametrize("name", EXAMPLES["requests"])
async def test_a_published_request_is_ours_and_fits_the_description(still_house: House, name: str) -> None:
    request = EXAMPLES["requests"][name]
    kind = VideoRequest if request["model"] == "kling-o3-image-to-video" else ElementRequest
    assert kind.model_validate_json(json.dumps(request), strict=True, context={"wire": True})
    described = await _schema(still_house, kind.__name__)
    described.validate(request)
    assert not described.is_valid(request | {"model": "kling-o9"})
    answer = await still_house.http.post("/v1/videos/generations", json=request)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("name", EXAMPLES["tasks"])
async def test_a_published_answer_about_a_task_is_read_and_is_of_the_shape_that_the_sandbox_gives(
    still_house: House, name: str
) -> None:
    """What the sandbox adds to every answer, as the receipts of today do, an older example may lack."""
    published = EXAMPLES["tasks"][name]
    read = Task.model_validate(published)
    assert (read.id, read.status, read.progress) == (published["id"], published["status"], published["progress"])
    assert read.results == published.get("results", [])
    money = {"billing_rule": "per_second", "credits_reserved": 27}
    settled = {"charge_status": "reserved", "refund_status": "not_required"}
    settled |= {"reserved_credits": 27, "charged_credits": 0, "refunded_credits": 0}
    (await _schema(still_house, "TaskAnswer")).validate({"usage": money, "billing": settled} | published)


async def test_the_other_published_answers_are_read(still_house: House) -> None:
    account, page = EXAMPLES["credits"], EXAMPLES["page"]
    assert Credits.model_validate(account).data.user.remaining_credits == 74.5
    (await _schema(still_house, "CreditsAnswer")).validate(account)
    assert [row.id for row in TaskPage.model_validate(page).data] == [page["data"][0]["id"]]
    (await _schema(still_house, "TaskPage")).validate(page)
    for error in EXAMPLES["errors"]:
        (await _schema(still_house, "ErrorAnswer")).validate(error)


async def _schema(house: House, name: str) -> Draft202012Validator:
    described = (await house.http.get("/openapi.json")).json()
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": described["components"]})
