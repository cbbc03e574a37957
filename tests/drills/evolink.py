"""As much of EvoLink as a job needs, in threads, with a ledger; it kills a process when its job gets to a point."""

import json
import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Idempotency = Literal["honours", "ignores", "paid_outcome_unknown"]
READS = 2
"""Readings of a task before it is made."""


class Killed(Exception):
    """The other side is dead: nobody is to be answered."""


@dataclass
class Order:
    """A paid request that arrived, and what became of it."""

    id: str
    key: str
    model: str
    created: float = field(default_factory=time.time)
    reads: int = 0


class EvoLink(ThreadingHTTPServer):
    """`ledger` counts the paid requests that arrived, by their key. `tells` whether lists and batches are offered."""

    daemon_threads = True

    def __init__(self, film: bytes, idempotency: Idempotency, *, tells: bool) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.film = film
        self.idempotency = idempotency
        self.tells = tells
        self.ledger: Counter[str] = Counter()
        self.orders: dict[str, Order] = {}
        self._deadly = ""
        self._victim = 0
        self._old: frozenset[str] = frozenset()

    def aim(self, point: str, victim: int) -> None:
        """Kills this process when a job that is not here yet gets to the point."""
        self._old = frozenset(self.orders)
        self._victim = victim
        self._deadly = point

    @property
    def has_killed(self) -> bool:
        """Whether the process that was aimed at got to the point."""
        return not self._deadly

    def at(self, point: str, *tasks: str) -> None:
        """Raises Killed after the shot."""
        if point == self._deadly and not self._old.intersection(tasks):
            self._deadly = ""
            os.kill(self._victim, signal.SIGKILL)
            raise Killed

    def order(self, key: str, model: str) -> Order:
        order = Order(f"task-unified-{time.time_ns()}-{len(self.orders):08}", key, model)
        self.orders[order.id] = order
        return order

    def handle_error(self, request: object, client_address: object) -> None:
        """The other side was killed: that is what this is for."""


@contextmanager
def serving(film: bytes, idempotency: Idempotency, *, tells: bool) -> Iterator[EvoLink]:
    with EvoLink(film, idempotency, tells=tells) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: EvoLink

    def do_POST(self) -> None:
        body = self._body()
        if self.path.startswith("/api/v1/files"):
            self.server.at("upload arrived")
            self._answer({"success": True, "code": 200, "data": {"file_url": "https://files.example.org/a.jpg"}})
            self.server.at("upload answered")
        elif self.path == "/v1/videos/generations":
            self._order(json.loads(body)["model"])
        elif self.path == "/v1/tasks/batch" and self.server.tells:
            asked = [self.server.orders[name] for name in json.loads(body)["task_ids"] if name in self.server.orders]
            self._answer({"data": [self._read(order) for order in asked]})
            self.server.at("reading answered", *(order.id for order in asked))
        else:
            self._answer({"error": {"code": "not_found", "message": "No such route."}}, 404)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        name = path.rpartition("/")[2].removesuffix(".mp4")
        order = self.server.orders.get(name)
        if path.startswith("/v1/tasks/") and order:
            self._answer(self._read(order))
            self.server.at("reading answered", order.id)
        elif path.startswith("/media/") and order:
            self._film(order)
        elif path == "/v1/tasks" and self.server.tells:
            newest = sorted(self.server.orders.values(), key=lambda order: order.created, reverse=True)
            self._answer({"data": [self._row(order) for order in newest[:50]], "total": len(newest)})
        elif path == "/v1/credits":
            self._answer({"data": {"user": {"remaining_credits": 1000}}})
        else:
            self._answer({"error": {"code": "not_found", "message": "Unknown."}}, 404)

    def _body(self) -> bytes:
        if "Content-Length" in self.headers:
            return self.rfile.read(int(self.headers["Content-Length"]))
        pieces = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size + 2)[:-2])
        self.rfile.readline()
        return b"".join(pieces)

    def _order(self, model: str) -> None:
        key = self.headers["Idempotency-Key"]
        self.server.ledger[key] += 1
        if self.server.ledger[key] > 1 and self.server.idempotency == "paid_outcome_unknown":
            self._answer({"error": {"code": "paid_outcome_unknown", "message": "May have been paid."}}, 409)
            return
        earlier = next((order for order in self.server.orders.values() if order.key == key), None)
        replayed = earlier if self.server.idempotency == "honours" else None
        order = replayed or self.server.order(key, model)
        self.server.at("order arrived")
        replay = {"Idempotency-Replayed": "true"} if replayed else {}
        self._answer({**self._row(order), "task_info": {"estimated_time": 1}}, 200, **replay)
        self.server.at("order answered")

    def _row(self, order: Order) -> dict[str, Any]:
        state = {"status": "completed", "progress": 100} if order.reads > READS else {"status": "processing"}
        return {"id": order.id, "model": order.model, "type": "video", "created": int(order.created), **state}

    def _read(self, order: Order) -> dict[str, Any]:
        order.reads += 1
        row = self._row(order)
        made = row["status"] == "completed"
        return {**row, "results": [f"{self.server.url}/media/{order.id}.mp4"]} if made else row

    def _film(self, order: Order) -> None:
        film, wanted = self.server.film, re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = min(int(wanted[1]), len(film)) if wanted else 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(film) - 1}/{len(film)}")
        self.send_header("Content-Type", "video/mp4")
        self.send_header("ETag", '"one"')
        self.send_header("Content-Length", str(len(film) - start))
        self.end_headers()
        middle = max(start, len(film) // 2)
        self.wfile.write(film[start:middle])
        self.server.at("half of the file", order.id)
        self.wfile.write(film[middle:])

    def _answer(self, document: object, status: int = 200, **headers: str) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""
