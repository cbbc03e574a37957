"""A page with little more than the storyboard: `python -m tests.browser.storyboard_app PORT`."""

import json
import sys
from pathlib import Path
from typing import Any

import gradio as gr
import uvicorn
from fastapi import FastAPI

import ui
from ui.complaints import Complaints, complained
from ui.fields import inputs
from ui.gate import assets
from ui.languages import language
from ui.storyboard import draw, words
from ui.theme import theme

LENGTH = 9
OTHERS = [{"prompt": "A heron lands", "duration": "2"}, {"prompt": "<b>It</b> looks up", "duration": "7"}]
SENTENCE = "Write at least one shot."
HEAD = """<script type="module">
import { complain } from "/house/complaints.js";
new MutationObserver(complain).observe(document.body, { childList: true, subtree: true });
</script>"""


def page() -> gr.Blocks:
    """The storyboard, and buttons that do to it what the page around it may do."""
    item = next(item for item in inputs() if item.kind == "shots")
    spanish = {key: f"¡{text}!" for key, text in words(item, language("en")).items()} | {"language": "es"}
    with gr.Blocks(title="Storyboard") as blocks:
        gr.HTML("<h1>Storyboard</h1>", js_on_load=None)
        with gr.Row(elem_id="columns"), gr.Column(elem_id="give"):
            way = gr.Radio(["One shot", "Storyboard"], value="Storyboard", label="Way", elem_classes=["choice"])
            length = gr.Radio([3, 5, 9, 15], value=LENGTH, label="Length", elem_classes=["choice"])
            shots = draw(item, LENGTH, language("en"))
            heard, received = gr.Textbox("0", label="Heard"), gr.Textbox(label="Received", interactive=True)
            create, other, speak, refuse = map(gr.Button, ("Create", "Another clip", "Another language", "Refuse"))
            complaints = Complaints()
            complaints.draw()
        way.input(lambda chosen: gr.HTML(visible=chosen == "Storyboard"), way, shots)
        length.change(lambda seconds: gr.HTML(length=seconds), length, shots)
        create.click(_received, inputs_kwargs={"shots": shots}, outputs=received, preprocess=False)
        other.click(lambda: (OTHERS, LENGTH), outputs=[shots, length])
        speak.click(lambda: gr.HTML(words=spanish), outputs=shots)
        refuse.click(lambda: complained({item.name: SENTENCE}), outputs=complaints.part)
        shots.input(lambda count: str(int(count) + 1), heard, heard)
    return blocks.queue()


def _received(**values: Any) -> str:
    return json.dumps(values["shots"])


def web() -> FastAPI:
    app = FastAPI()
    app.mount("/house", assets())
    room = Path(ui.__file__).parent
    return gr.mount_gradio_app(
        app,
        page(),
        path="/",
        theme=theme(),
        css_paths=[room / "style.css", room / "storyboard.css"],
        head=HEAD,
        footer_links=[],
        ssr_mode=False,
    )


if __name__ == "__main__":
    uvicorn.run(web(), port=int(sys.argv[1]), log_level="warning")
