"""Known flaws in what we run on: `python -m tests.audit`, behind `make audit` and `make check`.

An auditor that cannot look a package up may say that nothing is known. So each time it must first find a flaw that
everybody knows; only then is its word on the lock file taken.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
KNOWN_BAD: Final = "jinja2==2.4.1"
SERVICES: Final = {"pypi": ("-s", "pypi"), "osv": ("-s", "osv")}
"""Where advisories may be had, and how pip-audit is told so. The first that knows the known flaw is asked."""

Ask = Callable[[Sequence[str], Path], str]
"""What pip-audit prints about a file of pinned requirements, asked with these options."""

Flaws = Mapping[str, Sequence[str]]


def flaws(printed: str) -> Flaws | None:
    """The flaws of each package that has any; None when not every package was looked up."""
    try:
        packages = json.loads(printed)["dependencies"]
        if any("skip_reason" in package for package in packages):
            return None
        return {
            f"{package['name']} {package['version']}": [flaw["id"] for flaw in package["vulns"]]
            for package in packages
            if package["vulns"]
        }
    except (ValueError, LookupError, TypeError):
        return None


def audit(locked: Path, known_bad: Path, ask: Ask, services: Mapping[str, Sequence[str]] = SERVICES) -> Flaws | None:
    """The flaws of what is locked; None when no service can be had that finds the known one."""
    for options in services.values():
        if flaws(ask(options, known_bad)):
            found = flaws(ask(options, locked))
            if found is not None:
                return found
    return None


def told(found: Flaws | None, *, if_reachable: bool) -> tuple[str, int]:
    """A sentence and the exit code."""
    if found is None:
        return (
            "Known flaws could not be looked up: no service of advisories can be reached from here.",
            not if_reachable,
        )
    if not found:
        return "No known flaw in what is locked.", 0
    return "\n".join(f"{package}: {', '.join(ids)}" for package, ids in sorted(found.items())), 1


def ask_pip_audit(options: Sequence[str], requirements: Path) -> str:
    command = [sys.executable, "-m", "pip_audit", *options, "--strict", "--no-deps", "--disable-pip"]
    command += ["--format", "json", "--desc", "off", "--progress-spinner", "off", "--timeout", "10"]
    return subprocess.run([*command, "-r", str(requirements)], capture_output=True, text=True, timeout=600).stdout


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.audit", description="Known flaws in what we run on.")
    parser.add_argument("--uv", default="uv", help="the uv that reads the lock file")
    parser.add_argument("--if-reachable", action="store_true", help="without advisories, say so and go on")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        locked, known_bad = Path(folder) / "locked.txt", Path(folder) / "bad.txt"
        known_bad.write_text(f"{KNOWN_BAD}\n")
        export = [asked.uv, "export", "--quiet", "--frozen", "--no-dev", "--format", "requirements.txt"]
        subprocess.run([*export, "--output-file", str(locked)], cwd=ROOT, check=True)
        sentence, code = told(audit(locked, known_bad, ask_pip_audit), if_reachable=asked.if_reachable)
    sys.stdout.write(f"{sentence}\n")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
