"""What a video or an element costs, in credits.

One dated table. Prices change, so another may come from a file or from EvoLink's public list (`client.price_rules`).
All of this is an estimate: what EvoLink reserves for a task is the truth.
"""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, Protocol, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from client.elements import ElementRequest
from client.errors import SettingError
from client.problems import problems, rule_broken
from client.schema import MODEL, VideoRequest

UNITS_PER_CREDIT: Final = 10_000


class Priced(Protocol):
    """What the price of a video depends on; a VideoRequest, or a form that is not yet complete."""

    @property
    def duration(self) -> int: ...

    @property
    def quality(self) -> str: ...

    @property
    def sound(self) -> str: ...


class Choice(NamedTuple):
    """The three values alone."""

    duration: int
    quality: str
    sound: str


def _choices(name: str) -> tuple[Any, ...]:
    field = VideoRequest.model_json_schema()["properties"][name]
    return tuple(field["enum"] if "enum" in field else range(field["minimum"], field["maximum"] + 1))


CHOICES: Final[dict[str, tuple[Any, ...]]] = {name: _choices(name) for name in Choice._fields}
"""Every value that each of the three may have."""


def _pair(key: Any) -> Any:
    return tuple(part.strip() for part in key.split(",")) if isinstance(key, str) else key


Pair = Annotated[tuple[str, str], BeforeValidator(_pair)]
Figure = Annotated[Decimal, Field(ge=Decimal("0.000001"), lt=Decimal(1_000_000_000))]


class PriceTable(BaseModel):
    """The prices of one day. Units are EvoLink's: 10,000 are a credit."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    model: Literal["kling-o3-image-to-video"] = MODEL
    dated: date
    source: str = Field(min_length=1, max_length=200)
    units_per_second: Figure
    least_units: Figure
    """What the shortest and plainest video costs at least."""
    factors: dict[Pair, Figure]
    """Of quality and sound. In JSON the two are one key: `"720p,off"`."""
    element_units: Figure
    credits_per_dollar: Figure

    @model_validator(mode="after")
    def _has_a_price_for_every_choice(self) -> Self:
        pairs = set(product(CHOICES["quality"], CHOICES["sound"]))
        if self.factors.keys() != pairs:
            names = ", ".join(sorted(",".join(pair) for pair in pairs))
            raise rule_broken("factors", "One number is needed for each of {names}.", "factors", names=names)
        return self

    def credits(self, request: Priced | ElementRequest) -> Decimal:
        """Credits for an element, or for a video of these seconds, this quality and this sound.

        Raises KeyError for a quality or a sound that there is not.
        """
        if isinstance(request, ElementRequest):
            return self.element_credits
        units = self.units_per_second * request.duration * self.factors[request.quality, request.sound]
        return max(units.quantize(Decimal(1), ROUND_HALF_UP), self.least_units) / UNITS_PER_CREDIT

    @property
    def element_credits(self) -> Decimal:
        """Credits for any element."""
        return self.element_units / UNITS_PER_CREDIT

    def dollars(self, credits: Decimal) -> Decimal:
        """About how many US dollars so many credits are, to the cent."""
        return (credits / self.credits_per_dollar).quantize(Decimal("0.01"), ROUND_HALF_UP)


TABLE: Final = PriceTable(
    dated=date(2026, 10, 10),
    source="EvoLink's public price list",
    units_per_second=Decimal(54_000),
    least_units=Decimal(162_000),
    factors={
        ("720p", "off"): Decimal("1"),
        ("720p", "on"): Decimal("1.334"),
        ("1080p", "off"): Decimal("1.334"),
        ("1080p", "on"): Decimal("1.667"),
        ("4k", "off"): Decimal("5"),
        ("4k", "on"): Decimal("5"),
    },
    # EvoLink's documentation and product page say a credit, its list of that day a thousandth of one. The higher figure
    # stands: nobody is charged more than was said.
    element_units=Decimal(10_000),
    credits_per_dollar=Decimal(68),
)


def differences(request: Priced, table: PriceTable) -> dict[str, dict[Any, Decimal]]:
    """Credits more (or, below zero, less) that each other length, quality and sound would cost, all else equal."""
    present = Choice(request.duration, request.quality, request.sound)
    price = table.credits(present)
    return {
        name: {
            value: table.credits(present._replace(**{name: value})) - price
            for value in values
            if value != getattr(present, name)
        }
        for name, values in CHOICES.items()
    }


def load(path: Path) -> PriceTable:
    """A table of one's own, from a file like this:

        {"dated": "2026-12-01", "source": "Our contract with EvoLink", "units_per_second": "50000",
         "least_units": "150000", "factors": {"720p,off": "1", "720p,on": "1.334", "1080p,off": "1.334",
         "1080p,on": "1.667", "4k,off": "5", "4k,on": "5"}, "element_units": "10000", "credits_per_dollar": "68"}

    Raises SettingError, which names what is wrong.
    """
    try:
        return PriceTable.model_validate_json(path.read_bytes())
    except OSError as error:
        raise SettingError(f"The price file {path} cannot be read: {error.strerror}.", code="setting_prices") from error
    except ValidationError as error:
        first = problems(error)[0]
        place = "".join(f"{part}: " for part in first.field)
        raise SettingError(
            f"The price file {path} will not do. {place}{first.sentence}", code="setting_prices"
        ) from error
