"""The public price list as EvoLink writes it, schema 2, for the prices that the sandbox charges."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from client.elements import ELEMENT_MODEL
from client.price_rules import CREDITS_PER_YUAN
from client.prices import UNITS_PER_CREDIT, PriceTable

Described = dict[str, Any]


def meta(table: PriceTable) -> Described:
    """What holds for the whole list."""
    written = datetime.combine(table.dated, time(), UTC)
    return {
        "schema_version": "2",
        "catalog_version": "sandbox",
        "pricing_version": f"sandbox-{table.dated}",
        "price_scope": "public_default",
        "currency": "USD",
        "exchange_rate_version": f"pricing-fx/v1:USD-CNY={table.credits_per_dollar / CREDITS_PER_YUAN}",
        "updated_at": written.isoformat(),
        "fresh_until": (written + timedelta(days=36_500)).isoformat(),
    }


def rules(table: PriceTable) -> dict[str, Described]:
    """The rules of each model, by its name."""
    loud = {"op": "eq", "args": [_variable("sound"), _constant("on")]}
    factor = {"op": "if", "args": [loud, _by_quality(table, "on"), _by_quality(table, "off")]}
    quantity = {"op": "multiply", "args": [_variable("duration_seconds"), factor]}
    video = _component(table, "video_output", "per_second", table.units_per_second, table.least_units, quantity)
    element = _component(table, "element", "per_call", table.element_units, table.element_units, _constant("1"))
    return {
        table.model: _model(table.model, "image_to_video", video),
        ELEMENT_MODEL: _model(ELEMENT_MODEL, "element_creation", element),
    }


def _model(model: str, operation: str, component: Described) -> Described:
    return {
        "model_id": model,
        "product_id": model,
        "operation": operation,
        "modality": "video",
        "lifecycle": "active",
        "pricing_status": "available",
        "settlement_basis": "request_only",
        "policy_source": "published",
        "components": [component],
    }


def _component(
    table: PriceTable, name: str, rule: str, rate: Decimal, least: Decimal, quantity: Described
) -> Described:
    return {
        "id": name,
        "role": name,
        "unit": "output_second" if rule == "per_second" else name,
        "billing_unit_size": 1,
        "display_unit_size": 1,
        "rate": _money(table, rate),
        "minimum_charge": _money(table, least),
        "billing_rule": rule,
        "pricing_status": "available",
        "quantity_rule": quantity,
        "rounding": {"point": "per_component_subtotal", "mode": "half_up"},
        "tiers": [],
    }


def _money(table: PriceTable, units: Decimal) -> dict[str, str]:
    credits = units / UNITS_PER_CREDIT
    dollars = (credits / table.credits_per_dollar).quantize(Decimal("1e-8"))
    amounts = {"uc": units, "credits": credits, "cny": credits / CREDITS_PER_YUAN, "usd": dollars}
    return {name: f"{amount:f}" for name, amount in amounts.items()}


def _by_quality(table: PriceTable, sound: str) -> Described:
    factors = {quality: f"{factor:f}" for (quality, with_sound), factor in table.factors.items() if with_sound == sound}
    return {"op": "lookup", "key": _variable("quality"), "values": factors}


def _variable(name: str) -> Described:
    return {"op": "variable", "name": name}


def _constant(value: str) -> Described:
    return {"op": "constant", "value": value}
