"""What a text can mention: pictures and elements as chips, put at the cursor by a press or by typing `@`."""

from collections.abc import Sequence

import gradio as gr

from client.mentions import token
from ui.languages import Language
from ui.scripts import brought

Chip = dict[str, str]


def draw(language: Language) -> gr.HTML:
    """An empty row of chips. Give it a list of them as `value`, and `words` again in another language."""
    return gr.HTML(
        [],
        html_template="",
        apply_default_css=False,
        elem_id="references",
        js_on_load=brought("references", "house.show(element, props, watch)"),
        words=words(language),
    )


def words(language: Language) -> dict[str, str]:
    """What the row says by itself."""
    return {
        "title": language.say("references.title"),
        "hint": language.say("references.hint"),
        "menu": language.say("references.menu"),
        "moved": language.say("references.moved", name="{name}"),
    }


def chips(
    language: Language, *, first: str | None, references: Sequence[str], elements: Sequence[tuple[str, str]]
) -> list[Chip]:
    """A chip for each thing that has a number: the first frame, the references, the elements by name and thumbnail.

    Thumbnails are addresses on our own origin, JPEG data URLs, or empty. A last frame gets no chip: EvoLink does not
    say how to call it.
    """
    images = [(language.say("references.first_frame"), first)] if first is not None else []
    images += [(language.say("references.reference"), thumbnail) for thumbnail in references]
    return [
        _chip(language, token("image", number), language.say("references.image", number=number), title, thumbnail)
        for number, (title, thumbnail) in enumerate(images, start=1)
    ] + [
        _chip(language, token("element", number), name, language.say("references.element", number=number), thumbnail)
        for number, (name, thumbnail) in enumerate(elements, start=1)
    ]


def _chip(language: Language, written: str, name: str, title: str, thumbnail: str) -> Chip:
    label = language.say("references.put", name=name, title=title)
    return {"token": written, "name": name, "title": title, "thumbnail": thumbnail, "label": label}
