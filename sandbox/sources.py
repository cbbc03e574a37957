"""Where the pictures of a task come from: our own shelf, or the internet. Checked as EvoLink would."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import anyio
import httpx

from client.addresses import origin
from client.elements import ElementRequest
from client.errors import FetchFailed, PictureError
from client.fetching import fetch
from client.pictures import check
from client.schema import VideoRequest
from sandbox.failures import TaskFailed
from sandbox.files import Files

OUT_OF_RANGE: Final = frozenset({"picture_type", "picture_bytes", "picture_pixels", "picture_small", "picture_shape"})
"""What is wrong with a picture that can be read."""


def addresses(request: VideoRequest | ElementRequest) -> list[str]:
    """Every picture that a request names."""
    if isinstance(request, VideoRequest):
        return list(request.pictures())
    views = request.model_params.element_image_list
    return [views.frontal_image, *(view.image_url for view in views.refer_images)] if views else []


class Sources:
    """Brings the pictures of a task to disk."""

    def __init__(self, files: Files, client: httpx.AsyncClient) -> None:
        self._files = files
        self._client = client

    async def gather(self, wanted: Iterable[str], own_origin: str, folder: Path) -> dict[str, Path]:
        """The file for each address, in `folder`, where it stays although the shelf may get another of the same name.

        Raises TaskFailed.
        """
        found: dict[str, Path] = {}
        for number, address in enumerate(dict.fromkeys(wanted)):
            ours = origin(address) == own_origin
            target = folder / str(number)
            path = self._own(address, target) if ours else await self._fetched(address, target)
            await anyio.to_thread.run_sync(_check, path)
            found[address] = path
        return found

    def _own(self, address: str, target: Path) -> Path:
        record = self._files.at(address)
        if record is None:
            raise TaskFailed("image_processing_error", "The uploaded picture is not there any more.")
        target.hardlink_to(self._files.content(record))
        return target

    async def _fetched(self, address: str, target: Path) -> Path:
        try:
            content = await fetch(self._client, address)
        except FetchFailed as error:
            raise TaskFailed("image_processing_error", str(error)) from error
        await anyio.Path(target).write_bytes(content)
        return target


def _check(path: Path) -> None:
    try:
        check(path)
    except PictureError as error:
        code = "invalid_parameters" if error.code in OUT_OF_RANGE else "image_processing_error"
        raise TaskFailed(code, str(error)) from error
