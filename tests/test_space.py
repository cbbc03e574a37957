"""What a Gradio Space makes of this repository."""

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parent.parent
FRONT = yaml.safe_load((ROOT / "README.md").read_text(encoding="utf-8").split("---")[1])
SPACE = [Requirement(line) for line in (ROOT / "requirements.txt").read_text().splitlines() if line[:1].isalpha()]
OURS = [Requirement(line) for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]]


def test_the_front_matter_is_what_a_space_wants() -> None:
    assert FRONT["sdk"] == "gradio"
    assert FRONT["app_file"] == "app.py"
    assert FRONT["python_version"] == "3.12"
    assert len(FRONT["short_description"]) <= 60
    gradio = next(ours for ours in OURS if ours.name == "gradio")
    assert FRONT["sdk_version"] in gradio.specifier


def test_a_space_installs_what_we_run_on() -> None:
    assert {str(one) for one in SPACE} == {str(ours) for ours in OURS if ours.name != "gradio"}


@pytest.mark.parametrize("extra", ["", "oauth", "mcp"])
def test_our_requirements_agree_with_those_of_the_spaces_gradio(extra: str) -> None:
    """A Space installs `gradio[oauth,mcp]` beside ours; `make check` resolves the two together for real."""
    theirs = [Requirement(line) for line in requires("gradio") or []]
    limits = {one.name: one.specifier for one in theirs if not one.marker or one.marker.evaluate({"extra": extra})}
    for ours in SPACE:
        shared = SpecifierSet(str(limits.get(ours.name, ""))) & ours.specifier
        bounds = [re.sub(r"[^\d.]", "", str(part)) for part in shared if part.operator in ("<=", ">=", "==")]
        assert not bounds or any(bound in shared for bound in bounds), f"{ours.name}: {shared}"
