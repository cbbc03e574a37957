"""The button that looks for clips, and what it says."""

from dataclasses import replace

import pytest

from client.answers import Task, TaskPage
from client.errors import Unavailable
from client.schema import MODEL
from jobs.desk import Desk
from jobs.ride import Means
from tests.jobs.fakes import job
from ui.found import Found
from ui.languages import NAMES, language


@pytest.mark.parametrize("code", NAMES)
@pytest.mark.parametrize(("count", "key"), [(0, "none"), (1, "one"), (3, "many")])
async def test_it_says_how_many_were_found(desk: Desk, means: Means, code: str, count: int, key: str) -> None:
    tasks = [Task(id=f"task-{number}", status="completed") for number in range(count)]

    async def listed(*, page: int = 1, page_size: int = 20, model: str | None = None) -> TaskPage:
        return TaskPage(data=tasks if model == MODEL else [])

    means.service.tasks = listed  # type: ignore[method-assign]
    said = await Found(desk).find("ann", code)
    assert said == f"<p role='status'>{language(code).say(f'found.{key}', count=count)}</p>"


async def test_a_service_that_does_not_answer_is_one_sentence(desk: Desk, means: Means) -> None:
    async def silent(**_: object) -> TaskPage:
        raise Unavailable("No.")

    means.service.tasks = silent  # type: ignore[method-assign]
    assert "could not be asked" in await Found(desk).find("ann", "en")


async def test_it_is_there_only_for_whoever_may_find_anything(desk: Desk, means: Means) -> None:
    assert (await Found(desk).look("ann", "en"))[0]["visible"] is True
    await means.store.add(replace(job(), owner="bob"))
    assert (await Found(desk).look("ann", "en"))[0]["visible"] is False
