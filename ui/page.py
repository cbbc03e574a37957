"""The page in its order. It wires nothing itself."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Literal

import gradio as gr
from fastapi import FastAPI
from gradio.utils import get_upload_folder

from jobs.desk import Desk
from jobs.disk import room_left
from ui.api import Generate
from ui.callback import callbacks
from ui.create import Create
from ui.gate import assets, gate
from ui.guard import Guard
from ui.health import health
from ui.hosts import Hosts
from ui.house import House
from ui.languages import DEFAULT, language
from ui.library import Library, tabs
from ui.nonce import hashes, mark_scripts
from ui.sending import Service
from ui.speaking import Speaking
from ui.theme import theme

TITLE = "Firstframe"
MAX_UPLOAD = "64mb"
"""Well over the limit for pictures, so that our own sentence answers and not a cut connection."""
HERE = Path(__file__).parent
STYLES = ("style.css", "form.css", "storyboard.css", "references.css", "library.css", "batch.css")
"""Later ones may overrule earlier ones."""
STREAMS = 2000
"""Generators that may wait at once. Gradio's default of 40 also holds back those that only wait."""
HEAD = """
<meta name="description" content="Turn a picture into a video.">
<link rel="preload" href="/house/fonts/instrument-sans-latin-wght-normal.woff2" as="font" type="font/woff2" crossorigin>
<script>
if (localStorage.getItem("firstframe-language") || !navigator.language.startsWith("en")) {
  document.documentElement.classList.add("no-words-yet");
  setTimeout(() => document.documentElement.classList.remove("no-words-yet"), 5000);
}
</script>
<script type="module" src="/house/page.js"></script>
"""


def blocks(desk: Desk, service: Service, *, sandbox: bool, public_url: str | None, fleeting: bool = False) -> gr.Blocks:
    """The page's components and events."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=(3600, 86400)) as page:
        owner = gr.BrowserState("", storage_key="firstframe-owner", secret="firstframe")
        speaking = Speaking(sandbox=sandbox)
        speaking.draw()
        house = House(desk, fleeting=fleeting)
        house.draw()
        house.wire(speaking.speech)
        create = Create(desk, owner, speaking.speech, service, sandbox=sandbox)
        library = Library(desk, sandbox=sandbox)
        create_tab, library_tab = tabs()
        with create_tab:
            create.draw()
        with library_tab:
            library.draw(language(DEFAULT))
        create.wire(library.shelf)
        library.wire(library_tab, owner, speaking.speech, create)
        speaking.wire(page, owner, house, create, library, (create_tab, library_tab))
        Generate(desk, sandbox=sandbox, public_url=public_url).offer()
    page.max_threads = STREAMS
    return page.queue()


def web(
    desk: Desk,
    service: Service,
    *,
    mode: Literal["sandbox", "evolink"],
    version: str,
    public_url: str | None,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    fleeting: bool = False,
    hosts: Hosts | None = None,
) -> FastAPI:
    """The whole web application: the guard, our routes, and the page behind them.

    `fleeting`: what is made here is lost at the next restart, which the page then says. `hosts`: the names it answers
    to; without them those of this computer.
    """
    mark_scripts()
    uploads = Path(get_upload_folder()).absolute()
    app = FastAPI(title=TITLE, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.include_router(health(desk.pulse, mode=mode, version=version))
    app.include_router(gate(desk, mode=mode))
    app.include_router(callbacks(desk))
    app.mount("/house", assets())
    app.add_middleware(
        Guard,
        hosts=hosts or Hosts(),
        uploads=uploads,
        room=lambda: room_left(uploads),
        scripts=tuple(hashes(HEAD)),
    )
    return gr.mount_gradio_app(
        app,
        blocks(desk, service, sandbox=mode == "sandbox", public_url=public_url, fleeting=fleeting),
        path="/",
        theme=theme(),
        css_paths=[HERE / name for name in STYLES],
        head=HEAD,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        show_error=False,
        max_file_size=MAX_UPLOAD,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
        favicon_path=str(HERE / "assets" / "icon.png"),
    )
