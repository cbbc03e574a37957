"""What becomes of each route: the table `routes.toml`, asked by method and path."""

import tomllib
from enum import Enum
from pathlib import Path
from typing import Any, Final, Self

from starlette.routing import compile_path

TABLE: Final = Path(__file__).with_name("routes.toml")


class Rule(Enum):
    """What may come in on a route."""

    ALLOW = "allow"
    WORDS = "limited.words"
    LITTLE = "limited.little"
    FILES = "limited.files"
    PATH = "limited.path"
    DENY = "deny"


class Routes:
    """Paths are matched the way Starlette does it, so that both always read the same out of one."""

    def __init__(self, rules: dict[str, Rule]) -> None:
        self.rules = rules
        self._plain = {key: rule for key, rule in rules.items() if "{" not in key}
        self._shaped = [
            (key.partition(" ")[0], compile_path(key.partition(" ")[2])[0], rule)
            for key, rule in rules.items()
            if "{" in key
        ]

    @classmethod
    def read(cls, path: Path = TABLE) -> Self:
        found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        limited = {f"limited.{name}": routes for name, routes in found.pop("limited").items()}
        return cls({key: Rule(name) for name, routes in (found | limited).items() for key in routes})

    def rule(self, method: str, path: str) -> Rule:
        """DENY also for what is not listed. Where two fit, the stricter one counts."""
        plain = self._plain.get(f"{method} {path}")
        if plain:
            return plain
        found = {rule for asked, shape, rule in self._shaped if asked == method and shape.match(path)}
        return found.pop() if len(found) == 1 else Rule.DENY
