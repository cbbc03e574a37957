"""What stands above the button: what is missing or loose, the price, the balance. Escaped markup."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from client.prices import PriceTable
from ui import receipt
from ui.languages import Language
from ui.reckoning import Reckoning
from ui.safe_text import safe_data, safe_text, safe_value


def label(reckoning: Reckoning, language: Language, *, sandbox: bool) -> str:
    """The words of the button."""
    if reckoning.several:
        return receipt.button(reckoning.several, reckoning.credits, language, sandbox=sandbox)
    credits = language.credits(reckoning.credits)
    return language.say("bar.would_create", credits=credits) if sandbox else language.say("bar.create", credits=credits)


def bar(reckoning: Reckoning, table: PriceTable, balance: Decimal | None, language: Language, *, sandbox: bool) -> str:
    """The lines above the button. What the form itself shows of it goes along as data, for the page's script."""
    lines = [*_missing(reckoning, language), *_loose(reckoning, language)]
    lines.append(f"<p class='price'>{safe_text(_price(reckoning, table, language, sandbox=sandbox))}</p>")
    if balance is not None and not sandbox:
        lines.append(_balance(reckoning, balance, language))
    data = safe_data(_for_the_form(reckoning, language))
    return f"<div class='reckoning' data-form='{data}'>{''.join(lines)}</div>"


def _missing(reckoning: Reckoning, language: Language) -> Iterable[str]:
    if reckoning.missing:
        links = safe_text(language.say("number.list"), lines=True).join(
            f"<button type='button' data-jump='{safe_value(name)}'>{safe_text(language.of('missing', what))}</button>"
            for what, name in reckoning.missing
        )
        yield f"<p class='missing'>{safe_text(language.say('bar.missing'))} {links}</p>"


def _loose(reckoning: Reckoning, language: Language) -> Iterable[str]:
    """One line for each kind of loose end, however many there are of it."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for end in reckoning.loose:
        kinds.setdefault(end.rule, []).append(end.values)
    for rule, all_values in kinds.items():
        values = all_values[0]
        if len(all_values) > 1:
            values = {name: language.listed(str(one[name]) for one in all_values) for name in values}
        look = " data-advice" if rule == "reference_unmentioned" else ""
        yield f"<p class='loose'{look}>{safe_text(language.of('loose', rule, **values))}</p>"


def _price(reckoning: Reckoning, table: PriceTable, language: Language, *, sandbox: bool) -> str:
    if reckoning.several > 1:
        return receipt.total(reckoning.several, reckoning.each, table, language, sandbox=sandbox)
    said = {"credits": language.credits(reckoning.credits), "dollars": language.dollars(reckoning.dollars)}
    if sandbox:
        return language.say("bar.would_cost", **said)
    return language.say("bar.will_cost", date=language.date(table.dated), **said)


def _balance(reckoning: Reckoning, balance: Decimal, language: Language) -> str:
    if balance < reckoning.credits:
        said = {"balance": language.credits(balance), "credits": language.credits(reckoning.credits)}
        return f"<p class='balance too-little'>{safe_text(language.say('bar.too_little', **said))}</p>"
    return f"<p class='balance'>{safe_text(language.say('bar.balance', credits=language.credits(balance)))}</p>"


def _for_the_form(reckoning: Reckoning, language: Language) -> dict[str, Any]:
    """`notes`: price differences beside choices; `labels`: choices that are called otherwise now; `closed`: reasons."""
    notes = {
        name: {str(value): language.difference(more) for value, more in choices.items() if more}
        for name, choices in reckoning.differences.items()
    }
    labels = {"aspect_ratio": {"": language.say("form.shape_free")}} if reckoning.first is None else {}
    closed = {name: language.of("closed", why) for name, why in reckoning.closed.items()}
    return {"notes": notes, "labels": labels, "closed": closed}
