"""What the files service says."""

from typing import Literal

from sandbox.answers import Said


class FileData(Said):
    """A picture that was taken in."""

    file_id: str
    file_name: str
    original_name: str
    file_size: int
    mime_type: str
    upload_path: str
    file_url: str
    download_url: str
    upload_time: str
    expires_at: str


class FileAnswer(Said):
    """The receipt of an upload."""

    success: Literal[True] = True
    code: Literal[200] = 200
    msg: str = "File uploaded successfully"
    data: FileData


class FileRow(Said):
    """A picture in the list."""

    file_id: str
    file_name: str
    file_size: int
    upload_time: str


class FilePage(Said):
    """A page of pictures, newest first."""

    total: int
    files: list[FileRow]


class FileListAnswer(Said):
    """A page of pictures."""

    success: Literal[True] = True
    code: Literal[200] = 200
    msg: str = "success"
    data: FilePage


class Quota(Said):
    """How many pictures may be kept."""

    user_group: str = "default"
    used_files: int
    max_files: int
    remain_files: int
    is_custom: bool = False
    quota_reason: str = "default"


class QuotaAnswer(Said):
    """How many pictures may be kept."""

    success: Literal[True] = True
    code: Literal[200] = 200
    data: Quota


class DeletedAnswer(Said):
    """A picture is gone."""

    success: Literal[True] = True
    code: Literal[200] = 200
    msg: str = "File deleted successfully"


class FileErrorAnswer(Said):
    """A refusal of the files service."""

    success: Literal[False] = False
    code: int
    msg: str
