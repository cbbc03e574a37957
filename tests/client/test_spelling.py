import ast
import asyncio
import json
import os
import shlex
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.errors import PasteError
from client.schema import VideoRequest
from client.spelling import MAX_BYTES, as_curl, as_json, as_python, from_json
from tests.sandbox.house import House, draw, opening

API, FILES = "https://api.example.org", "https://files.example.org"
NASTY = 'It\'s "late"; $(rm -rf ~) `id` $HOME \\ \n\t<<<image_1>>> %s {x} \'\'\'""" é 日 🙂 \x7f\u2028'
BODY: dict[str, Any] = {
    "model": "kling-o3-image-to-video",
    "prompt": NASTY,
    "image_urls": ["https://cdn.example.org/a.png?x='1'", "https://cdn.example.org/b.png"],
    "duration": 5,
    "quality": "720p",
    "sound": "off",
    "model_params": {"multi_shot": False, "element_list": [{"element_id": "83001"}], "multi_prompt": []},
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
bodies = st.dictionaries(st.text(), json_values, max_size=5)


def ordered(script: str) -> ast.expr:
    """The body that a script sends."""
    [found] = [
        node.value
        for node in ast.parse(script).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "body"
    ]
    return found


@given(bodies)
def test_json_says_the_body(body: dict[str, Any]) -> None:
    assert json.loads(as_json(body)) == body


@given(bodies)
def test_a_shell_reads_exactly_the_body(body: dict[str, Any]) -> None:
    words = shlex.split(as_curl(body, API, FILES))
    assert words[:2] == ["curl", f"{API}/v1/videos/generations"]
    assert words[-2] == "--data-raw"
    assert words[-1] == as_json(body)


@given(bodies)
def test_python_reads_exactly_the_body(body: dict[str, Any]) -> None:
    assert ast.literal_eval(ordered(as_python(body, API, FILES))) == body


def test_text_is_readable_as_it_stands() -> None:
    body = BODY | {"prompt": "Möwen schreien. 日本"}
    for text in (as_json(body), as_curl(body, API, FILES), as_python(body, API, FILES)):
        assert "Möwen schreien. 日本" in text


def test_the_python_text() -> None:
    body = {"model": "kling-o3-image-to-video", "image_start": "https://cdn.example.org/a.png", "duration": 5}
    assert as_python(body, API, FILES) == (
        """\
import os

import httpx

headers = {"Authorization": f"Bearer {os.environ['EVOLINK_API_KEY']}"}
body = {
    "model": "kling-o3-image-to-video",
    "image_start": "https://cdn.example.org/a.png",
    "duration": 5,
}
url = "https://api.example.org/v1/videos/generations"
answer = httpx.post(url, headers=headers, json=body, timeout=60)
answer.raise_for_status()
print(answer.json()["id"])
"""
    )


def test_pictures_on_our_disk_are_sent_up_first() -> None:
    body = BODY | {"image_start": "upload:a-1.png", "image_urls": ["upload:b.jpg", "https://cdn.example.org/c.png"]}
    script = as_python(body, API, FILES)
    compile(script, "script", "exec")
    sent = {ast.literal_eval(name): value for name, value in pairs(ordered(script))}
    assert ast.unparse(sent["image_start"]) == "upload('a-1.png')"
    assert ast.unparse(sent["image_urls"]) == "[upload('b.jpg'), 'https://cdn.example.org/c.png']"

    text = as_curl(body | {"image_end": "upload:a-1.png"}, API, FILES)
    words = shlex.split(text, comments=True)
    assert words.count(f"{FILES}/api/v1/files/upload/stream") == 2, "each picture once"
    assert {"file=@a-1.png", "file=@b.jpg"} <= set(words)
    assert json.loads(words[-1])["image_start"] == "upload:a-1.png"
    assert "# Send a-1.png up first" in text


def pairs(body: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    assert isinstance(body, ast.Dict)
    return [(name, value) for name, value in zip(body.keys, body.values, strict=True) if name]


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": "upload:a.png"},
        {"image_start": "upload:a.png; rm -rf ~"},
        {"image_start": "upload:$(id)"},
        {"image_start": "upload:a.png\n# b"},
        {"image_urls": ["upload:../a.png", 7, None]},
    ],
)
def test_only_a_picture_of_a_plain_name_is_an_upload(body: dict[str, Any]) -> None:
    assert ast.literal_eval(ordered(as_python(body, API, FILES))) == body
    assert shlex.split(as_curl(body, API, FILES))[-1] == as_json(body)


def test_pictures_of_an_element_are_sent_up_too() -> None:
    pictures = {"frontal_image": "upload:a.png", "refer_images": [{"image_url": "upload:b.png"}]}
    script = as_python({"model_params": {"element_image_list": pictures}}, API, FILES)
    assert 'upload("a.png")' in script
    assert 'upload("b.png")' in script


def test_no_key_is_ever_spelled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-canary")
    for text in (as_json(BODY), as_curl(BODY, API, FILES), as_python(BODY, API, FILES)):
        assert "sk-canary" not in text


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opening(tmp_path / "sandbox")() as opened:
        yield opened


async def run(folder: Path, *command: str) -> str:
    """What it prints. It runs beside the pictures, with nothing of ours but the key."""
    environment = {"PATH": os.environ["PATH"], "EVOLINK_API_KEY": "sk-test", "NO_PROXY": "*"}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    return said.decode()


async def test_the_python_text_orders_a_video(house: House, tmp_path: Path) -> None:
    await asyncio.to_thread((tmp_path / "boat.png").write_bytes, draw())
    body = VideoRequest(image_start="upload:boat.png", prompt=NASTY).body({"boat.png": "upload:boat.png"})
    script = as_python(body, house.origin, house.origin)
    task_id = (await run(tmp_path, sys.executable, "-c", script)).strip()
    await house.until(task_id, "completed")
    assert house.renderer.prompts == [NASTY]
    [pictures] = house.renderer.pictures
    assert list(pictures.values()) == [draw()]


async def test_the_curl_text_orders_a_video(house: House, tmp_path: Path) -> None:
    await asyncio.to_thread((tmp_path / "boat.png").write_bytes, draw())
    body = VideoRequest(image_start="upload:boat.png", prompt=NASTY).body({"boat.png": "upload:boat.png"})
    upload, order = as_curl(body, house.origin, house.origin).split("\n\n")
    address = json.loads(await sent(house, tmp_path, upload))["data"]["file_url"]
    receipt = json.loads(await sent(house, tmp_path, order.replace("upload:boat.png", address)))
    await house.until(receipt["id"], "completed")
    assert house.renderer.prompts == [NASTY]
    [pictures] = house.renderer.pictures
    assert list(pictures.values()) == [draw()]


async def sent(house: House, folder: Path, text: str) -> str:
    """What the service answers: through a shell and curl where there is one, otherwise as they would read it."""
    if shutil.which("curl"):
        return await run(folder, "sh", "-c", text)
    _, url, *options = shlex.split(text, comments=True)
    given = dict(zip(options[::2], options[1::2], strict=True))
    if "--form" in given:
        picture = await asyncio.to_thread((folder / given["--form"].removeprefix("file=@")).read_bytes)
        return (await house.http.post(url, files={"file": picture})).text
    return (await house.http.post(url, content=given["--data-raw"])).text


@given(bodies)
def test_what_was_copied_can_be_pasted(body: dict[str, Any]) -> None:
    good = body | {"model": "kling-o3-image-to-video"}
    assert from_json(as_json(good)) == good


def test_the_model_may_be_left_out() -> None:
    assert from_json(' {"prompt": "Rain"}\n') == {"prompt": "Rain"}


def nested(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "paste_not_json"),
        ("The boat drifts", "paste_not_json"),
        ("{'prompt': 'Rain'}", "paste_not_json"),
        ('{"duration": NaN}', "paste_not_json"),
        ('{"duration": ' + "1" * 5000 + "}", "paste_not_json"),
        ('{"prompt": "Rain"} {}', "paste_not_json"),
        ("[]", "paste_not_object"),
        ('"Rain"', "paste_not_object"),
        ("null", "paste_not_object"),
        ('{"model": "kling-v3"}', "paste_model"),
        ('{"model": "kling-custom-element"}', "paste_model"),
        ('{"model": null}', "paste_model"),
        ('{"model": ["kling-o3-image-to-video"]}', "paste_model"),
        (nested(21), "paste_deep"),
        ('{"a":' + "[" * 20 + "]" * 20 + "}", "paste_deep"),
        ('{"a":' + "[" * 30_000 + "]" * 30_000 + "}", "paste_deep"),
        ('{"prompt": "' + "x" * MAX_BYTES + '"}', "paste_large"),
        ('{"prompt": "' + "日" * (MAX_BYTES // 3) + '"}', "paste_large"),
        ("\ud800", "paste_not_json"),
    ],
    ids=lambda value: value[:30].encode("ascii", "replace").decode(),
)
def test_what_cannot_be_pasted(text: str, code: str) -> None:
    with pytest.raises(PasteError) as raised:
        from_json(text)
    assert raised.value.code == code
    assert str(raised.value)[0].isupper()
    assert str(raised.value).endswith(".")


def test_at_the_edges() -> None:
    assert from_json(nested(20))
    padded = '{"prompt": "Rain"}'
    assert from_json(padded + " " * (MAX_BYTES - len(padded)))
    with pytest.raises(PasteError):
        from_json(padded + " " * (MAX_BYTES - len(padded) + 1))
