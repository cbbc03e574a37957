"""Whether the auditor's word is taken only when it was seen to find something."""

import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.audit import KNOWN_BAD, SERVICES, ask_pip_audit, audit, flaws, told
from tests.house import free_port

LOCKED, BAD = Path("locked.txt"), Path("bad.txt")


def answer(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": list(packages), "fixes": []})


def package(name: str, *ids: str) -> dict[str, Any]:
    return {"name": name, "version": "1", "vulns": [{"id": flaw, "fix_versions": []} for flaw in ids]}


SEEN = answer(package("jinja2", "PYSEC-1"))
NOTHING_KNOWN = answer(package("jinja2"))
NOT_FOUND = answer({"name": "jinja2", "skip_reason": "Dependency not found on PyPI and could not be audited"})
CLEAN = answer(package("httpx"), package("pillow"))


@pytest.mark.parametrize(
    ("known_bad", "locked", "found"),
    [
        (SEEN, CLEAN, {}),
        (SEEN, answer(package("httpx"), package("pillow", "CVE-1", "CVE-2")), {"pillow 1": ["CVE-1", "CVE-2"]}),
        (NOTHING_KNOWN, CLEAN, None),
        (NOT_FOUND, CLEAN, None),
        ("", CLEAN, None),
        ("No known vulnerabilities found", CLEAN, None),
        ("[]", CLEAN, None),
        ('{"dependencies": [7]}', CLEAN, None),
        (SEEN, answer(package("httpx"), {"name": "pillow", "skip_reason": "not found"}), None),
        (SEEN, "", None),
    ],
)
def test_silence_is_no_all_clear(known_bad: str, locked: str, found: Any) -> None:
    assert audit(LOCKED, BAD, lambda _, path: known_bad if path == BAD else locked) == found


def test_another_service_steps_in() -> None:
    asked: list[tuple[str, Path]] = []

    def ask(options: Sequence[str], path: Path) -> str:
        asked.append((options[-1], path))
        return "" if options[-1] == "pypi" else SEEN if path == BAD else CLEAN

    assert audit(LOCKED, BAD, ask) == {}
    assert asked == [("pypi", BAD), ("osv", BAD), ("osv", LOCKED)]


def test_what_is_said_and_what_it_comes_to() -> None:
    assert told({}, if_reachable=False) == ("No known flaw in what is locked.", 0)
    for if_reachable in (True, False):
        assert told({"pillow 1": ["CVE-1"]}, if_reachable=if_reachable) == ("pillow 1: CVE-1", 1)
    sentence, code = told(None, if_reachable=True)
    assert ("could not be looked up" in sentence, code) == (True, 0)
    assert "\n" not in sentence
    assert told(None, if_reachable=False) == (sentence, 1)


class Advisories(BaseHTTPRequestHandler):
    """Knows a flaw of jinja2 and none of anything else, in the words of OSV."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        affected = {"package": {"name": "jinja2", "ecosystem": "PyPI"}, "ranges": []}
        flaw = {"id": "PYSEC-1", "modified": "2026-01-01T00:00:00Z", "summary": "A flaw", "affected": [affected]}
        body = json.dumps({"vulns": [flaw]} if asked["package"]["name"] == "jinja2" else {}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def advisories() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Advisories) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()
        thread.join()


def test_the_real_auditor_reports_a_known_bad_pin_and_says_nothing_of_what_it_cannot_ask(
    tmp_path: Path, advisories: str
) -> None:
    locked, known_bad = tmp_path / "locked.txt", tmp_path / "bad.txt"
    locked.write_text("httpx==0.28.1\n")
    known_bad.write_text(f"{KNOWN_BAD}\n")
    assert flaws(ask_pip_audit((*SERVICES["osv"], "--osv-url", advisories), known_bad)) == {"jinja2 2.4.1": ["PYSEC-1"]}
    there, nowhere = (
        ("-s", "osv", "--osv-url", advisories),
        ("-s", "osv", "--osv-url", f"http://127.0.0.1:{free_port()}/v1/query"),
    )
    assert audit(locked, known_bad, ask_pip_audit, {"osv": there}) == {}
    assert audit(locked, known_bad, ask_pip_audit, {"osv": nowhere}) is None
