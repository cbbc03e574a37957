"""The public price list: open to all, and what the sandbox charges."""

from decimal import Decimal

import httpx
import pytest

from client.prices import TABLE
from sandbox.price_list import rules
from tests.sandbox.house import House

MODELS = ["kling-o3-image-to-video", "kling-custom-element"]


@pytest.fixture
async def stranger(still_house: House):
    async with httpx.AsyncClient(base_url=still_house.origin, verify=False) as http:
        yield http


@pytest.mark.parametrize("model", MODELS)
async def test_the_price_of_a_model_is_told_to_anybody(stranger: httpx.AsyncClient, model: str) -> None:
    answer = await stranger.get(f"/v1/catalog/models/{model}/pricing-rules", params={"view": "full"})
    assert answer.status_code == 200
    said = answer.json()
    assert (said["meta"]["schema_version"], said["meta"]["exchange_rate_version"]) == ("2", "pricing-fx/v1:USD-CNY=6.8")
    assert said["model"]["model_id"] == model


async def test_the_whole_list_is_told_to_anybody(stranger: httpx.AsyncClient) -> None:
    said = (await stranger.get("/v1/catalog/pricing-rules")).json()
    assert [model["model_id"] for model in said["models"]] == MODELS


async def test_amounts_are_written_out_in_four_currencies(stranger: httpx.AsyncClient) -> None:
    said = (await stranger.get(f"/v1/catalog/models/{MODELS[0]}/pricing-rules")).json()
    [component] = said["model"]["components"]
    assert component["rate"] == {"uc": "54000", "credits": "5.4", "cny": "0.54", "usd": "0.07941176"}
    assert component["minimum_charge"] == {"uc": "162000", "credits": "16.2", "cny": "1.62", "usd": "0.23823529"}


def test_small_amounts_have_no_exponent() -> None:
    listed = rules(TABLE.model_copy(update={"element_units": Decimal("0.001")}))
    assert listed["kling-custom-element"]["components"][0]["rate"]["credits"] == "0.0000001"


async def test_an_unknown_model_has_no_price(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/v1/catalog/models/kling-o9/pricing-rules")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
