"""One field more in the schema, and nothing else, is a field more everywhere."""

import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

ROOT = Path(__file__).parent.parent
FIELD = '''    mood: Literal["calm", "wild"] | None = Field(title="Mood", default=None)
    """How it feels."""

'''
BEFORE = "    model_params: ModelParams | None"


def test_a_new_field_appears_everywhere_with_no_other_edit(tmp_path: Path) -> None:
    copy = tmp_path / "firstframe"
    copytree(ROOT, copy, ignore=ignore_patterns(".*", "__pycache__", "data", "docs", "bench", "browser"))
    schema = copy / "client" / "schema.py"
    text = schema.read_text(encoding="utf-8")
    assert text.count(BEFORE) == 1
    schema.write_text(text.replace(BEFORE, FIELD + BEFORE), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/ui/tomorrow.py"],
        cwd=copy,
        env={name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHONPATH", "COV"))},
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "6 passed" in run.stdout
