"""What every answer says to the browser about what it may do with it."""

from collections.abc import Iterable, Mapping
from typing import Final

Headers = Iterable[tuple[bytes, bytes]]

NONCE: Final = "firstframe.nonce"
"""Where in the scope of a request the mark of its page's scripts stands."""
EMBEDDERS: Final = "'self' https://huggingface.co https://*.hf.space"
"""Who may show the page in a frame: the site around a Space."""
PAGE: Final = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "frame-src": "'none'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": EMBEDDERS,
}
"""Gradio makes functions out of text (`js=`, `js_on_load=`) and writes styles as it goes, so those two stay open."""
FILE: Final = {
    "default-src": "'none'",
    "img-src": "'self'",
    "media-src": "'self'",
    "style-src": "'unsafe-inline'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
"""What is no page. A browser shows a bare film or picture in a small page of its own making, with styles."""
ALONE: Final = FILE | {
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "connect-src": "'self'",
    "font-src": "'self'",
}
"""The page of one video. Its bar has a width of its own."""
EVERYWHERE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""A stricter referrer policy would also take the origin out of forms, by which we know our own page."""
NEVER: Final = (b"access-control-", b"server")
"""Nobody else's page may read anything here, whatever Gradio would answer it."""


def policy(directives: Mapping[str, str], *scripts: str) -> str:
    """As a header has it. `scripts`: sources of scripts beside those that are named already."""
    more = {"script-src": " ".join([directives["script-src"], *scripts])} if scripts else {}
    return "; ".join(f"{name} {value}" for name, value in {**directives, **more}.items())


def dressed(headers: Headers, more: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer with ours beside them. What a route says itself counts."""
    kept = [(name.lower(), value) for name, value in headers if not name.lower().startswith(NEVER)]
    said = {name for name, _ in kept}
    ours = [(name.lower().encode(), value.encode()) for name, value in more.items()]
    return kept + [(name, value) for name, value in ours if name not in said]
