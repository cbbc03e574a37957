"""The storyboard: shots as cards under a ruler. An own component, drawn by /house/storyboard.js."""

from typing import Any

import gradio as gr

from ui.fields import Input
from ui.languages import Language
from ui.scripts import brought

_ON_LOAD = brought("storyboard", "house.storyboard(element, props, trigger, watch)")


def draw(item: Input, length: int, language: Language, **more: Any) -> gr.HTML:
    """The shots of a video of `length` seconds. The value is what the request wants: `[{"prompt", "duration"}, ...]`.

    Its `input` means that a person changed something, its `change` that anybody did. From outside it takes another
    value, another `length` and other `words`; its seconds add up to the length again by themselves.
    """
    text, _ = item.columns
    return gr.HTML(
        [{"prompt": "", "duration": str(length)}],
        label=item.title,
        html_template="<div></div>",
        js_on_load=_ON_LOAD,
        apply_default_css=False,
        elem_id="storyboard",
        elem_classes=["input", item.kind, item.name],
        length=length,
        words=words(item, language),
        limits={"shots": item.most, "characters": text.most, "lines": text.lines},
        **more,
    )


def words(item: Input, language: Language) -> dict[str, str]:
    """All it says in a language."""
    text, _ = item.columns
    return language.table("storyboard") | {
        "language": language.code,
        "brief": language.say("number.seconds", number="{number}"),
        "title": language.title(item),
        "text": language.title(text),
        "help": language.help(text),
    }
