"""What goes into the Docker image, and what must never be written into this repository."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.house import ROOT

RULES = [
    line.strip() for line in (ROOT / ".dockerignore").read_text().splitlines() if line.strip()[:1] not in ("", "#")
]
STEPS = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
FOLDERS = ("", "client/", "jobs/", "sandbox/", "ui/", "ui/assets/fonts/")

PRIVATE = [
    ".env", ".env.local", "data/jobs.sqlite", "data/journal.jsonl", "jobs.sqlite", "jobs.sqlite-wal", "tasks.db",
    "paid.jsonl", "key.pem", "server.key", "id_rsa", "id_rsa.pub", "cert.p12", ".git/config", ".venv/bin/python",
    ".tools/bin/uv", ".cache/x", ".mypy_cache/x", ".pytest_cache/x", ".hypothesis/x", ".gradio/hash_seed.txt",
    "__pycache__/app.cpython-312.pyc", "app.log", ".DS_Store",
]  # fmt: skip
NOT_NEEDED = ["tests/conftest.py", "bench/__main__.py", "docs/security.md", "README.md", "Makefile", ".ci/run"]

SECRETS = re.compile(
    r"(?<![A-Za-z])sk-(?!unified-|(?:canary|secret|test)-)[A-Za-z0-9_-]{16,}"
    r"|(?<![A-Za-z])hf_[A-Za-z0-9]{20,}|gh[pousr]_[A-Za-z0-9]{20,}|AKIA[A-Z0-9]{16}|evup_[A-Za-z0-9]{16,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
"""Keys of EvoLink and of others. Those that tests make up say so: sk-canary-, sk-secret-, sk-test-."""

MADE = {".git", ".venv", ".tools", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", "__pycache__", "data"}


def left_out(path: str) -> bool:
    """As Docker reads its file: the last rule that fits a path or a folder above it decides."""
    above = [path, *(str(parent) for parent in Path(path).parents if str(parent) != ".")]
    out = False
    for rule in RULES:
        if any(_pattern(rule.removeprefix("!")).fullmatch(place) for place in above):
            out = not rule.startswith("!")
    return out


def _pattern(rule: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", rule)
    meant = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meant.get(part, re.escape(part)) for part in parts))


def copied() -> list[str]:
    """What the Dockerfile takes from this folder."""
    lines = [line.split()[1:-1] for line in STEPS if line.startswith("COPY ") and "--from" not in line]
    return [source for sources in lines for source in sources]


def versioned() -> list[Path]:
    """The files of this repository, the new ones too; without git, all that lies here but what others made."""
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        told = subprocess.run(asked, cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return [
            path for path in ROOT.rglob("*") if path.is_file() and not MADE.intersection(path.relative_to(ROOT).parts)
        ]
    return [ROOT / name for name in told.decode().split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("name", PRIVATE)
def test_what_is_private_stays_out_of_the_image_wherever_it_lies(folder: str, name: str) -> None:
    assert left_out(folder + name)


@pytest.mark.parametrize("name", NOT_NEEDED)
def test_what_is_not_needed_stays_out_too(name: str) -> None:
    assert left_out(name)


def test_all_that_the_image_is_made_of_goes_in() -> None:
    assert copied() == ["pyproject.toml", "uv.lock", "app.py", "pyproject.toml", "client", "jobs", "sandbox", "ui"]
    for source in copied():
        files = [ROOT / source] if (ROOT / source).is_file() else versioned()
        names = [str(file.relative_to(ROOT)) for file in files if (ROOT / source) in (file, *file.parents)]
        out = [name for name in names if left_out(name) and not name.endswith("ruff.toml")]
        assert names
        assert out == []


def test_nothing_else_goes_in() -> None:
    """Of all that lies here now, what Docker would be sent is program text, and what the page shows."""
    tops = [path for path in ROOT.iterdir() if not left_out(path.name)]
    files = [file for top in tops for file in ([top] if top.is_file() else top.rglob("*")) if file.is_file()]
    sent = [file for file in files if not left_out(str(file.relative_to(ROOT)))]
    assert {file.suffix for file in sent} <= {
        ".py", ".toml", ".lock", ".css", ".js", ".png", ".svg", ".woff2", ".txt", ".html",
    }  # fmt: skip
    assert {top.name for top in tops} == set(copied())


def test_the_image_runs_as_nobody_special_and_knows_no_key() -> None:
    assert [line for line in STEPS if line.startswith("USER ")] == ["USER 1000"]
    assert any("-m 700 /data" in line for line in STEPS)
    assert not any("KEY" in line for line in STEPS)
    assert not any(line.startswith(("ADD ", "ARG ")) for line in STEPS)
    (health,) = [line for line in STEPS if line.startswith("HEALTHCHECK")]
    assert "/readyz" in health


def test_everything_is_locked_with_its_hash() -> None:
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    fetched = [package for package in packages if "registry" in package["source"]]
    assert len(fetched) == len(packages) - 1  # all but ourselves
    for package in fetched:
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        assert files
        assert all(file["hash"].startswith("sha256:") for file in files), package["name"]


def test_every_threat_has_a_defence_and_every_test_that_is_named_exists() -> None:
    rows = [line.split(" | ") for line in (ROOT / "docs" / "security.md").read_text().splitlines() if line[:2] == "| "]
    threats = rows[2:]
    assert len(threats) >= 20
    for threat, defence, shown in threats:
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", shown)
        assert defence
        assert named or "not yet" in shown, threat
        for file, name in named:
            assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(), re.MULTILINE), f"{file}::{name}"


def test_no_secret_is_written_into_this_repository() -> None:
    found = {
        str(file.relative_to(ROOT)): SECRETS.findall(text)
        for file in versioned()
        if SECRETS.search(text := file.read_bytes().decode("utf-8", "replace"))
    }
    assert found == {}


@pytest.mark.parametrize(
    "secret",
    [
        "sk-" + "evo-a1B2c3D4e5F6g7H8",
        "key=sk-" + "A" * 40,
        "hf_" + "a" * 34,
        "ghp_" + "a" * 36,
        "-----BEGIN " + "PRIVATE KEY-----",
        "-----BEGIN RSA " + "PRIVATE KEY-----",
    ],
)
def test_a_secret_would_be_seen(secret: str) -> None:
    assert SECRETS.search(f"EVOLINK_API_KEY={secret}\n")


@pytest.mark.parametrize(
    "name", ["task-unified-1790000000-a1b2c3d4", "sk-canary-0123456789abcdef", "EVOLINK_API_KEY=sk-..."]
)
def test_what_only_looks_like_one_is_left_in_peace(name: str) -> None:
    assert not SECRETS.search(name)
