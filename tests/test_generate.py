"""`/generate`, as a program uses it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from gradio_client import Client, handle_file

from tests.house import Process, firstframe, running
from tests.pictures import GROOT, TOWER

KEYS = {"job_id", "task_id", "state", "progress", "message", "video_url", "error"}
ORDER = ["new", "submitting", "submitted", "ready", "downloading", "done"]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with running(firstframe(tmp_path_factory.mktemp("generate"))) as process:
        yield process


@pytest.fixture(scope="module")
def program(house: Process) -> Client:
    return Client(house.url, verbose=False)


def snapshots(program: Client, **asked: Any) -> list[dict[str, Any]]:
    return list(program.submit(**asked, api_name="/generate"))


def test_its_parameters_are_the_schemas_fields(program: Client) -> None:
    described = program.view_api(return_format="dict", print_info=False)
    assert list(described["named_endpoints"]) == ["/generate"]
    names = [parameter["parameter_name"] for parameter in described["named_endpoints"]["/generate"]["parameters"]]
    assert names == [
        "image_start", "image_end", "prompt", "image_urls", "duration", "aspect_ratio", "quality", "sound",
        "model_params", "callback_url", "request_id",
    ]  # fmt: skip


def test_a_stream_of_snapshots_ends_with_a_video(program: Client, house: Process) -> None:
    seen = snapshots(
        program,
        image_start=handle_file(str(GROOT)),
        image_urls=[handle_file(str(TOWER))],
        duration=3,
        model_params={
            "multi_shot": True,
            "shot_type": "customize",
            "multi_prompt": [
                {"index": 1, "prompt": "<<<image_1>>> wakes", "duration": "1"},
                {"index": 2, "prompt": "<<<image_2>>> shines", "duration": 2},
            ],
        },
    )
    assert all(set(snapshot) == KEYS for snapshot in seen)
    states = [ORDER.index(snapshot["state"]) for snapshot in seen]
    assert states == sorted(states)
    percents = [snapshot["progress"] for snapshot in seen]
    assert percents == sorted(percents)
    last = seen[-1]
    assert (last["state"], last["progress"], last["error"]) == ("done", 100, None)
    assert last["task_id"].startswith("task-unified-")
    with urlopen(Request(last["video_url"], headers={"Range": "bytes=4-7"})) as answer:
        assert answer.status == 206
        assert answer.read() == b"ftyp"
        assert "private" in answer.headers["Cache-Control"]


def test_a_call_that_is_made_twice_with_the_same_request_id_is_one_job(program: Client) -> None:
    asked = {
        "prompt": "Drifts",
        "image_start": handle_file(str(GROOT)),
        "duration": 3,
        "request_id": "one-order-of-mine",
    }
    both = [program.submit(**asked, api_name="/generate") for _ in range(2)]
    one, two = (list(stream) for stream in both)
    assert {snapshot["job_id"] for snapshot in [*one, *two]} == {one[0]["job_id"]}
    assert one[-1] == two[-1] == snapshots(program, **asked)[-1]
    assert one[-1]["state"] == "done"


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"prompt": "x", "request_id": "short"}, "request_id: 16 to 96 letters"),
        ({"prompt": "x"}, "Choose a picture to begin with."),
        ({"prompt": "x", "image_start": "http://example.org/a.png"}, "https"),
        ({"prompt": "x", "image_start": "https://127.0.0.1/a.png"}, ""),
        ({"prompt": "x", "image_start": "file:///etc/passwd"}, ""),
        ({"prompt": "x", "image_start": "upload:secret.jpg"}, "The address must begin with https://."),
        ({"prompt": "x", "image_start": "https://pictures.example.org/a.png", "duration": 16}, "At most 15."),
        ({"prompt": "x", "image_start": "https://pictures.example.org/a.png", "sound": True}, "Choose one of"),
    ],
)
def test_what_will_not_do_is_one_sentence(program: Client, asked: dict[str, Any], sentence: str) -> None:
    (only,) = snapshots(program, **asked)
    assert set(only) == KEYS
    assert only["state"] == "rejected"
    assert only["error"] == only["message"]
    assert sentence in only["error"]
    assert "\n" not in only["error"]


def test_a_file_that_is_no_picture_is_one_sentence(program: Client, tmp_path: Path) -> None:
    notes = tmp_path / "notes.png"
    notes.write_text("Buy milk.")
    (only,) = snapshots(program, prompt="x", image_start=handle_file(str(notes)))
    assert only["error"].startswith("This is a text file")


def test_an_address_is_never_fetched_by_the_app(program: Client) -> None:
    """Gradio would fetch an address that comes as a file. Ours goes to the service, which cannot reach it here."""
    given = {"path": "https://pictures.example.org/a.png", "meta": {"_type": "gradio.FileData"}}
    last = snapshots(program, prompt="x", image_start=given)[-1]
    assert last["state"] == "failed"
    assert "could not read one of the pictures" in last["error"]


def test_an_unknown_token_is_a_plain_404(house: Process) -> None:
    for path in ("/v/nobody", "/p/nobody"):
        with pytest.raises(HTTPError) as refused:
            urlopen(f"{house.url}{path}")
        assert refused.value.code == 404
