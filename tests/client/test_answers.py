"""Answers are read whatever they hold; nothing odd in them breaks the reading."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from client.answers import ENDED, Credits, ErrorBody, Task, TaskBatch, TaskPage, UploadedFile

ID = "task-unified-1790000000-a1b2c3d4"
PROCESSING = {
    "id": ID,
    "object": "video.generation.task",
    "created": 1790000000,
    "model": "kling-o3-image-to-video",
    "type": "video",
    "status": "processing",
    "progress": 45,
    "task_info": {"can_cancel": False, "estimated_time": 160},
}
COMPLETED = {
    **PROCESSING,
    "status": "completed",
    "progress": 100,
    "results": ["https://files.evolink.ai/acct/videos/2026/10/05/file_0f.mp4"],
    "task_info": {"can_cancel": False},
}
FAILED = {
    **PROCESSING,
    "status": "failed",
    "progress": 0,
    "error": {
        "code": "image_processing_error",
        "message": "The input image could not be read.",
        "type": "task_error",
    },
    "task_info": {"can_cancel": False},
}


def task(**odd: object) -> Task:
    return Task.model_validate({"id": ID, **odd})


def test_the_documented_answers() -> None:
    processing, completed, failed = (Task.model_validate(body) for body in (PROCESSING, COMPLETED, FAILED))
    assert (processing.progress, processing.estimated_seconds, processing.ended) == (45, 160, False)
    assert (completed.results, completed.ended) == (COMPLETED["results"], True)
    assert completed.estimated_seconds is None
    assert failed.ended
    assert failed.error is not None
    assert failed.error.code == "image_processing_error"


@pytest.mark.parametrize(
    ("status", "read"),
    [
        ("pending", "pending"),
        ("Completed ", "completed"),
        ("CANCELLED", "cancelled"),
        ("queued", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
        (7, "unknown"),
        (["completed"], "unknown"),
        ({"a": 1}, "unknown"),
    ],
)
def test_status(status: object, read: str) -> None:
    assert task(status=status).status == read
    assert (read in ENDED) is task(status=status).ended


@pytest.mark.parametrize(
    ("progress", "read"),
    [(0, 0), (45, 45), (-1, 0), (101, 100), (1e308, 100), ("50%", 50), (" 7.9 ", 7), (None, 0), ("half", 0), ([1], 0)],
)
def test_progress(progress: object, read: int) -> None:
    assert task(progress=progress).progress == read


@pytest.mark.parametrize("progress", [float("nan"), float("inf")])
def test_progress_that_is_no_number(progress: float) -> None:
    assert task(progress=progress).progress == 0


@pytest.mark.parametrize(
    ("results", "read"),
    [
        (None, []),
        ([], []),
        (["", 7, None, ["x"]], []),
        ("https://a.example.org", []),
        (
            ["https://a.example.org/1.mp4", {"url": "https://b.example.org"}],
            ["https://a.example.org/1.mp4", "https://b.example.org"],
        ),
        ([{"video_url": "https://c.example.org"}, {"other": 1}], ["https://c.example.org"]),
        (["https://a.example.org/\r\nX: 1", "\ud800"], []),
    ],
)
def test_results(results: object, read: list[str]) -> None:
    assert task(results=results).results == read


def test_ten_thousand_results() -> None:
    assert len(task(results=["https://a.example.org"] * 10_000).results) == 20


def test_a_number_may_be_an_id_but_nothing_is_none() -> None:
    assert Task.model_validate({"id": 17}).id == "17"
    for bad in ("", None, True, ["x"], "x" * 201):
        with pytest.raises(ValidationError):
            Task.model_validate({"id": bad})


def test_money_in_any_spelling() -> None:
    assert task(usage={"credits_reserved": "5.4", "user_group": 3}).usage.credits_reserved == 5.4
    assert task(usage={"credits_reserved": float("inf")}).usage.credits_reserved is None
    assert task(usage={"credits_reserved": {}}).usage.credits_reserved is None
    assert task(usage="free").usage is None
    assert task(billing={"charge_status": "reserved", "charged_credits": 7}).billing.charged_credits == 7


@pytest.mark.parametrize("error", [None, "text", ["list"], 7])
def test_an_odd_error_counts_as_none(error: object) -> None:
    assert task(status="failed", error=error).error is None


def test_codes_may_be_numbers() -> None:
    assert task(error={"code": 500, "message": None}).error.code == "500"
    assert ErrorBody.model_validate({"code": 401, "message": ["x"]}).code == "401"


def test_created_has_two_names() -> None:
    assert task(created=1).created == 1
    assert task(created_at=2).created == 2
    assert task(created="yesterday").created is None


@pytest.mark.parametrize(
    ("data", "element"),
    [
        ({"elements": [{"element_id": "e1"}]}, "e1"),
        ({"element_id": "e2"}, "e2"),
        ({"id": 3}, "3"),
        ([{"element_id": "e4"}], "e4"),
        ([], None),
        (["text"], None),
        ({"elements": []}, None),
        ({"element_id": {"odd": 1}}, None),
        ("text", None),
        (None, None),
    ],
)
def test_the_element_is_looked_for_in_the_known_places(data: object, element: str | None) -> None:
    assert task(result_data=data).element_id == element


def test_one_bad_task_does_not_hide_the_others() -> None:
    for kind in (TaskPage, TaskBatch):
        assert [
            found.id for found in kind.model_validate({"data": [{"id": "a"}, {"id": None}, 7, {"id": "b"}]}).data
        ] == [
            "a",
            "b",
        ]
        for data in (None, {}, "text"):
            assert kind.model_validate({"data": data}).data == []
        assert kind.model_validate({}).data == []


@pytest.mark.parametrize(
    "data", [None, [], "text", {"token": None, "user": "x"}, {"token": {"remaining_credits": "x"}}]
)
def test_odd_credits(data: object) -> None:
    read = Credits.model_validate({"success": True, "data": data})
    assert read.data.user is None
    assert read.data.token is None or read.data.token.remaining_credits is None


def test_an_upload_without_an_address_is_none() -> None:
    assert UploadedFile.model_validate({"file_url": "https://files.evolink.ai/1", "file_size": None}).file_size is None
    for bad in (None, "", 7):
        with pytest.raises(ValidationError):
            UploadedFile.model_validate({"file_url": bad})


odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None, exclude_categories=()), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
fields = sorted({*Task.model_fields, "created_at", "object", "unheard_of"} - {"id"})


@given(st.dictionaries(st.sampled_from(fields), odd))
def test_no_field_breaks_a_task(body: dict[str, object]) -> None:
    read = Task.model_validate(json.loads(json.dumps({"id": ID, **body})))
    assert 0 <= read.progress <= 100
    assert all(link.isprintable() for link in read.results)
    assert read.element_id is None or isinstance(read.element_id, str)
    assert TaskPage.model_validate({"data": [body, {"id": ID, **body}], **body}).data[-1].id == ID


@given(odd, odd)
def test_nothing_breaks_the_others(one: object, two: object) -> None:
    Credits.model_validate({"data": one})
    Credits.model_validate({"data": {"token": one, "user": {"remaining_credits": two, "unlimited_credits": one}}})
    TaskPage.model_validate({"data": one, "total": two})
    ErrorBody.model_validate({"code": one, "message": two, "param": one})
