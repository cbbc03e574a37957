"""Marks the scripts of Gradio's page, so that the browser runs these and none that somebody smuggled in."""

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

import gradio.routes
from jinja2 import BaseLoader, Environment

from ui.headers import NONCE

SCRIPT: Final = f"<script nonce=\"{{{{ request.scope.get('{NONCE}', '') }}}}\""
INLINE: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)
BASE: Final = re.compile(r"<base\b[^>]*>")


class Marked(BaseLoader):
    """Gradio's templates with a mark on each script, and without a base address, which "/" has no need of."""

    def __init__(self, theirs: BaseLoader) -> None:
        self.theirs = theirs

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        source, name, current = self.theirs.get_source(environment, template)
        return BASE.sub("", source).replace("<script", SCRIPT), name, current


def mark_scripts() -> None:
    """For all apps of this process; a second time changes nothing."""
    environment: Any = gradio.routes.templates.env
    if not isinstance(environment.loader, Marked):
        environment.loader = Marked(environment.loader)


def hashes(markup: str) -> list[str]:
    """Sources for the scripts that stand in a piece of markup as text."""
    found = (b64encode(sha256(text.encode()).digest()).decode() for text in INLINE.findall(markup))
    return [f"'sha256-{digest}'" for digest in found]
