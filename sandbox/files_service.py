"""The routes of the files host: upload in three ways, list, delete, and the pictures themselves."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath
from typing import Annotated, Any, Final
from urllib.parse import unquote, urlsplit

from fastapi import APIRouter, File, Form, Query, Security, UploadFile
from fastapi.responses import FileResponse
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from client.errors import FetchFailed
from client.fetching import fetch
from sandbox.envelopes import FILES, Refusal
from sandbox.file_answers import (
    DeletedAnswer,
    FileAnswer,
    FileData,
    FileErrorAnswer,
    FileListAnswer,
    FilePage,
    FileRow,
    Quota,
    QuotaAnswer,
)
from sandbox.files import DOWNLOAD_FAILED, FileRecord
from sandbox.gate import GatedRoute
from sandbox.parts import Here, Origin, Parts

CHUNK: Final = 1 << 16
EVOLINKS_TIME: Final = timezone(timedelta(hours=8))

router = APIRouter(
    prefix=FILES,
    route_class=GatedRoute,
    tags=["files"],
    dependencies=[Security(HTTPBearer(auto_error=False))],
    responses={status: {"model": FileErrorAnswer} for status in (400, 401, 403, 404, 413, 415, 500)},
)
links = APIRouter(route_class=GatedRoute, tags=["files"])
"""Links that need no key."""


_PICTURE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"image/*": {}}, "description": "The picture"},
    404: {"description": "There is none, or it has expired"},
}


class Base64Upload(BaseModel):
    """A picture inside of JSON: a data URL, or bare base64. For pictures up to 10 MB."""

    base64_data: str
    upload_path: str | None = None
    file_name: str | None = None


class AddressUpload(BaseModel):
    """A picture at a public https address."""

    file_url: str
    upload_path: str | None = None
    file_name: str | None = None


@router.post("/upload/stream", name="upload")
async def upload_stream(
    here: Here,
    origin: Origin,
    file: Annotated[UploadFile, File()],
    upload_path: Annotated[str | None, Form()] = None,
    file_name: Annotated[str | None, Form()] = None,
    other_path: Annotated[str | None, Form(alias="uploadPath")] = None,
    other_name: Annotated[str | None, Form(alias="fileName")] = None,
) -> FileAnswer:
    """Takes in one picture of at most 100 MB, as multipart."""
    record = await here.files.add(
        _chunks(file),
        original_name=file.filename or "",
        upload_path=upload_path or other_path,
        file_name=file_name or other_name,
    )
    return _receipt(here, record, origin)


@router.post("/upload/base64", name="upload")
async def upload_base64(upload: Base64Upload, here: Here, origin: Origin) -> FileAnswer:
    """Takes in one picture inside of JSON."""
    data = upload.base64_data
    try:
        content = base64.b64decode(data.partition(",")[2] if data.startswith("data:") else data, validate=True)
    except ValueError as error:
        raise Refusal(400, "base64_data cannot be read.") from error
    return await _taken(here, origin, content, "", upload)


@router.post("/upload/url", name="upload")
async def upload_url(upload: AddressUpload, here: Here, origin: Origin) -> FileAnswer:
    """Fetches one picture of at most 10 MB from the internet."""
    try:
        content = await fetch(here.fetching, upload.file_url)
    except FetchFailed as error:
        raise Refusal(400, str(error), code=DOWNLOAD_FAILED) from error
    return await _taken(here, origin, content, PurePosixPath(unquote(urlsplit(upload.file_url).path)).name, upload)


@router.get("/quota", name="quota")
async def quota(here: Here) -> QuotaAnswer:
    """How many pictures are kept, and how many may be."""
    used, most = len(here.files.newest_first()), here.settings.max_files
    return QuotaAnswer(data=Quota(used_files=used, max_files=most, remain_files=max(0, most - used)))


@router.get("/list", name="list")
async def list_files(
    here: Here,
    page: Annotated[int, Query(ge=1)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100, alias="pageSize")] = 20,
) -> FileListAnswer:
    """The pictures, newest first."""
    found = here.files.newest_first()
    rows = [
        FileRow(
            file_id=record.file_id,
            file_name=record.file_name,
            file_size=record.file_size,
            upload_time=_moment(record.uploaded),
        )
        for record in found[(page - 1) * page_size : page * page_size]
    ]
    return FileListAnswer(data=FilePage(total=len(found), files=rows))


@router.delete("/{file_id}", name="delete")
async def delete(file_id: str, here: Here) -> DeletedAnswer:
    """Takes a picture off the shelf."""
    if not here.files.delete(file_id):
        raise Refusal(404, "There is no such file.")
    return DeletedAnswer()


@links.get(FILES + "/download/{file_id}", name="file", response_class=FileResponse, responses=_PICTURE)
async def download(file_id: str, here: Here) -> FileResponse:
    """A picture by its id, as a download."""
    record = here.files.get(file_id)
    return _content(here, record, as_download=True)


@links.get("/files/{place:path}", name="file", response_class=FileResponse, responses=_PICTURE)
async def picture(place: str, here: Here) -> FileResponse:
    """A picture by its address."""
    return _content(here, here.files.at(f"/files/{place}"))


def _content(here: Parts, record: FileRecord | None, *, as_download: bool = False) -> FileResponse:
    if record is None:
        raise Refusal(404, "There is no such file.")
    name = record.file_name if as_download else None
    headers = {"X-Content-Type-Options": "nosniff"}
    return FileResponse(here.files.content(record), media_type=record.mime_type, filename=name, headers=headers)


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(CHUNK):
        yield chunk


async def _taken(
    here: Parts, origin: str, content: bytes, original_name: str, upload: Base64Upload | AddressUpload
) -> FileAnswer:
    async def at_once() -> AsyncIterator[bytes]:
        yield content

    record = await here.files.add(
        at_once(), original_name=original_name, upload_path=upload.upload_path, file_name=upload.file_name
    )
    return _receipt(here, record, origin)


def _receipt(here: Parts, record: FileRecord, origin: str) -> FileAnswer:
    return FileAnswer(
        data=FileData(
            file_id=record.file_id,
            file_name=record.file_name,
            original_name=record.original_name or record.file_name,
            file_size=record.file_size,
            mime_type=record.mime_type,
            upload_path=record.upload_path,
            file_url=origin + record.place,
            download_url=f"{origin}{FILES}/download/{record.file_id}",
            upload_time=_moment(record.uploaded),
            expires_at=_moment(here.files.expires(record)),
        )
    )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(EVOLINKS_TIME).isoformat(timespec="seconds")
