"""What the form as it stands comes to, before anything is sent: its price, what is missing, closed or loose. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import PurePath
from typing import Any, Final

from client.mentions import LooseEnd, loose_ends
from client.order import UPLOAD, without_empty
from client.prices import Choice, PriceTable, differences
from client.schema import MODEL
from ui.fields import Input
from ui.form import paths, thumbnails
from ui.values import request_values

STORYBOARD: Final = "model_params__multi_shot"
SHOTS: Final = "model_params__multi_prompt"
ELEMENTS: Final = "model_params__element_list"


@dataclass(frozen=True)
class Reckoning:
    """`missing`: what Create would ask for, with the input to go to. `closed`: inputs that wait for others, and why."""

    credits: Decimal
    """For all of it."""
    dollars: Decimal
    each: Decimal
    several: int
    """Pictures of a batch, a video for each of them; 0 for none."""
    differences: Mapping[str, Mapping[Any, Decimal]]
    missing: Sequence[tuple[str, str]]
    closed: Mapping[str, str]
    loose: Sequence[LooseEnd]
    body: Mapping[str, Any]
    first: str | None
    references: Sequence[str]
    """Addresses of the pictures that texts can mention, as the page knows them."""


def reckon(values: Mapping[str, Any], inputs: Sequence[Input], table: PriceTable, *, several: int = 0) -> Reckoning:
    """`values` as the page sends them, pictures as files of the upload folder."""
    first, last = bool(paths(values["image_start"])), bool(paths(values["image_end"]))
    references, elements = len(paths(values["image_urls"])), len(picked(values))
    each = table.credits(chosen(values))
    credits = each * max(1, several)
    return Reckoning(
        credits=credits,
        dollars=table.dollars(credits),
        each=each,
        several=several,
        differences=differences(chosen(values), table),
        missing=_missing(values, pictures=first or references or elements),
        closed=_closed(first=first, last=last, references=references, several=several),
        loose=[
            *loose_ends(_texts(values), first=first, references=references, last=last, elements=elements),
            *_unfitting(values, inputs),
        ],
        body=_body(values, inputs),
        first=next((address for _, address in thumbnails(values["image_start"])), None),
        references=[address for _, address in thumbnails(values["image_urls"])],
    )


def chosen(values: Mapping[str, Any]) -> Choice:
    """What the price depends on."""
    return Choice(int(values["duration"]), str(values["quality"]), str(values["sound"]))


def picked(values: Mapping[str, Any]) -> list[str]:
    """The ids of the elements that were picked or typed."""
    return [str(word) for word in values[ELEMENTS] or [] if str(word).strip()]


def _missing(values: Mapping[str, Any], *, pictures: object) -> list[tuple[str, str]]:
    missing = [] if pictures else [("picture", "image_start")]
    texts = _texts(values)
    if texts and all(text.strip() for text in texts):
        return missing
    return [*missing, ("shot", "storyboard") if values[STORYBOARD] else ("prompt", "prompt")]


def _closed(*, first: bool, last: bool, references: int, several: int) -> dict[str, str]:
    """An input that holds something is closed for no other reason than a batch, or nobody could empty it again."""
    closed = {"image_start": "by_batch"} if several else {}
    if not last and references:
        closed["image_end"] = "by_references"
    elif not last and not first:
        closed["image_end"] = "needs_start"
    if last and not references:
        closed["image_urls"] = "by_end"
    return closed


def _unfitting(values: Mapping[str, Any], inputs: Sequence[Input]) -> list[LooseEnd]:
    """What Create would refuse, said while there is time: a text too long, seconds that are not those of the video."""
    most = next(item.most for item in inputs if item.name == "prompt")
    if not values[STORYBOARD]:
        count = len(str(values["prompt"] or "").strip())
        return [LooseEnd("too_long", {"count": count, "most": most})] if most and count > most else []
    total = sum(int(shot.get("duration") or 0) for shot in values[SHOTS] or [])
    length = int(values["duration"])
    return [LooseEnd("shots_sum", {"total": total, "length": length})] if total != length else []


def _texts(values: Mapping[str, Any]) -> list[str]:
    """The texts that count."""
    if values[STORYBOARD]:
        return [str(shot.get("prompt", "")) for shot in values[SHOTS] or []]
    return [str(values["prompt"] or "")]


def _body(values: Mapping[str, Any], inputs: Sequence[Input]) -> dict[str, Any]:
    """What would be sent, with the names of the files where their addresses will be."""
    named = dict(values)
    for item in inputs:
        if item.kind in ("picture", "pictures"):
            names = [f"{UPLOAD}{_file_name(name)}" for name, _ in thumbnails(values[item.name])]
            named[item.name] = names if item.kind == "pictures" else next(iter(names), None)
    body: dict[str, Any] = without_empty({"model": MODEL, **request_values(named, inputs)})
    return body


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", PurePath(name).name, flags=re.ASCII) or "picture"
