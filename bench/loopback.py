"""As much of EvoLink as waiting needs: real sockets, and tasks that end at moments of a virtual time."""

import asyncio
import json
import threading
from typing import Any

import httpx

from tests.virtual import VirtualLoop

WAY = 0.025
"""Virtual seconds from here to there."""


class Service:
    """EvoLink on loopback, in a thread: tasks end at their moment of the virtual time."""

    def __init__(self, *, batch: bool) -> None:
        self.ends: dict[str, float] = {}
        self.requests = 0
        self.now = 0.0
        self.base = ""
        self._batch = batch
        self._up = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "Service":
        self._thread.start()
        self._up.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _serve(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._talk, "127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._up.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while asked := await _head(reader):
            line, _, rest = asked.partition("\r\n")
            fields = dict(field.lower().split(": ", 1) for field in rest.split("\r\n") if ": " in field)
            body = await reader.readexactly(int(fields.get("content-length", 0)))
            status, said = self._answer(line.split()[1], body)
            text = json.dumps(said).encode()
            head = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}"
            writer.write(f"{head}\r\n\r\n".encode() + text)

    def _answer(self, path: str, body: bytes) -> tuple[int, Any]:
        self.requests += 1
        if not path.endswith("/batch"):
            return 200, self._task(path.rpartition("/")[2])
        if not self._batch:
            return 404, {"error": {"code": "not_found", "message": "No such route."}}
        return 200, {"data": [self._task(name) for name in json.loads(body)["task_ids"]]}

    def _task(self, name: str) -> dict[str, Any]:
        left = self.ends[name] - self.now
        made = {"status": "completed", "progress": 100, "results": [f"https://files.example.org/{name}.mp4"]}
        on_its_way = {"status": "processing", "progress": max(0, min(99, round(20 - left / 15) * 5))}
        return {"id": name, "model": "kling-o3-image-to-video", "task_info": {"estimated_time": 300}} | (
            made if left <= 0 else on_its_way
        )


class Line(httpx.AsyncHTTPTransport):
    """Real sockets, during which virtual time stands still; then the virtual way there and back."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        await asyncio.sleep(WAY)
        self._service.now = loop.time()
        with loop.real():
            response = await super().handle_async_request(request)
            await response.aread()
        await asyncio.sleep(WAY)
        return httpx.Response(response.status_code, headers=response.headers, content=response.content)


async def _head(reader: asyncio.StreamReader) -> str:
    try:
        return (await reader.readuntil(b"\r\n\r\n")).decode().strip()
    except asyncio.IncompleteReadError:
        return ""
