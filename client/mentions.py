"""What a text mentions: pictures as `<<<image_1>>>`, elements as `<<<element_1>>>`; and what is left loose."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from client.schema import MAX_ELEMENTS_WITH_FIRST_FRAME, MAX_IMAGES_AND_ELEMENTS

Kind = Literal["image", "element"]

_WRITTEN: Final = re.compile(
    r"<{1,4}\s*(image|element)[\s_-]*([0-9]{1,9})\s*>{1,4}|(?<!\w)@(image|element)[\s_-]?([0-9]{1,9})(?!\w)",
    re.IGNORECASE | re.ASCII,
)
"""Wider than what EvoLink documents: a near miss is worth a word, and `@Image1` is how others write it."""


@dataclass(frozen=True)
class Mention:
    """`number` counts from 1; `written` is the mention as it stands in the text."""

    kind: Kind
    number: int
    written: str

    @property
    def misspelt(self) -> bool:
        return self.written != token(self.kind, self.number)


@dataclass(frozen=True)
class LooseEnd:
    """Something worth a word beside the form, never a refusal. `rule` and `values` are for translation."""

    rule: str
    values: dict[str, Any]


def token(kind: Kind, number: int) -> str:
    """How a text calls a picture or an element."""
    return f"<<<{kind}_{number}>>>"


def mentions(text: str) -> list[Mention]:
    """Every mention in the order of the text, misspelt ones too."""
    return [
        Mention(cast(Kind, (found[1] or found[3]).lower()), int(found[2] or found[4]), found[0])
        for found in _WRITTEN.finditer(text)
    ]


def loose_ends(texts: Sequence[str], *, first: bool, references: int, last: bool, elements: int) -> list[LooseEnd]:
    """What does not fit together in a form as it stands, each thing once.

    `texts` are those that count: the shots of a storyboard, otherwise the prompt. As long as nothing is written,
    nothing is missing from it. EvoLink counts the first frame, then the references. Where it counts the last frame is
    not documented, so the number after the references passes for it.
    """
    mentioned = dict.fromkeys(mention for text in texts for mention in mentions(text))
    known: dict[Kind, range] = {
        "image": range(1, first + references + last + 1),
        "element": range(1, elements + 1),
    }
    to_mention = [token("image", first + number) for number in range(1, references + 1)]
    to_mention += [token("element", number) for number in known["element"]]
    named = {token(mention.kind, mention.number) for mention in mentioned}
    started = any(text.strip() for text in texts)
    return [
        *_too_many(first + references + last, elements, first=first),
        *(end for mention in mentioned if (end := _wrong(mention, known))),
        *(LooseEnd("reference_unmentioned", {"token": name}) for name in to_mention if started and name not in named),
    ]


def _too_many(images: int, elements: int, *, first: bool) -> Iterator[LooseEnd]:
    if images + elements > MAX_IMAGES_AND_ELEMENTS:
        yield LooseEnd("too_many_pictures", {"count": images + elements, "most": MAX_IMAGES_AND_ELEMENTS})
    if first and elements > MAX_ELEMENTS_WITH_FIRST_FRAME:
        yield LooseEnd("too_many_elements", {"count": elements, "most": MAX_ELEMENTS_WITH_FIRST_FRAME})


def _wrong(mention: Mention, known: dict[Kind, range]) -> LooseEnd | None:
    if mention.number not in known[mention.kind]:
        return LooseEnd("mention_without_picture", {"written": mention.written})
    if mention.misspelt:
        return LooseEnd("mention_misspelt", {"written": mention.written, "token": token(mention.kind, mention.number)})
    return None
