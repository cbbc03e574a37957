"""`python -m client doctor`: what it finds, what it costs, what it remembers."""

import io
import json
import os
import runpy
import sys
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from client.__main__ import main
from client.api import EvoLink
from client.doctor import examine
from client.errors import EvoLinkError, NotSent, OutcomeUnknown
from client.idempotency import Idempotency, Proofs, judged
from client.outcomes import Receipt
from client.proving import NotProven, prove
from client.settings import ServiceSettings
from sandbox.server import serve_sandbox
from sandbox.service import build_sandbox
from sandbox.settings import SandboxSettings

KEY = "sk-canary-0123456789"
NOW = 1_790_000_000.0
BASE, FILES = "https://api.evolink.ai", "https://files-api.evolink.ai"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("EVOLINK_", "FIRSTFRAME_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def settings(**more: Any) -> ServiceSettings:
    return ServiceSettings(**{"evolink_api_key": SecretStr(KEY), **more})


def answers(
    status: int = 200, credits: Any = 100.0, date: str | None = formatdate(NOW, usegmt=True), down: str = ""
) -> Callable[[httpx.Request], httpx.Response]:
    def answer(asked: httpx.Request) -> httpx.Response:
        if down and down in str(asked.url):
            raise httpx.ConnectError("refused")
        purse = {"remaining_credits": credits, "unlimited_credits": credits is None}
        headers = {"date": date} if date else {}
        body = {"success": True, "data": {"token": purse, "user": purse}}
        return httpx.Response(status, json=body, headers=headers)

    return answer


async def found(answer: Callable[[httpx.Request], httpx.Response], now: float = NOW) -> dict[str, tuple[bool, str]]:
    findings = await examine(settings(), now, httpx.MockTransport(answer))
    return {f"{finding.name} {number}": (finding.well, finding.sentence) for number, finding in enumerate(findings)}


async def test_all_is_well() -> None:
    assert await found(answers()) == {
        "key 0": (True, "EvoLink accepts the key."),
        "balance 1": (True, "100 credits are left."),
        "host 2": (True, f"{BASE} answers."),
        "host 3": (True, f"{FILES} answers."),
        "clock 4": (True, "The clock of this computer agrees with EvoLink's."),
    }


@pytest.mark.parametrize(
    ("answer", "now", "name", "sentence"),
    [
        (answers(401), NOW, "key 0", "EvoLink does not accept the key."),
        (answers(500), NOW, "key 0", "The key could not be tried: EvoLink answers with status 500."),
        (answers(down=BASE), NOW, "key 0", "The key could not be tried: EvoLink does not answer."),
        (answers(500), NOW, "balance 1", "EvoLink does not tell the balance."),
        (answers(credits=3), NOW, "balance 1", "3 credits are left; the cheapest video needs 16.2."),
        (answers(down=BASE), NOW, "host 2", f"{BASE} cannot be reached."),
        (answers(down=FILES), NOW, "host 3", f"{FILES} cannot be reached."),
        (answers(), NOW + 300, "clock 4", "The clock of this computer is 300 s ahead of EvoLink's. Set it."),
        (answers(), NOW - 90, "clock 4", "The clock of this computer is 90 s behind EvoLink's. Set it."),
        (answers(date="soon"), NOW, "clock 4", "EvoLink does not tell the time."),
        (answers(date=None), NOW, "clock 4", "EvoLink does not tell the time."),
    ],
)
async def test_what_is_wrong_is_said(answer: Any, now: float, name: str, sentence: str) -> None:
    assert (await found(answer, now))[name] == (False, sentence)


async def test_an_account_without_a_limit_is_well() -> None:
    assert (await found(answers(credits=None)))["balance 1"] == (True, "EvoLink tells no limit.")


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"evolink_api_key": None}, "key", "No key is set"),
        ({"evolink_api_key": SecretStr("sk with blanks")}, "key", "blank"),
        ({"evolink_base_url": "http://api.example.org"}, "hosts", "https://"),
    ],
)
async def test_settings_that_cannot_be_tried(changes: dict[str, Any], name: str, words: str) -> None:
    (finding,) = await examine(settings(**changes), NOW)
    assert (finding.well, finding.name) == (False, name)
    assert words in finding.sentence


def test_what_was_proven_is_remembered_for_each_address(tmp_path: Path) -> None:
    proofs = Proofs(tmp_path / "data" / "idempotency.json")
    assert proofs.standing(BASE) is Idempotency.UNPROVEN
    proofs.keep(BASE, Idempotency.PROVEN)
    proofs.keep(FILES, Idempotency.ABSENT)
    assert [proofs.standing(address) for address in (f"{BASE}/", FILES, "https://e.org")] == list(
        (Idempotency.PROVEN, Idempotency.ABSENT, Idempotency.UNPROVEN)
    )


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"https://api.evolink.ai": "perhaps"}'])
def test_what_cannot_be_read_proves_nothing(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "idempotency.json").write_bytes(damage)
    assert Proofs(tmp_path / "idempotency.json").standing(BASE) is Idempotency.UNPROVEN


@pytest.mark.parametrize(("said", "standing"), [("", "unproven"), ("proven", "proven"), ("absent", "absent")])
def test_the_environment_overrules(monkeypatch: pytest.MonkeyPatch, said: str, standing: str) -> None:
    monkeypatch.setenv("EVOLINK_IDEMPOTENCY", said)
    assert settings().idempotency == standing


def receipt(name: str, *, replayed: bool) -> Receipt:
    return Receipt.model_validate({"id": name, "replayed": replayed})


def test_only_the_same_task_and_the_word_replay_prove_it() -> None:
    first = receipt("a", replayed=False)
    assert judged(first, receipt("a", replayed=True)) is Idempotency.PROVEN
    assert judged(first, receipt("a", replayed=False)) is Idempotency.UNPROVEN
    assert judged(first, receipt("b", replayed=True)) is Idempotency.ABSENT


async def no_time(seconds: float) -> None:
    """Waits are not the point."""


@pytest.mark.parametrize(
    ("mode", "standing", "made"), [("honours", Idempotency.PROVEN, 1), ("ignores", Idempotency.ABSENT, 2)]
)
async def test_two_orders_with_one_key_prove_what_a_service_does(
    tmp_path: Path, mode: Any, standing: Idempotency, made: int
) -> None:
    app = build_sandbox(SandboxSettings(tmp_path, idempotency=mode))
    async with serve_sandbox(app) as origin, EvoLink(SecretStr(KEY), base_url=origin, files_url=origin) as evolink:
        assert await prove(evolink, no_time) is standing
        assert [record.model for record in app.state.parts.tasks] == ["kling-custom-element"] * made


async def test_a_service_that_leaves_everybody_in_the_dark_proves_nothing(tmp_path: Path) -> None:
    app = build_sandbox(SandboxSettings(tmp_path, idempotency="paid_outcome_unknown"))
    async with serve_sandbox(app) as origin, EvoLink(SecretStr(KEY), base_url=origin, files_url=origin) as evolink:
        with pytest.raises(NotProven, match="nothing is proven"):
            await prove(evolink, no_time)
        assert len(list(app.state.parts.tasks)) == 1


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([NotSent("No way.")], "nothing was charged"),
        ([OutcomeUnknown("Lost.")], "may have been charged"),
        ([receipt("a", replayed=False), NotSent("No way.")], "No way. The order was made once or twice"),
    ],
)
async def test_an_order_that_goes_wrong_proves_nothing(answers: list[Any], words: str) -> None:
    class Broken:
        async def upload(self, *_: Any, **__: Any) -> Any:
            return type("File", (), {"file_url": "https://files.example.org/a.png"})

        async def submit(self, *_: Any, **__: Any) -> Receipt:
            answer = answers.pop(0)
            if isinstance(answer, EvoLinkError):
                raise answer
            return answer

    with pytest.raises(NotProven, match=words):
        await prove(Broken(), no_time)  # type: ignore[arg-type]


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    from tests.house import running, sandbox

    with running(sandbox(tmp_path, "--key", "sk-test")) as process:
        for name in ("EVOLINK_BASE_URL", "EVOLINK_FILES_URL"):
            monkeypatch.setenv(name, process.url)
        monkeypatch.setenv("EVOLINK_API_KEY", "sk-test")
        monkeypatch.setenv("FIRSTFRAME_DATA", str(tmp_path / "data"))
        monkeypatch.setattr("client.proving.WAITS", (0.0,))
        yield process


def test_the_command_from_check_to_proof(
    service: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor"]) == 0
    told = capsys.readouterr().out
    assert told.count("well ") == 4
    assert "make one thing: unproven" in told
    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))
    assert main(["doctor", "--prove-idempotency"]) == 1
    told = capsys.readouterr().out
    assert "costs about 1 credits" in told
    assert told.endswith("Nothing was ordered.\n")
    assert not (tmp_path / "data" / "idempotency.json").exists()
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    assert main(["doctor", "--prove-idempotency"]) == 0
    assert "Proven:" in capsys.readouterr().out
    assert json.loads((tmp_path / "data" / "idempotency.json").read_text()) == {service.url: "proven"}
    assert main(["doctor"]) == 0
    told = capsys.readouterr().out
    assert "make one thing: proven" in told
    assert "sk-" not in told
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-wrong")
    assert main(["doctor", "--prove-idempotency", "--yes"]) == 1
    assert "Nothing is ordered while something is wrong." in capsys.readouterr().out


def test_it_runs_as_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["client", "doctor"])
    monkeypatch.delitem(sys.modules, "client.__main__")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("client", run_name="__main__")
    assert ended.value.code == 1


def test_the_command_without_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 1
    assert "WRONG  key      No key is set (EVOLINK_API_KEY)." in capsys.readouterr().out
    assert main(["doctor", "--prove-idempotency", "--yes"]) == 1
    assert "Nothing is ordered while something is wrong." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("end", "code", "words", "remembered"),
    [
        (Idempotency.PROVEN, 0, "Proven:", Idempotency.PROVEN),
        (Idempotency.ABSENT, 0, "Absent:", Idempotency.ABSENT),
        (Idempotency.UNPROVEN, 0, "Unproven:", Idempotency.UNPROVEN),
        (NotProven("It did not work."), 1, "It did not work.", Idempotency.UNPROVEN),
        (None, 1, "Nothing was ordered.", Idempotency.UNPROVEN),
    ],
)
def test_only_what_was_proven_is_remembered(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    end: Any,
    code: int,
    words: str,
    remembered: Idempotency,
) -> None:
    async def all_is_well(*_: Any) -> list[Any]:
        return []

    async def ordered(*_: Any) -> Idempotency:
        if isinstance(end, Exception):
            raise end
        return end

    monkeypatch.setenv("EVOLINK_API_KEY", KEY)
    monkeypatch.setattr("client.__main__.examine", all_is_well)
    monkeypatch.setattr("client.__main__.prove", ordered)
    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))
    assert main(["doctor"]) == 0
    assert main(["doctor", "--prove-idempotency", *(["--yes"] if end else [])]) == code
    assert words in capsys.readouterr().out
    assert settings().proofs.standing(BASE) is remembered


def test_settings_that_will_not_do_are_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EVOLINK_IDEMPOTENCY", "perhaps")
    assert main(["doctor"]) == 2
    assert "EVOLINK_IDEMPOTENCY" in capsys.readouterr().err.upper()
