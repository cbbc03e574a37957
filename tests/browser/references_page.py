"""A small page with the references alone, for tests: `python references_page.py PORT`."""

import base64
import sys
from pathlib import Path

import gradio as gr
import uvicorn
from fastapi import FastAPI

from tests.pictures import jpeg
from ui import references
from ui.gate import assets
from ui.languages import language
from ui.references import chips
from ui.theme import theme

STYLES = [Path(references.__file__).parent / name for name in ("style.css", "references.css")]
THUMBNAIL = f"data:image/jpeg;base64,{base64.b64encode(jpeg(96, 64)).decode()}"
SAID = language("en")
ALL = chips(SAID, first=THUMBNAIL, references=["/house/icon.png", ""], elements=[("Mia", THUMBNAIL)])
STRANGE = chips(
    SAID,
    first="https://elsewhere.example.org/a.png",
    references=["javascript:alert(1)", "data:image/svg+xml,<svg/>", "//elsewhere.example.org/a.png", "/house/gone.png"],
    elements=[("<img src=x onerror=alert(1)>", "data:text/html,x")],
)
CHOICES = {"All": ALL, "First alone": ALL[:1], "None": [], "Strange": STRANGE}


def page() -> gr.Blocks:
    with gr.Blocks(title="References") as page, gr.Row(elem_id="columns"):
        with gr.Column(elem_id="give", min_width=320):
            gr.HTML("<h1>References</h1>", js_on_load=None)
            prompt = gr.Textbox(label="What should happen?", lines=4, elem_id="prompt")
            with gr.Column(elem_id="storyboard"):
                gr.Textbox(label="Shot 1", lines=2)
                gr.Textbox(label="Shot 2", lines=2, max_length=40)
            row = references.draw(SAID)
        with gr.Column(elem_id="get", min_width=320):
            heard = gr.Textbox(label="What Python hears", elem_id="heard")
            for name, found in CHOICES.items():
                gr.Button(name).click(lambda found=found: found, outputs=row, queue=False)
            german = {"title": "Im Text nennen", "hint": "Oder @ tippen.", "menu": "Bilder"}
            gr.Button("German").click(lambda: gr.update(words=german), outputs=row, queue=False)
        prompt.change(lambda text: text, prompt, heard, queue=False)
    return page


if __name__ == "__main__":
    app = FastAPI()
    app.mount("/house", assets())
    gr.mount_gradio_app(app, page(), path="/", theme=theme(), css_paths=STYLES, footer_links=[], run_history=False)
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
