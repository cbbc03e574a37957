"""Who we say we are."""

from typing import Final

VERSION: Final = "0.3.0"
USER_AGENT: Final = f"firstframe/{VERSION}"
