"""The files service: uploads in three ways, quota, list, delete, and the pictures themselves."""

import base64
import errno
import io
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from PIL import Image

from client.answers import UploadedFile
from sandbox.files import Files
from sandbox.sources import Sources
from tests.sandbox.house import House, Open, draw

FILES = "/api/v1/files"


@pytest.mark.parametrize(
    ("kind", "mime_type", "ending"),
    [
        ("PNG", "image/png", ".png"),
        ("JPEG", "image/jpeg", ".jpg"),
        ("GIF", "image/gif", ".gif"),
        ("WEBP", "image/webp", ".webp"),
    ],
)
async def test_an_upload_has_a_receipt_and_an_address(house: House, kind: str, mime_type: str, ending: str) -> None:
    content = draw(kind=kind)
    answer = await house.upload(content)
    assert answer.status_code == 200
    said = answer.json()
    assert (said["success"], said["code"]) == (True, 200)
    data = said["data"]
    assert (data["mime_type"], data["file_size"], data["original_name"]) == (mime_type, len(content), "boat.png")
    assert data["file_url"].startswith(f"{house.origin}/files/uploads/")
    assert data["file_url"].endswith(ending)
    lifetime = datetime.fromisoformat(data["expires_at"]) - datetime.fromisoformat(data["upload_time"])
    assert lifetime == timedelta(hours=72)
    assert data["upload_time"].endswith("+08:00")
    assert UploadedFile.model_validate(data).file_url == data["file_url"]
    async with httpx.AsyncClient(verify=False) as stranger:
        for link in (data["file_url"], data["download_url"]):
            found = await stranger.get(link)
            assert (found.content, found.headers["content-type"]) == (content, mime_type)


async def test_names_and_paths_are_kept_where_they_are_harmless(house: House) -> None:
    kept = (await house.upload(draw(), upload_path="people/mia", file_name="front view.PNG")).json()["data"]
    assert (kept["upload_path"], kept["file_name"]) == ("people/mia", "front-view.png")
    crooked = (await house.upload(draw(), uploadPath="../../etc", fileName="../../passwd")).json()["data"]
    assert (crooked["upload_path"], crooked["file_name"]) == ("etc", "passwd.png")
    written = (await house.upload(draw(), file_name="日本語.png")).json()["data"]
    assert (await house.http.get(written["file_url"])).status_code == 200


async def test_the_same_name_takes_the_place_of_the_older_one(house: House, tmp_path: Path) -> None:
    first = (await house.upload(draw(), file_name="boat")).json()["data"]
    second = (await house.upload(draw(400, 400), file_name="boat")).json()["data"]
    assert second["file_url"] == first["file_url"]
    assert (await house.http.get(first["file_url"])).content == draw(400, 400)
    assert (await house.http.get(first["download_url"])).status_code == 404
    assert len(list((tmp_path / "sandbox" / "files").iterdir())) == 2


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
async def test_base64_is_taken(house: House, prefix: str) -> None:
    body = {"base64_data": prefix + base64.b64encode(draw()).decode(), "file_name": "boat"}
    data = (await house.http.post(f"{FILES}/upload/base64", json=body)).json()["data"]
    assert (await house.http.get(data["file_url"])).content == draw()


async def test_an_address_is_taken(open_sandbox: Open) -> None:
    def internet(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=draw()) if request.url.path == "/a/boat.png" else httpx.Response(404)

    async with open_sandbox(transport=httpx.MockTransport(internet)) as house:
        good = await house.http.post(f"{FILES}/upload/url", json={"file_url": "https://example.com/a/boat.png"})
        assert good.json()["data"]["original_name"] == "boat.png"
        assert (await house.http.get(good.json()["data"]["file_url"])).content == draw()
        bad = await house.http.post(f"{FILES}/upload/url", json={"file_url": "https://example.com/nothing"})
        assert (bad.status_code, bad.json()["code"]) == (400, 40004)


async def test_what_is_no_picture_is_refused_whatever_its_name(house: House, tmp_path: Path) -> None:
    heic = b"\0\0\0\x18ftypheic" + bytes(100)
    for content in (b"just text", b"", heic, _bmp()):
        answer = await house.upload(content)
        assert (answer.status_code, answer.json()["code"]) == (415, 40002)
        assert answer.json()["success"] is False
    assert list((tmp_path / "sandbox" / "files").iterdir()) == []


def _bmp() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (300, 300)).save(file, "BMP")
    return file.getvalue()


async def test_a_file_that_is_too_large_is_refused(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.files.MAX_FILE_BYTES", len(draw()) - 1)
    answer = await house.upload(draw())
    assert (answer.status_code, answer.json()["code"]) == (413, 40001)
    assert list((tmp_path / "sandbox" / "files").iterdir()) == []


async def test_a_body_that_is_too_large_is_refused_before_it_is_kept(house: House) -> None:
    async def long() -> AsyncIterator[bytes]:
        for _ in range(15):
            yield b" " * 1_000_000

    declared = await house.http.post(f"{FILES}/upload/base64", content=b" " * 14_000_001)
    streamed = await house.http.post(f"{FILES}/upload/base64", content=long())
    for answer in (declared, streamed):
        assert (answer.status_code, answer.json()["code"]) == (413, 40001)


async def test_a_body_without_end_is_cut_off(house: House) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 1_000_000

    try:
        answer = await house.http.post(f"{FILES}/upload/base64", content=endless())
    except httpx.NetworkError:
        pass
    else:
        assert answer.status_code == 413
    assert (await house.upload(draw())).status_code == 200


async def test_a_full_disk_is_told(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("sandbox.files.write_record", full)
    answer = await house.upload(draw())
    assert (answer.status_code, answer.json()["code"]) == (500, 50001)
    assert (await house.http.get(f"{FILES}/list")).json()["data"]["total"] == 0
    assert list((tmp_path / "sandbox" / "files").iterdir()) == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/upload/base64", {"base64_data": "no base64 !"}),
        ("/upload/base64", {}),
        ("/upload/url", {"file_url": 7}),
        ("/upload/stream", {}),
    ],
)
async def test_a_crooked_upload_is_refused(still_house: House, path: str, body: dict[str, object]) -> None:
    answer = await still_house.http.post(FILES + path, json=body)
    assert answer.status_code == 400
    assert answer.json()["success"] is False
    assert answer.json()["code"] == 400
    assert answer.json()["msg"]


async def test_refusals_can_hide_inside_of_a_200(open_sandbox: Open) -> None:
    async with open_sandbox(file_errors="inside_200") as house:
        answer = await house.upload(b"just text")
        assert answer.status_code == 200
        assert (answer.json()["success"], answer.json()["code"]) == (False, 40002)
        assert (await house.http.get("/v1/tasks/42")).status_code == 400


async def test_the_quota_is_told_and_kept(open_sandbox: Open) -> None:
    async with open_sandbox(max_files=2) as house:
        await house.upload(draw())
        last = (await house.upload(draw())).json()["data"]
        told = (await house.http.get(f"{FILES}/quota")).json()["data"]
        assert (told["used_files"], told["max_files"], told["remain_files"]) == (2, 2, 0)
        assert told["user_group"] == "default"
        full = await house.upload(draw())
        assert (full.status_code, full.json()["code"]) == (403, 40003)
        await house.http.delete(f"{FILES}/{last['file_id']}")
        assert (await house.upload(draw())).status_code == 200


async def test_the_list_is_newest_first_in_pages(house: House) -> None:
    ids = [(await house.upload(draw())).json()["data"]["file_id"] for _ in range(3)]
    first = (await house.http.get(f"{FILES}/list?pageSize=2")).json()["data"]
    second = (await house.http.get(f"{FILES}/list?pageSize=2&page=2")).json()["data"]
    assert ([file["file_id"] for file in first["files"]], first["total"]) == ([ids[2], ids[1]], 3)
    assert [file["file_id"] for file in second["files"]] == [ids[0]]
    assert first["files"][0].keys() == {"file_id", "file_name", "file_size", "upload_time"}
    assert (await house.http.get(f"{FILES}/list?pageSize=101")).json()["code"] == 400


async def test_a_file_can_be_deleted_once(house: House) -> None:
    data = (await house.upload(draw())).json()["data"]
    assert (await house.http.delete(f"{FILES}/{data['file_id']}")).json()["success"] is True
    again = await house.http.delete(f"{FILES}/{data['file_id']}")
    assert (again.status_code, again.json()["code"]) == (404, 404)
    assert (await house.http.get(data["file_url"])).status_code == 404


async def test_files_outlive_a_restart_but_not_three_days(open_sandbox: Open, tmp_path: Path) -> None:
    now = 1_790_000_000.0
    async with open_sandbox(clock=lambda: now) as house:
        data = (await house.upload(draw())).json()["data"]
    (tmp_path / "sandbox" / "files" / "file_cut.part").write_bytes(b"half")
    async with open_sandbox(clock=lambda: now) as house:
        path = data["file_url"].partition("/files/")[2]
        assert (await house.http.get(f"/files/{path}")).content == draw()
        now += 72 * 3600
        assert (await house.http.get(f"/files/{path}")).status_code == 404
        assert (await house.http.get(f"{FILES}/quota")).json()["data"]["used_files"] == 0
        await house.upload(draw())
        assert len(list((tmp_path / "sandbox" / "files").iterdir())) == 2


async def test_a_task_keeps_its_picture_when_another_takes_its_name(tmp_path: Path) -> None:
    files = Files(tmp_path / "files", life=60, limit=10, clock=lambda: 0)
    files.load()

    async def put(content: bytes) -> str:
        async def chunks() -> AsyncIterator[bytes]:
            yield content

        return (await files.add(chunks(), original_name="a.png", upload_path=None, file_name="a.png")).place

    address = f"http://127.0.0.1:1{await put(draw(kind='PNG'))}"
    async with httpx.AsyncClient() as client:
        gathered = await Sources(files, client).gather([address], "http://127.0.0.1:1", tmp_path)
    await put(draw(kind="JPEG"))
    with Image.open(gathered[address]) as picture:
        assert picture.format == "PNG"
    await put(draw(kind="PNG"))
    with Image.open(gathered[address]) as picture:
        assert picture.size


async def test_a_picture_that_comes_byte_by_byte_is_known(tmp_path: Path) -> None:
    async def drops() -> AsyncIterator[bytes]:
        for byte in draw():
            yield bytes([byte])

    files = Files(tmp_path, life=60, limit=1, clock=lambda: 0.0)
    files.load()
    record = await files.add(drops(), original_name="", upload_path=None, file_name=None)
    assert record.mime_type == "image/png"
    assert files.content(record).read_bytes() == draw()
