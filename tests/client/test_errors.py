import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client import errors
from client.errors import EvoLinkError
from client.plain import plain


def test_the_tree_at_the_top_of_the_file_is_the_tree() -> None:
    def branches(kind: type[EvoLinkError], depth: int = 0) -> list[tuple[int, str]]:
        return [(depth, kind.__name__), *(row for sub in kind.__subclasses__() for row in branches(sub, depth + 1))]

    drawn = []
    for line in inspect.getdoc(errors).splitlines():
        name = next((word for word in line.replace("│", " ").split() if word[0].isupper()), "")
        if inspect.isclass(getattr(errors, name, None)):
            drawn.append((line.index(name) // 4, name))
    assert drawn == branches(EvoLinkError)


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=100))
def test_plain_text_is_one_printable_line(text: str) -> None:
    assert all(mark.isprintable() or not mark.isascii() for mark in plain(text))
    assert "\n" not in plain(text)
    plain(text).encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb", "a b"),
        ("a\u2028b", "a b"),
        ("\u202eabc\u202c", "abc"),
        ("a\x00b", "a b"),
        ("日本語 ok", "日本語 ok"),
        ("a\ud800b", "ab"),
    ],
)
def test_plain(text: str, expected: str) -> None:
    assert plain(text) == expected
