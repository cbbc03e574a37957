"""What keeps a form from being sent: a sentence beside each input concerned, which stays until that input changes.

Gradio's own validators are not used: it takes their sentences back at the next answer of any event that reads the
input, even of one that was asked before the press.
"""

from collections.abc import Iterable, Mapping
from secrets import token_urlsafe
from typing import Any

import gradio as gr

from ui.events import QUICK
from ui.form import Form
from ui.safe_text import safe_data


class Complaints:
    """One for the page. `complaints.js` puts each sentence into its input and leads the eye to the first."""

    def draw(self) -> None:
        self.part = gr.HTML("", elem_id="complaints", js_on_load=None)

    def wire(self, forms: Iterable[Form]) -> None:
        """What is changed is no longer complained of. The browser sees to that alone, at once."""
        for form in forms:
            for item in form.inputs:
                gr.on(
                    form.changes(item.name),
                    None,
                    js=f"() => {{ document.dispatchEvent(new CustomEvent('mended', {{detail: {item.name!r}}})) }}",
                    api_visibility="private",
                )

    def forget(self, filled: Any) -> None:
        """After the form was filled from here, which a picture does not call a change."""
        filled.then(lambda: complained({}), None, self.part, **QUICK)


def complained(found: Mapping[str, str]) -> str:
    """The sentences by their inputs, as the page takes them. Every press says anew what is wrong."""
    said: dict[str, Any] = {"press": token_urlsafe(6), "found": dict(found)}
    return f"<div hidden data-complaints='{safe_data(said)}'></div>"
