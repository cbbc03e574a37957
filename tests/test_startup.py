"""What it does not start with, said in a sentence before the seconds of importing Gradio."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app import Settings, build_app
from tests.house import ROOT
from ui.starting import OPENING, Start, mode_of, refusal, writable

OUTSIDE = "https://video.example.org"

REFUSED: dict[str, tuple[Start, dict[str, str], str]] = {
    "sharing": (Start(), {"GRADIO_SHARE": "True"}, "GRADIO_SHARE would put this page on a public address"),
    "a second door": (Start(), {"GRADIO_MCP_SERVER": "true"}, "GRADIO_MCP_SERVER"),
    "a program that visitors rewrite": (Start(), {"GRADIO_VIBE_MODE": "0"}, "let visitors rewrite the program"),
    "looking over shoulders": (Start(), {"GRADIO_PROFILING": "1"}, "GRADIO_PROFILING"),
    "a folder that is run": (Start(), {"GRADIO_WATCH_DIRS": "/tmp"}, "GRADIO_WATCH_DIRS"),
    "files of this computer": (Start(), {"GRADIO_ALLOWED_PATHS": "/"}, "show files of this computer to everybody"),
    "pictures to somebody else": (Start(), {"GRADIO_ROOT_PATH": "https://evil.example"}, "to another address"),
    "pages of other sites": (Start(), {"GRADIO_LOCAL_DEV_MODE": "1"}, "GRADIO_LOCAL_DEV_MODE"),
    "a key for the whole network": (Start(host="0.0.0.0", keyed=True), {}, "FIRSTFRAME_OPEN=yes"),
    "a key behind a tunnel": (Start(public_url=OUTSIDE, keyed=True), {}, "FIRSTFRAME_OPEN=yes"),
    "a key behind a proxy": (Start(hosts=("video.example.org",), keyed=True), {}, "FIRSTFRAME_OPEN=yes"),
    "a key on a Space": (Start(on_a_space=True, keyed=True), {}, "spend the key's credits"),
    "an address without a lock": (Start(public_url="http://video.example.org"), {}, "begin with https://"),
    "an address in a folder": (Start(public_url=f"{OUTSIDE}/films"), {}, "has to end with the name"),
    "an address with a password": (Start(public_url="https://a:b@video.example.org"), {}, "has to end with the name"),
    "names that are none": (Start(hosts=("a.example", "https://b.example")), {}, "'https://b.example' is none"),
    "a folder of somebody else": (Start(data_writable=False, user="7"), {}, "chown -R 7 data"),
    "a folder others can read": (Start(data=Path("/films"), data_mode=0o755), {}, "Run: chmod 700 /films"),
    "a folder with a blank": (Start(data=Path("my films"), data_mode=0o750), {}, "Run: chmod 700 'my films'"),
    "pictures others can read": (Start(uploads=Path("/up"), uploads_mode=0o701), {}, "Run: chmod 700 /up"),
}

STARTED: dict[str, tuple[Start, dict[str, str]]] = {
    "nothing said": (Start(), {}),
    "doors that are said to be shut": (Start(), dict.fromkeys(OPENING, "") | {"GRADIO_SHARE": "False"}),
    "a key at home": (Start(keyed=True), {}),
    "a key at home by name": (Start(keyed=True, host="localhost"), {}),
    "a key at home with a name for calls": (Start(keyed=True, public_url="http://localhost:7860"), {}),
    "no key for the whole network": (Start(host="0.0.0.0"), {}),
    "no key on a Space": (Start(on_a_space=True, public_url=OUTSIDE), {}),
    "a key that all may spend": (Start(host="0.0.0.0", public_url=OUTSIDE, keyed=True, open=True), {}),
    "names and addresses": (Start(hosts=("video.example.org", "nas", "[fe80::1]")), {}),
    "folders of one's own": (Start(data_mode=0o700, uploads_mode=0o700), {}),
    "a Space's folders, where nobody else is": (Start(on_a_space=True, data_mode=0o777, uploads_mode=0o777), {}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_does_not_start_with(what: str) -> None:
    start, environment, words = REFUSED[what]
    sentence = refusal(start, environment)
    assert sentence
    assert words in sentence
    assert len(sentence) < 350
    assert "\n" not in sentence


@pytest.mark.parametrize("what", STARTED)
def test_it_starts_with(what: str) -> None:
    start, environment = STARTED[what]
    assert refusal(start, environment) is None


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("EVOLINK_", "FIRSTFRAME_", "GRADIO_", "PUBLIC_URL", "SPACE_", "FORWARDED_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_what_is_looked_at_comes_from_the_settings_and_the_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert Settings().start == Start(user=Settings().start.user, uploads=tmp_path / "data" / "gradio")
    (tmp_path / "open").mkdir(mode=0o700)
    (tmp_path / "open").chmod(0o755)
    for name, value in {
        "FIRSTFRAME_DATA": "open",
        "GRADIO_TEMP_DIR": "up",
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "FIRSTFRAME_OPEN": "yes",
        "FIRSTFRAME_HOSTS": " a.example, nas ,",
        "EVOLINK_API_KEY": "sk-x",
        "SPACE_HOST": "someone-firstframe.hf.space",
    }.items():
        monkeypatch.setenv(name, value)
    start = Settings().start
    assert (start.host, start.keyed, start.open, start.on_a_space) == ("0.0.0.0", True, True, True)
    space = "someone-firstframe.hf.space"
    assert (start.hosts, start.public_url) == (("a.example", "nas", space), f"https://{space}")
    assert (start.data_mode, start.uploads, start.uploads_mode) == (0o755, tmp_path / "up", None)
    monkeypatch.setenv("FIRSTFRAME_OPEN", "")
    assert not Settings().start.open


def test_folders(tmp_path: Path) -> None:
    assert writable(tmp_path / "not" / "there" / "yet")
    (tmp_path / "file").write_text("x")
    assert not writable(tmp_path / "file")
    assert not writable(tmp_path / "file" / "below")
    assert mode_of(tmp_path / "not") is None


def test_on_a_space_who_asks_is_whom_its_proxies_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().proxies is None
    monkeypatch.setenv("SPACE_ID", "someone/firstframe")
    assert "10.0.0.0/8" in str(Settings().proxies)
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "192.0.2.1")
    assert Settings().proxies is None


def test_the_process_says_it_and_ends_before_gradio_is_there(tmp_path: Path) -> None:
    settings = {"EVOLINK_API_KEY": "sk-secret", "GRADIO_SERVER_NAME": "0.0.0.0", "PYTHONPATH": str(ROOT)}
    code = "import app, sys; end = app.main(); print('gradio' in sys.modules); sys.exit(end)"
    end = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | settings, capture_output=True, text=True, timeout=120
    )
    assert (end.returncode, end.stdout) == (2, "False\n")
    assert end.stderr == f"{refusal(Start(host='0.0.0.0', keyed=True), {})}\n"
    assert list(tmp_path.iterdir()) == [], "nothing was touched"


def test_its_folders_are_closed_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ui.page", SimpleNamespace(web=lambda *_, **__: FastAPI()))
    monkeypatch.setitem(sys.modules, "ui.sending", SimpleNamespace(Service=lambda *_: None))
    monkeypatch.setenv("GRADIO_TEMP_DIR", "")
    build_app(Settings(evolink_api_key=SecretStr("sk-test"), data=tmp_path / "data"))
    assert mode_of(tmp_path / "data") == 0o700
    assert mode_of(tmp_path / "data" / "gradio") == 0o700
    assert os.environ["GRADIO_TEMP_DIR"] == str(tmp_path / "data" / "gradio")
