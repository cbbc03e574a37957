"""EvoLink's public price list, in its schema 2. Pure: what is read here was fetched elsewhere.

Nothing is guessed: a rule of another form than the known one is no rule, a price far from the usual is no price.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from itertools import product
from typing import Any, Final, Literal, Self

from pydantic import Field, ValidationError, model_validator

from client.answers import Answered
from client.elements import ELEMENT_MODEL
from client.prices import CHOICES, TABLE, UNITS_PER_CREDIT, Choice, Figure, PriceTable

FARTHEST: Final = 20
"""A price more than so many times the built-in one, or so many times less, is not believed."""

CREDITS_PER_YUAN: Final = 10


class _Meta(Answered):
    schema_version: Literal["2"]
    exchange_rate_version: str = Field(pattern=r"^pricing-fx/v1:USD-CNY=\d{1,6}(\.\d{1,6})?$")
    updated_at: datetime


class _Money(Answered):
    uc: Figure
    credits: Figure

    @model_validator(mode="after")
    def _is_in_known_units(self) -> Self:
        if self.uc != self.credits * UNITS_PER_CREDIT:
            raise ValueError("Units and credits do not agree.")
        return self


class _Rounding(Answered):
    point: Literal["per_component_subtotal"]
    mode: Literal["half_up"]


class _Component(Answered):
    """One thing that is charged for, always and at one rate."""

    pricing_status: Literal["available"]
    billing_unit_size: Literal[1]
    rate: _Money
    minimum_charge: _Money
    quantity_rule: dict[str, Any]
    rounding: _Rounding
    condition: None = None
    tiers: list[Any] = Field(default=[], max_length=0)


class _Rules(Answered):
    """What one model charges for."""

    pricing_status: Literal["available"]
    settlement_basis: Literal["request_only"]
    components: list[_Component] = Field(min_length=1, max_length=1)


class _List(Answered):
    """One model, or many. They are read only when they are ours."""

    meta: _Meta
    model: dict[str, Any] = Field(default={})
    models: list[dict[str, Any]] = Field(default=[])

    def component(self, model_id: str) -> _Component:
        """Raises ValueError when the model is not listed or charges in another way."""
        for model in (self.model, *self.models):
            if model.get("model_id") == model_id:
                return _Rules.model_validate(model).components[0]
        raise ValueError(f"{model_id} is not listed.")


def table_from(answer: Any, base: PriceTable) -> PriceTable | None:
    """`base` with what the list tells of videos and of elements; None when neither is understood and believed."""
    try:
        told = _List.model_validate(answer)
    except ValidationError:
        return None
    found = base
    for read in (_video, _element):
        with suppress(ValueError, KeyError):
            changed = PriceTable.model_validate({**found.model_dump(), **read(told)})
            found = changed if _believable(changed) else found
    return found if found is not base else None


def _video(told: _List) -> dict[str, Any]:
    component = told.component(TABLE.model)
    return {
        "dated": told.meta.updated_at.date(),
        "source": TABLE.source,
        "units_per_second": component.rate.uc,
        "least_units": component.minimum_charge.uc,
        "factors": {
            (quality, sound): _factor(component.quantity_rule, {"quality": quality, "sound": sound})
            for quality, sound in product(CHOICES["quality"], CHOICES["sound"])
        },
        "credits_per_dollar": Decimal(told.meta.exchange_rate_version.partition("=")[2]) * CREDITS_PER_YUAN,
    }


def _element(told: _List) -> dict[str, Any]:
    component = told.component(ELEMENT_MODEL)
    if component.quantity_rule != {"op": "constant", "value": "1"}:
        raise ValueError("An element is not charged once.")
    return {"element_units": max(component.rate.uc, component.minimum_charge.uc)}


def _factor(rule: Any, chosen: Mapping[str, str]) -> Any:
    """What each second counts. Raises ValueError or KeyError for a rule of another form than seconds times a factor."""
    match rule:
        case {"op": "multiply", "args": [{"op": "variable", "name": "duration_seconds"}, factor]}:
            rule = factor
        case _:
            raise ValueError("The price does not grow with the seconds.")
    while True:
        match rule:
            case {"op": "constant", "value": value}:
                return value
            case {"op": "lookup", "key": {"op": "variable", "name": str(name)}, "values": dict(values)}:
                return values[chosen[name]]
            case {"op": "if", "args": [{"op": "eq", "args": [variable, constant]}, then, otherwise]}:
                rule = then if _equal(variable, constant, chosen) else otherwise
            case _:
                raise ValueError("The factor follows from something else than quality and sound.")


def _equal(variable: Any, constant: Any, chosen: Mapping[str, str]) -> bool:
    match variable, constant:
        case {"op": "variable", "name": str(name)}, {"op": "constant", "value": str(value)}:
            return chosen[name] == value
        case _:
            raise ValueError("The condition compares something else.")


def _believable(table: PriceTable) -> bool:
    return all(
        1 / Decimal(FARTHEST) <= new / usual <= FARTHEST for new, usual in zip(_all(table), _all(TABLE), strict=True)
    )


def _all(table: PriceTable) -> list[Decimal]:
    videos = [table.credits(Choice(*values)) for values in product(*(CHOICES[name] for name in Choice._fields))]
    return [*videos, table.element_units, table.credits_per_dollar]
