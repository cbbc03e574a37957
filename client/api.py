"""EvoLink over HTTP: a few calls, each with a deadline, each with its own kinds of failure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import httpx
from pydantic import RootModel, SecretStr

from client.addresses import loopback_origin, service_address
from client.answers import Answered, Credits, Task, TaskBatch, TaskPage, UploadedFile
from client.errors import EvoLinkError, Unavailable
from client.multipart import Multipart
from client.outcomes import Receipt, classify
from client.refusals import UNREADABLE
from client.transport import FRESH
from client.wire import Answer, Found, Wire

BATCH: Final = 50
"""Tasks that one call may ask for."""


@dataclass(frozen=True)
class Deadlines:
    """Seconds that one request may take in all. An upload gets a second more for each 50,000 bytes."""

    read: float = 15
    submit: float = 60
    upload: float = 120


class EvoLink:
    """EvoLink with one key. Close it after use, or use it as an async context manager.

    Every method raises EvoLinkError in one of its kinds. Free calls are tried again when that may help, the paid
    one never. Raises SettingError for a key or an address that cannot be used.
    """

    def __init__(
        self,
        key: SecretStr,
        *,
        base_url: str = "https://api.evolink.ai",
        files_url: str = "https://files-api.evolink.ai",
        transport: httpx.AsyncBaseTransport | None = None,
        deadlines: Deadlines | None = None,
    ) -> None:
        self._base = service_address(base_url)
        self._files = service_address(files_url)
        self._deadlines = deadlines or Deadlines()
        self.nearby = loopback_origin(base_url) is not None
        """Whether it runs on this machine."""
        self._wire = Wire(key, self._base, self._files, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._wire.aclose()

    async def submit(self, body: bytes, *, idempotency_key: str) -> Receipt:
        """Orders a video with exactly these bytes. Costs money, so it is sent once, on a connection of its own.

        Raises NotSent (safe to send again), OutcomeUnknown (never send again by machine), or Refused in its kinds
        (nothing was charged). ValueError for a key that is not 16 to 96 characters of `[A-Za-z0-9._-]`.
        """
        if not re.fullmatch(r"[A-Za-z0-9._-]{16,96}", idempotency_key):
            raise ValueError("An idempotency key has 16 to 96 letters, digits, dots, dashes or underscores.")
        headers = {"Content-Type": "application/json", "Idempotency-Key": idempotency_key}
        try:
            came: Answer | Exception = await self._wire.once(
                "POST",
                f"{self._base}/v1/videos/generations",
                seconds=self._deadlines.submit,
                content=body,
                headers=headers,
                extensions=FRESH,
            )
        except Exception as error:  # anything at all, lest something unforeseen pass for "nothing was sent"
            came = error
        result = classify(came)
        if isinstance(result, EvoLinkError):
            raise result from (came if isinstance(came, Exception) else None)
        return result

    async def upload(self, source: Path | bytes, *, name: str, media_type: str) -> UploadedFile:
        """Sends a picture up, where it stays for 72 hours. A file of the same name is overwritten there.

        Raises OSError when the source cannot be read.
        """
        form = Multipart(source, name=name, media_type=media_type)
        answer = await self._wire.patiently(
            _Uploaded,
            "POST",
            f"{self._files}/api/v1/files/upload/stream",
            seconds=self._deadlines.upload + form.size / 50_000,
            content=form,
            headers=form.headers,
        )
        return answer.data

    async def task(self, task_id: str) -> Task:
        """A task as it is now, asked for once: whoever follows a task has better plans for asking again.

        Raises NotFound for an id EvoLink does not know (or, just after a POST, not yet).
        """
        url = f"{self._base}/v1/tasks/{quote(task_id, safe='')}"
        task = await self._wire.asking(Task, "GET", url, seconds=self._deadlines.read)
        if task.id != task_id:
            raise Unavailable(UNREADABLE, detail="The answer tells of another task.")
        return task

    async def tasks(
        self, *, page: int = 1, page_size: int = 20, model: str | None = None, status: str | None = None
    ) -> TaskPage:
        """A page of the account's tasks, newest first, without result links; `page_size` up to 50."""
        wanted = {"page": page, "page_size": page_size, "model": model, "status": status}
        return await self._read(TaskPage, "/v1/tasks", params={name: part for name, part in wanted.items() if part})

    async def batch(self, task_ids: Sequence[str]) -> list[Task]:
        """Several tasks as they are now, asked for by the fifty, once. Unknown ids are missing."""
        found: list[Task] = []
        for start in range(0, len(task_ids), BATCH):
            asked = list(task_ids[start : start + BATCH])
            url = f"{self._base}/v1/tasks/batch"
            seconds = self._deadlines.read
            answer = await self._wire.asking(TaskBatch, "POST", url, seconds=seconds, json={"task_ids": asked})
            found += [task for task in answer.data if task.id in asked]
        return found

    async def credits(self) -> Credits:
        """Credits left and used: of the key, and of the account behind it."""
        return await self._read(Credits, "/v1/credits")

    async def price_rules(self, model: str) -> Any:
        """A model's entry in the public price list, for `client.price_rules` to read. Asked without the key."""
        path = f"/v1/catalog/models/{quote(model, safe='')}/pricing-rules"
        return (await self._read(_AsItCame, path, params={"view": "full"}, auth=None)).root

    async def models(self) -> list[str]:
        """Names of the models this key may use."""
        return [model.id for model in (await self._read(_Models, "/v1/models")).data]

    async def _read(self, expected: type[Found], path: str, **request: Any) -> Found:
        return await self._wire.patiently(expected, "GET", self._base + path, seconds=self._deadlines.read, **request)


class _Uploaded(Answered):
    data: UploadedFile


class _AsItCame(RootModel[Any]):
    pass


class _Model(Answered):
    id: str


class _Models(Answered):
    data: list[_Model]
