"""The schema's fields as components: each `Input` becomes one, with its title, its help and its limits."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.base import Component

from ui import storyboard
from ui.fields import Input
from ui.languages import Language
from ui.safe_text import safe_text

SAMPLE = Path(gr.__file__).parent / "media_assets" / "images" / "groot.jpeg"
FEW = 13
"""Choices that still stand side by side."""


def files(payload: Any) -> list[dict[str, Any]]:
    """The files in a picture input's raw payload: one picture or several, in the page or from a program."""
    if isinstance(payload, list):
        return [file for item in payload for file in files(item)]
    if not isinstance(payload, dict):
        return []
    file = payload.get("image", payload)
    return [file] if isinstance(file, dict) and file.get("path") else []


def paths(payload: Any) -> list[Path]:
    """Where those files lie.

    Events run with `preprocess=False`, so that Gradio never opens a picture: a small file may unpack to gigabytes.
    That a path lies among Gradio's own uploads is checked by Gradio before.
    """
    return [Path(file["path"]) for file in files(payload)]


def thumbnails(payload: Any) -> list[tuple[str, str]]:
    """Name and address of each of those files, as the page knows them."""
    return [
        (str(file.get("orig_name") or Path(file["path"]).name), str(file.get("url") or "")) for file in files(payload)
    ]


class Form:
    """The inputs of a request, drawn a few at a time; `parts` holds the component of each by its name."""

    def __init__(self, inputs: list[Input], language: Language) -> None:
        self.inputs = inputs
        self.parts: dict[str, Component] = {}
        self._helps: dict[str, gr.HTML] = {}
        self._drawn_in = language

    def draw(self, items: Iterable[Input]) -> None:
        """Draws these inputs in their order."""
        for item in items:
            self.parts[item.name] = self._component(item)
            if item.kind == "pictures":
                self._helps[item.name] = gr.HTML(_help(item, self._drawn_in), js_on_load=None)

    def changes(self, name: str) -> list[Any]:
        """The events by which a person gives an input another value. A `gr.Image` also calls it a change when it is
        handed the same picture again, and answers to changes hand it over again: that would never end. Whoever fills a
        picture from here goes on by themselves."""
        part = self.parts[name]
        return [part.upload, part.clear] if isinstance(part, gr.Image) else [part.change]

    def speak(self, language: Language) -> dict[Component, Any]:
        """The same inputs in another language, holding what they hold."""
        said: dict[Component, Any] = {
            self.parts[item.name]: gr.update(**_words(item, language)) for item in self.inputs
        }
        return said | {
            self._helps[item.name]: _help(item, language) for item in self.inputs if item.name in self._helps
        }

    def _length(self) -> int:
        return next(int(item.default) for item in self.inputs if item.name == "duration")

    def _component(self, item: Input) -> Component:
        """Its `elem_id` is the input's name."""
        common: dict[str, Any] = {"elem_id": item.name, "elem_classes": ["input", item.kind]}
        common |= _words(item, self._drawn_in)
        match item.kind:
            case "picture":
                return gr.Image(
                    type="filepath",
                    image_mode=None,
                    sources=["upload", "clipboard"],
                    buttons=["fullscreen"],
                    height=220,
                    **common,
                )
            case "pictures":
                return gr.Gallery(
                    type="filepath", interactive=True, columns=4, height=190, object_fit="cover", buttons=[], **common
                )
            case "choice" if len(item.choices) <= FEW:
                return gr.Radio(value=item.default, **common)
            case "choice":
                return gr.Dropdown(value=item.default, **common)
            case "flag":
                return gr.Checkbox(value=item.default or False, **common)
            case "words":
                return gr.Dropdown([], value=[], multiselect=True, allow_custom_value=True, **common)
            case "shots":
                return storyboard.draw(item, self._length(), self._drawn_in)
            case "text":
                return gr.Textbox(value=item.default or "", lines=item.lines, max_lines=max(item.lines, 12), **common)


def _words(item: Input, language: Language) -> dict[str, Any]:
    """What a component says, as its properties."""
    said: dict[str, Any] = {"label": language.title(item)}
    match item.kind:
        case "picture":
            return said | {"placeholder": language.help(item)}
        case "pictures":
            return said
        case "shots":
            return {"words": storyboard.words(item, language)}
        case "choice":
            return said | {"info": language.help(item), "choices": language.choices(item)}
        case "flag" | "words":
            return said | {"info": language.help(item)}
        case "text":
            return said | {"info": language.help(item), "placeholder": language.example(item)}


def _help(item: Input, language: Language) -> str:
    return f"<p class='help'>{safe_text(language.help(item))}</p>"
