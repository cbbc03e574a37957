"""What the page says, in six languages: one file each.

English titles, help, choices and problems stand on the fields and rules of `client/`; the other files hold their
translations in the tables `field` and `problem`. Everything else stands in all files.
"""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from babel import Locale
from babel.core import negotiate_locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit

from client.errors import EvoLinkError
from client.faults import Fault
from client.problems import Problem
from ui.fields import Input

FOLDER: Final = Path(__file__).parent
NAMES: Final = {"en": "English", "de": "Deutsch", "zh": "中文", "es": "Español", "fr": "Français", "ja": "日本語"}
"""Each language by its own name, in the order they are offered."""
DEFAULT: Final = "en"


class Language:
    """One language: its words, and its way to write numbers."""

    def __init__(self, code: str, words: Mapping[str, Any]) -> None:
        self.code = code
        self._words = words
        self._locale = Locale.parse("zh_Hans" if code == "zh" else code)

    def say(self, key: str, **values: object) -> str:
        """The words under `table.key`, with the values put in. The key is a literal, so that a test can collect it."""
        table, _, name = key.partition(".")
        return str(self._words[table][name]).format(**values)

    def of(self, family: str, member: str, **values: object) -> str:
        """The words for a member of a family, such as a state."""
        return str(self._words[family][member]).format(**values)

    def knows(self, family: str, member: str) -> bool:
        return member in self._words.get(family, {})

    def table(self, name: str) -> dict[str, str]:
        """All words of a table, for a part of the page that speaks by itself."""
        return dict(self._words[name])

    def title(self, item: Input) -> str:
        return str(self._field(item).get("title", item.title))

    def help(self, item: Input) -> str:
        return str(self._field(item).get("help", item.help))

    def example(self, item: Input) -> str:
        return str(self._field(item).get("example", item.example))

    def choices(self, item: Input) -> list[tuple[str, Any]]:
        """Label and value of each choice, as Gradio wants them."""
        said = self._field(item).get("choices", {})
        if item.unit == "s":
            return [(self.seconds(int(value)), value) for _, value in item.choices]
        return [(str(said.get(_name(value), label)), value) for label, value in item.choices]

    def problem(self, problem: Problem) -> str:
        """The sentence beside an input."""
        sentence = self._told("problem", problem.rule, problem.sentence, problem.values)
        shot = next((part for part in problem.field if isinstance(part, int)), None)
        if shot is not None and "multi_prompt" in problem.field:
            return self.say("form.of_shot", number=shot + 1, sentence=sentence)
        return sentence

    def error(self, error: EvoLinkError) -> str:
        """The sentence of an error whose code names its rule."""
        return self._told("problem", error.code, str(error), getattr(error, "values", {}))

    def fault(self, fault: Fault) -> str:
        """What is wrong with a picture."""
        return self._told("problem", fault.code, fault.sentence, fault.values)

    def number(self, value: float | Decimal) -> str:
        """At most one digit behind the point: "1,234.5"."""
        return format_decimal(round(Decimal(value), 1), format="#,##0.#", locale=self._locale)

    def listed(self, parts: Iterable[str]) -> str:
        """ "a, b"."""
        return self.say("number.list").join(parts)

    def titled(self, title: str, sentence: str) -> str:
        """ "title: sentence"."""
        return self.say("number.titled", title=title, sentence=sentence)

    def difference(self, value: Decimal) -> str:
        """With its sign: "+9.5"."""
        return f"{'+' if value > 0 else '−' if value < 0 else '±'}{self.number(abs(value))}"

    def seconds(self, number: float) -> str:
        return self.say("number.seconds", number=round(number))

    def duration(self, seconds: float) -> str:
        """ "45 s", "3 min 20 s"."""
        minutes, rest = divmod(round(seconds), 60)
        parts = [self.say("number.minutes", number=minutes)] if minutes else []
        return " ".join([*parts, self.seconds(rest)] if rest or not parts else parts)

    def credits(self, amount: float | Decimal) -> str:
        """ "27 credits", "1 credit"."""
        one = self._locale.plural_form(float(amount)) == "one"
        number = self.number(amount)
        return self.say("money.credit", number=number) if one else self.say("money.credits", number=number)

    def dollars(self, amount: Decimal) -> str:
        return format_currency(amount, "USD", locale=self._locale)

    def date(self, day: date) -> str:
        return format_date(day, "medium", locale=self._locale)

    def bytes(self, size: int) -> str:
        """ "340 kB", "9.6 MB", "1 GB"."""
        unit, number = ("megabyte", size / 1e6) if size >= 950_000 else ("kilobyte", max(1, round(size / 1e3)))
        if size >= 950_000_000:
            unit, number = "gigabyte", size / 1e9
        return format_unit(round(number, 1), f"digital-{unit}", "short", locale=self._locale)

    def _field(self, item: Input) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._words.get("field", {})
        for part in item.key.split("."):
            found = found.get(part, {})
        return found

    def _told(self, family: str, rule: str, otherwise: str, values: Mapping[str, Any]) -> str:
        if not self.knows(family, rule):
            return otherwise
        written = {name: self.number(value) if _is_number(value) else value for name, value in values.items()}
        return self.of(family, rule, **written)


def language(code: object) -> Language:
    """The language of that code; English for whatever else a page may send."""
    return _read(code) if isinstance(code, str) and code in NAMES else _read(DEFAULT)


@cache
def _read(code: str) -> Language:
    return Language(code, tomllib.loads((FOLDER / f"{code}.toml").read_text(encoding="utf-8")))


def best(accepted: str) -> str:
    """The code that suits a browser's `Accept-Language` best."""
    asked = [part.partition(";") for part in accepted.split(",")]
    ranked = sorted(asked, key=lambda part: -_weight(part[2]))
    found = negotiate_locale([part[0].strip().lower().split("-")[0] for part in ranked], list(NAMES))
    return found or DEFAULT


def _weight(parameter: str) -> float:
    try:
        return float(parameter.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0


def _name(value: Any) -> str:
    """A choice's value as a key of a table."""
    return str(value).lower() if value != "" else "none"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
