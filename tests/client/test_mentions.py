from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.mentions import Kind, LooseEnd, Mention, loose_ends, mentions, token

FIRST_AND_TWO: dict[str, Any] = {"first": True, "references": 2, "last": False, "elements": 0}
NOTHING: dict[str, Any] = {"first": False, "references": 0, "last": False, "elements": 0}


def ends(*texts: str, **form: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(end.rule, end.values) for end in loose_ends(texts, **{**NOTHING, **form})]


@pytest.mark.parametrize(
    ("text", "kind", "number", "misspelt"),
    [
        ("She wears <<<image_2>>>.", "image", 2, False),
        ("<<<element_10>>>", "element", 10, False),
        ("<<< image_1 >>>", "image", 1, True),
        ("<<<Image_1>>>", "image", 1, True),
        ("<<<ELEMENT_3>>>", "element", 3, True),
        ("<<<image 1>>>", "image", 1, True),
        ("<<<image-1>>>", "image", 1, True),
        ("<<<image1>>>", "image", 1, True),
        ("<<<image_01>>>", "image", 1, True),
        ("<<image_1>>", "image", 1, True),
        ("<image_1>", "image", 1, True),
        ("<<<image_1>>", "image", 1, True),
        ("as in @Image1, but", "image", 1, True),
        ("@element_2", "element", 2, True),
    ],
)
def test_a_mention_and_its_near_misses(text: str, kind: Kind, number: int, misspelt: bool) -> None:
    [mention] = mentions(text)
    assert (mention.kind, mention.number, mention.misspelt) == (kind, number, misspelt)
    assert mention.written in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "image_1",
        "<<<image_>>>",
        "<<<video_1>>>",
        "<<<image_1",
        "<<<image_one>>>",
        "<<<image_\u0661>>>",
        "<<<image_1_2>>>",
        f"<<<image_{'1' * 10_000}>>>",
        "me@image1.org",
        "@image12th",
        "@images",
        "an image 1",
    ],
)
def test_what_is_no_mention(text: str) -> None:
    assert mentions(text) == []


def test_mentions_come_in_the_order_of_the_text() -> None:
    assert mentions("<<<element_1>>> holds <<<image_2>>> and @image1") == [
        Mention("element", 1, "<<<element_1>>>"),
        Mention("image", 2, "<<<image_2>>>"),
        Mention("image", 1, "@image1"),
    ]


@given(st.sampled_from(["image", "element"]), st.integers(0, 999_999_999), st.text(), st.text())
def test_a_token_is_found_in_any_text(kind: Kind, number: int, before: str, after: str) -> None:
    [mention] = [found for found in mentions(f"{before} {token(kind, number)} {after}") if not found.misspelt]
    assert (mention.kind, mention.number) == (kind, number)


def test_a_form_in_which_everything_fits() -> None:
    assert ends("<<<image_2>>> meets <<<image_3>>>", **FIRST_AND_TWO) == []
    assert ends("<<<image_2>>>", "then <<<image_3>>>", **FIRST_AND_TWO) == [], "each shot has its own"
    assert ends("The first frame needs no name", first=True) == []
    assert ends("<<<image_1>>> may have one", first=True) == []
    assert ends("No pictures at all") == []
    assert ends("<<<image_1>>> alone", references=1) == [], "without a first frame references count from 1"
    assert ends("<<<image_1>>> and <<<element_1>>>", references=1, elements=1) == []


def test_references_that_no_text_names() -> None:
    assert ends("<<<image_3>>>", **FIRST_AND_TWO) == [("reference_unmentioned", {"token": "<<<image_2>>>"})]
    assert ends("Rain", references=1, elements=2) == [
        ("reference_unmentioned", {"token": "<<<image_1>>>"}),
        ("reference_unmentioned", {"token": "<<<element_1>>>"}),
        ("reference_unmentioned", {"token": "<<<element_2>>>"}),
    ]


@pytest.mark.parametrize("texts", [[], [""], [" \n", ""]])
def test_nothing_is_missing_from_a_text_that_is_not_written_yet(texts: list[str]) -> None:
    assert ends(*texts, **FIRST_AND_TWO) == []


def test_mentions_of_what_is_not_there() -> None:
    assert ends("<<<image_2>>> and <<<image_0>>>", first=True) == [
        ("mention_without_picture", {"written": "<<<image_2>>>"}),
        ("mention_without_picture", {"written": "<<<image_0>>>"}),
    ]
    assert ends("<<<element_1>>>", first=True, references=0) == [
        ("mention_without_picture", {"written": "<<<element_1>>>"})
    ]
    assert ends("@image1, @image1", "@image1") == [("mention_without_picture", {"written": "@image1"})], "once"


def test_where_the_last_frame_counts_is_not_known_so_the_next_number_passes_for_it() -> None:
    assert ends("<<<image_1>>> becomes <<<image_2>>>", first=True, last=True) == []
    assert ends("<<<image_3>>>", first=True, last=True) == [("mention_without_picture", {"written": "<<<image_3>>>"})]


def test_a_misspelt_mention_counts_and_is_told() -> None:
    assert ends("<<< Image_2 >>> meets <<<image_3>>>", **FIRST_AND_TWO) == [
        ("mention_misspelt", {"written": "<<< Image_2 >>>", "token": "<<<image_2>>>"})
    ]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"references": 7}, []),
        ({"references": 4, "elements": 3}, []),
        ({"first": True, "references": 6}, []),
        ({"first": True, "elements": 3}, []),
        ({"elements": 7}, []),
        ({"references": 8}, [("too_many_pictures", {"count": 8, "most": 7})]),
        ({"first": True, "references": 7}, [("too_many_pictures", {"count": 8, "most": 7})]),
        ({"first": True, "last": True, "references": 6}, [("too_many_pictures", {"count": 8, "most": 7})]),
        ({"references": 4, "elements": 4}, [("too_many_pictures", {"count": 8, "most": 7})]),
        ({"elements": 8}, [("too_many_pictures", {"count": 8, "most": 7})]),
        ({"first": True, "elements": 4}, [("too_many_elements", {"count": 4, "most": 3})]),
        (
            {"first": True, "references": 4, "elements": 4},
            [("too_many_pictures", {"count": 9, "most": 7}), ("too_many_elements", {"count": 4, "most": 3})],
        ),
    ],
)
def test_limits(form: dict[str, Any], expected: list[tuple[str, dict[str, Any]]]) -> None:
    assert ends(**form) == expected


@given(st.lists(st.text()), st.booleans(), st.integers(0, 9), st.booleans(), st.integers(0, 9))
def test_no_form_is_too_odd(texts: list[str], first: bool, references: int, last: bool, elements: int) -> None:
    found = loose_ends(texts, first=first, references=references, last=last, elements=elements)
    assert all(isinstance(end, LooseEnd) for end in found)
    assert len({(end.rule, str(end.values)) for end in found}) == len(found), "each thing once"
