"""What the account holds, what it may ask for, and what that costs."""

from typing import Any

from client.prices import TABLE
from sandbox.answers import CreditsAnswer, CreditsErrorAnswer, ModelList, ModelRow, Purse, Purses
from sandbox.envelopes import Refusal
from sandbox.gate import REFUSALS, api_router
from sandbox.parts import Here
from sandbox.price_list import meta, rules
from sandbox.requests import MODELS

router = api_router()
public = api_router(public=True)


@router.get(
    "/credits",
    name="credits",
    response_model_exclude_none=True,
    responses={status: {"model": CreditsErrorAnswer} for status in REFUSALS},
)
async def account(here: Here) -> CreditsAnswer:
    """What is left of the account. Credits that are reserved are not left."""
    left = round(here.settings.credits - here.tasks.credits_held(), 4)
    used = round(here.tasks.credits_used(), 4)
    return CreditsAnswer(
        data=Purses(
            token=Purse(remaining_credits=left, used_credits=used, unlimited_credits=False),
            user=Purse(remaining_credits=left, used_credits=used),
        )
    )


@router.get("/models", name="models")
async def models() -> ModelList:
    """What can be asked for here."""
    return ModelList(data=[ModelRow(id=model) for model in MODELS])


@public.get("/catalog/pricing-rules", name="price_list")
async def price_list() -> dict[str, Any]:
    """What everything costs. Public: no key is asked for."""
    return {"meta": meta(TABLE), "models": list(rules(TABLE).values())}


@public.get("/catalog/models/{model}/pricing-rules", name="price_rules")
async def price_rules(model: str) -> dict[str, Any]:
    """What one model costs. Public: no key is asked for."""
    found = rules(TABLE).get(model)
    if found is None:
        raise Refusal(404)
    return {"meta": meta(TABLE), "model": found}
