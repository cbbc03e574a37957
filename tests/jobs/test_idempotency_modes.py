"""A lost answer in each of the ways in which EvoLink may treat a key: never two paid tasks, and the one is found."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from pydantic import SecretStr

from client.api import EvoLink
from client.idempotency import Idempotency
from client.schema import VideoRequest
from jobs.drive import drive
from jobs.states import State
from sandbox.faults import Fault, Faults
from sandbox.server import serve_sandbox
from sandbox.service import build_sandbox
from sandbox.settings import SandboxSettings
from tests.jobs.fakes import MP4, NAME, job

LOST = Fault(route="submit", kind="cut", accepted=True)
NO_LIST = Fault(route="tasks", kind="status", status=404)


async def render(request: VideoRequest, pictures: Mapping[str, Path], target: Path, progress: object) -> None:
    target.write_bytes(MP4)  # noqa: ASYNC240


@pytest.mark.parametrize(
    ("mode", "idempotency", "listed", "ending"),
    [
        ("honours", Idempotency.PROVEN, False, State.DONE),
        ("paid_outcome_unknown", Idempotency.PROVEN, False, State.UNKNOWN),
        ("paid_outcome_unknown", Idempotency.PROVEN, True, State.DONE),
        ("honours", Idempotency.UNPROVEN, False, State.UNKNOWN),
        ("ignores", Idempotency.UNPROVEN, False, State.UNKNOWN),
        ("ignores", Idempotency.ABSENT, True, State.DONE),
    ],
)
async def test_a_lost_answer_in_every_mode(tmp_path, means, store, clock, mode, idempotency, listed, ending):
    Image.new("RGB", (400, 300)).save(means.shelf.picture(NAME))
    faults = Faults([LOST] if listed else [LOST, NO_LIST])
    settings = SandboxSettings(tmp_path / "sandbox", idempotency=mode)
    app = build_sandbox(settings, renderer=render, faults=faults, clock=clock.now)
    async with (
        serve_sandbox(app) as origin,
        EvoLink(SecretStr("sk-test"), base_url=origin, files_url=origin) as service,
    ):
        asked = await store.add(job())
        ended = await drive(asked, replace(means, service=service, idempotency=idempotency))
        made = list(app.state.parts.tasks)
    assert ended.state is ending
    assert [record.idempotency_key for record in made] == [asked.idempotency_key]
    assert ended.task_id == (made[0].id if ending is State.DONE else None)
