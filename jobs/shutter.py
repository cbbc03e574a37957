"""Whether anything that costs money may be sent."""

import os
from pathlib import Path

from jobs.database import Ailment


class Shutter:
    """Closed by the program, opened by a person. It stays closed over restarts: a small file in the folder says so."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "closed"
        self.why: Ailment | None = None

    def look(self) -> None:
        """Reads how it was left."""
        if self._path.exists():
            word = self._path.read_text(encoding="utf-8", errors="replace").strip()
            self.why = Ailment(word) if word in set(Ailment) else Ailment.BROKEN

    def close(self, why: Ailment) -> None:
        with self._path.open("w", encoding="utf-8") as file:
            file.write(why.value)
            file.flush()
            os.fsync(file.fileno())
        self.why = why

    def open(self) -> None:
        self._path.unlink(missing_ok=True)
        self.why = None
