"""The public list: what is understood, and that nothing else is."""

import copy
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from client.price_rules import table_from
from client.prices import TABLE, Choice

Listed = dict[str, Any]


def variable(name: str) -> Listed:
    return {"op": "variable", "name": name}


def constant(value: str) -> Listed:
    return {"op": "constant", "value": value}


def lookup(**values: str) -> Listed:
    return {
        "op": "lookup",
        "key": variable("quality"),
        "values": {name[1:]: value for name, value in values.items()},
    }


def money(uc: str, credits: str) -> Listed:
    return {"uc": uc, "credits": credits, "cny": "1", "usd": "1"}


def model(name: str, uc: str, credits: str, quantity: Listed) -> Listed:
    component = {
        "id": "one",
        "billing_unit_size": 1,
        "pricing_status": "available",
        "rate": money(uc, credits),
        "minimum_charge": money(uc, credits),
        "quantity_rule": quantity,
        "rounding": {"point": "per_component_subtotal", "mode": "half_up"},
        "tiers": [],
    }
    return {
        "model_id": name,
        "pricing_status": "available",
        "settlement_basis": "request_only",
        "components": [component],
    }


def video() -> Listed:
    """Six credits a second; sound costs half as much again but at 4K, where all is four times the price."""
    loud = {"op": "eq", "args": [variable("sound"), constant("on")]}
    factor = {
        "op": "if",
        "args": [loud, lookup(q720p="1.5", q1080p="3", q4k="4"), lookup(q720p="1", q1080p="2", q4k="4")],
    }
    quantity = {"op": "multiply", "args": [variable("duration_seconds"), factor]}
    return model("kling-o3-image-to-video", "60000", "6", quantity)


def element() -> Listed:
    return model("kling-custom-element", "20000", "2.0", constant("1"))


def listed(*models: Listed) -> Listed:
    meta = {
        "schema_version": "2",
        "exchange_rate_version": "pricing-fx/v1:USD-CNY=7",
        "updated_at": "2026-12-24T06:52:34.303000193Z",
    }
    return {"meta": meta, "model": models[0]} if len(models) == 1 else {"meta": meta, "models": list(models)}


def test_a_new_price_of_videos_is_taken_with_its_date() -> None:
    found = table_from(listed(video()), TABLE)
    assert found
    assert (found.dated, found.source) == (date(2026, 12, 24), TABLE.source)
    prices = {
        ("720p", "off"): 30,
        ("720p", "on"): 45,
        ("1080p", "off"): 60,
        ("1080p", "on"): 90,
        ("4k", "off"): 120,
        ("4k", "on"): 120,
    }
    assert {pair: found.credits(Choice(5, *pair)) for pair in prices} == prices
    assert found.dollars(Decimal(35)) == Decimal("0.50")
    assert found.element_units == TABLE.element_units


def test_a_new_price_of_elements_is_taken_and_videos_stay() -> None:
    assert table_from(listed(element()), TABLE) == TABLE.model_copy(update={"element_units": Decimal(20_000)})


def test_both_are_found_in_the_whole_list() -> None:
    other = {"model_id": "gpt-6", "components": "of another kind"}
    found = table_from(listed(other, video(), element()), TABLE)
    assert found
    assert (found.units_per_second, found.element_units) == (60_000, 20_000)


def test_an_element_at_a_thousandth_of_the_usual_is_not_believed_and_videos_are() -> None:
    cheap = model("kling-custom-element", "10", "0.001", constant("1"))
    assert table_from(listed(cheap), TABLE) is None
    found = table_from(listed(video(), cheap), TABLE)
    assert found
    assert (found.units_per_second, found.element_units) == (60_000, 10_000)


def test_a_rule_with_one_factor_for_all_is_understood() -> None:
    flat = video()
    flat["components"][0]["quantity_rule"]["args"][1] = constant("2")
    found = table_from(listed(flat), TABLE)
    assert found
    assert set(found.factors.values()) == {2}


@pytest.mark.parametrize(("times", "believed"), [("19", True), ("21", False), ("0.06", True), ("0.04", False)])
def test_a_price_far_off_is_not_believed(times: str, believed: bool) -> None:
    far = video()
    credits = Decimal("5.4") * Decimal(times)
    loud = {"op": "eq", "args": [variable("sound"), constant("on")]}
    usual = [lookup(q720p="1.334", q1080p="1.667", q4k="5"), lookup(q720p="1", q1080p="1.334", q4k="5")]
    far["components"][0] |= {
        "rate": money(str(credits * 10_000), str(credits)),
        "minimum_charge": money("1", "0.0001"),
        "quantity_rule": {
            "op": "multiply",
            "args": [variable("duration_seconds"), {"op": "if", "args": [loud, *usual]}],
        },
    }
    assert (table_from(listed(far), TABLE) is not None) is believed


def changed(*way: str | int, to: Any) -> Callable[[Listed], None]:
    def change(answer: Listed) -> None:
        place: Any = answer
        for step in way[:-1]:
            place = place[step]
        place[way[-1]] = to

    return change


ONE = ("model", "components", 0)
FACTOR = (*ONE, "quantity_rule", "args", 1)


@pytest.mark.parametrize(
    "change",
    [
        changed("meta", "schema_version", to="3"),
        changed("meta", "schema_version", to=2),
        changed("meta", "updated_at", to="lately"),
        changed("meta", "exchange_rate_version", to="pricing-fx/v2:EUR-CNY=6.8"),
        changed("meta", "exchange_rate_version", to="pricing-fx/v1:USD-CNY=0"),
        changed("meta", "exchange_rate_version", to="pricing-fx/v1:USD-CNY=700"),
        changed("meta", to=None),
        changed("model", to=[]),
        changed("model", "model_id", to="kling-o3-text-to-video"),
        changed("model", "model_id", to=["kling-o3-image-to-video"]),
        changed("model", "pricing_status", to="unavailable"),
        changed("model", "settlement_basis", to="request_then_actual"),
        changed("model", "components", to=[]),
        changed("model", "components", to=[video()["components"][0]] * 2),
        changed(*ONE, "pricing_status", to="unavailable"),
        changed(*ONE, "billing_unit_size", to=1000),
        changed(*ONE, "rate", to=money("60000", "60000")),
        changed(*ONE, "rate", to=money("-60000", "-6")),
        changed(*ONE, "minimum_charge", to=money("NaN", "NaN")),
        changed(*ONE, "minimum_charge", to=money("60000000", "6000")),
        changed(*ONE, "rounding", to={"point": "per_component_subtotal", "mode": "ceil"}),
        changed(*ONE, "condition", to={"op": "eq", "args": []}),
        changed(*ONE, "tiers", to=[{"multiplier": "2"}]),
        changed(*ONE, "quantity_rule", to=constant("1")),
        changed(*ONE, "quantity_rule", "op", to="add"),
        changed(*ONE, "quantity_rule", "args", 0, "name", to="output_seconds"),
        changed(*ONE, "quantity_rule", "args", to=[]),
        changed(*FACTOR, to=None),
        changed(*FACTOR, to=constant("many")),
        changed(*FACTOR, to=constant("0")),
        changed(*FACTOR, to={"op": "max", "args": [constant("1"), constant("2")]}),
        changed(*FACTOR, "args", 0, "op", to="neq"),
        changed(*FACTOR, "args", 0, "args", to=[constant("on"), variable("sound")]),
        changed(*FACTOR, "args", 0, "args", 0, "name", to="mood"),
        changed(*FACTOR, "args", 1, "key", "name", to="region"),
        changed(*FACTOR, "args", 1, "values", to={"720p": "1.5", "1080p": "3"}),
        changed(*FACTOR, "args", 1, "values", to=["1.5"]),
        changed(*FACTOR, "args", 1, "values", "4k", to={"op": "constant", "value": "4"}),
        changed(*FACTOR, "args", 1, "values", "4k", to="4000"),
    ],
)
def test_what_is_not_understood_is_not_guessed(change: Callable[[Listed], None]) -> None:
    answer = copy.deepcopy(listed(video()))
    assert table_from(answer, TABLE)
    change(answer)
    assert table_from(answer, TABLE) is None


def test_an_element_that_is_charged_in_another_way_is_not_understood() -> None:
    answer = listed(model("kling-custom-element", "20000", "2", variable("request_count")))
    assert table_from(answer, TABLE) is None


@pytest.mark.parametrize("answer", [None, [], "prices", 7, {}, {"meta": {}, "model": {}}, {"models": [None]}])
def test_what_is_no_list_at_all_is_no_list(answer: Any) -> None:
    assert table_from(answer, TABLE) is None
