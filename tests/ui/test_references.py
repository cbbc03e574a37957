from client.mentions import loose_ends
from ui.languages import language
from ui.references import chips

SAID = language("en")


def test_chips_are_numbered_as_the_text_counts() -> None:
    found = chips(SAID, first="/a", references=["/b", ""], elements=[("Mia", "/m")])
    assert [(chip["token"], chip["name"], chip["title"], chip["thumbnail"]) for chip in found] == [
        ("<<<image_1>>>", "Image 1", "First frame", "/a"),
        ("<<<image_2>>>", "Image 2", "Reference", "/b"),
        ("<<<image_3>>>", "Image 3", "Reference", ""),
        ("<<<element_1>>>", "Mia", "Element 1", "/m"),
    ]
    assert found[1]["label"] == "Put Image 2 (Reference) into the text"


def test_without_a_first_frame_references_count_from_one() -> None:
    assert [chip["token"] for chip in chips(SAID, first=None, references=["/b"], elements=[])] == ["<<<image_1>>>"]
    assert chips(SAID, first=None, references=[], elements=[]) == []


def test_whoever_takes_every_chip_leaves_nothing_loose() -> None:
    tokens = [chip["token"] for chip in chips(SAID, first="", references=["", ""], elements=[("Mia", ""), ("Bo", "")])]
    assert loose_ends([" ".join(tokens)], first=True, references=2, last=False, elements=2) == []
