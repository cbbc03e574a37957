"""Where this machine's Chromium is. `python -m tests.browser.chromium [--explain]` exits with 1 when there is none."""

import os
import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "msedge")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
EXPLANATION = (
    "The tests need a Chromium. Install one (Debian: apt-get install chromium; macOS: Google Chrome), "
    "or name it in the variable CHROMIUM.\n"
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
"""The sandbox of Chromium itself does not start for root, which is who runs tests in containers."""


def find() -> str | None:
    named = os.environ.get("CHROMIUM")
    found = named or next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or (str(MAC) if MAC.exists() else None)


if __name__ == "__main__":
    if find():
        sys.exit(0)
    sys.stderr.write(EXPLANATION if "--explain" in sys.argv else "")
    sys.exit(1)
