"""What a batch says before, while and after it is sent. Pure functions to escaped markup."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from client.faults import Remedy
from client.prices import PriceTable
from ui.form import thumbnails
from ui.languages import Language
from ui.safe_text import safe_text, safe_value


class Line(NamedTuple):
    """A picture, and what is done to it or why it is not sent."""

    payload: dict[str, Any]
    fixes: Sequence[Remedy] = ()
    sentence: str = ""


def asking(lines: Sequence[Line], each: Decimal, table: PriceTable, spoken: Language, *, sandbox: bool) -> str:
    """How many, from which pictures, for how much in all; then the one button."""
    count = sum(not line.sentence for line in lines)
    match count:
        case 0:
            title = spoken.say("batch.none")
        case 1:
            title = spoken.say("batch.ask_one")
        case _:
            title = spoken.say("batch.ask", count=count)
    send = "" if not count else _send(button(count, each * count, spoken, sandbox=sandbox))
    price = f"<p>{safe_text(total(count, each, table, spoken, sandbox=sandbox))}</p>" if count else ""
    back = f"<button type='button' class='back' data-back>{safe_text(spoken.say('batch.back'))}</button>"
    listed = "".join(_listed(line, _fate(line, spoken), spoken) for line in lines)
    return _framed(f"<h2 data-announce>{safe_text(title)}</h2><ul>{listed}</ul>{price}<div>{send}{back}</div>")


def sending(number: int, count: int, spoken: Language) -> str:
    said = safe_text(spoken.say("batch.sending", number=number, count=count))
    return _framed(f"<p role='status'>{said}</p>")


def sent(started: int, left: Sequence[Line], spoken: Language) -> str:
    """How many were started; with those that were not, why, and a button for them."""
    if not left:
        one = started == 1
        said = spoken.say("batch.started_one") if one else spoken.say("batch.started", count=started)
        return _framed(f"<p role='status' data-over>{safe_text(said)}</p>")
    numbers = {"started": started, "count": started + len(left)}
    if len(left) == 1:
        said, again = spoken.say("batch.partly_one", **numbers), spoken.say("batch.rest_one")
    else:
        said = spoken.say("batch.partly", left=len(left), **numbers)
        again = spoken.say("batch.rest", left=len(left))
    listed = "".join(_listed(line, line.sentence, spoken) for line in left)
    return _framed(f"<p role='status'>{safe_text(said)}</p><ul>{listed}</ul><div>{_send(again)}</div>")


def button(count: int, credits: Decimal, spoken: Language, *, sandbox: bool) -> str:
    """The words of the button, which tell the number and the total."""
    said = spoken.credits(credits)
    if count == 1:
        return spoken.say("bar.would_create", credits=said) if sandbox else spoken.say("bar.create", credits=said)
    if sandbox:
        return spoken.say("batch.would_create", count=count, credits=said)
    return spoken.say("batch.create", count=count, credits=said)


def total(count: int, each: Decimal, table: PriceTable, spoken: Language, *, sandbox: bool) -> str:
    """The one total, and what it is made of."""
    credits = each * count
    said = {
        "count": count,
        "each": spoken.credits(each),
        "credits": spoken.credits(credits),
        "dollars": spoken.dollars(table.dollars(credits)),
    }
    if sandbox:
        return spoken.say("batch.would_cost", **said)
    return spoken.say("batch.will_cost", date=spoken.date(table.dated), **said)


def help(spoken: Language) -> str:
    return f"<p class='help'>{safe_text(spoken.say('batch.help'))}</p>"


def _fate(line: Line, spoken: Language) -> str:
    """What would become of a picture."""
    if line.sentence:
        return spoken.say("batch.left_out", sentence=line.sentence)
    if line.fixes:
        return spoken.listed(spoken.of("mended", fix) for fix in line.fixes)
    return spoken.say("batch.as_it_is")


def _listed(line: Line, said: str, spoken: Language) -> str:
    ((name, address),) = thumbnails(line.payload)
    look = " class='left'" if line.sentence else ""
    return f"<li{look}><img src='{safe_value(address)}' alt=''><span>{safe_text(spoken.titled(name, said))}</span></li>"


def _send(said: str) -> str:
    return f"<button type='button' class='send' data-send>{safe_text(said)}</button>"


def _framed(inside: str) -> str:
    return f"<section class='many'>{inside}</section>"
