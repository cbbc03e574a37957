"""What Firstframe refuses to start with, and the sentence that says how to go on. Decided before Gradio is imported."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Final
from urllib.parse import urlsplit

from ui.hosts import HOST, loopback

NO: Final = ("", "0", "false", "no", "off")
OPENING: Final = {
    "GRADIO_SHARE": "would put this page on a public address of Gradio's",
    "GRADIO_MCP_SERVER": "would open a second door, which nobody guards",
    "GRADIO_VIBE_MODE": "would let visitors rewrite the program",
    "GRADIO_PROFILING": "would show strangers what others do here",
    "GRADIO_WATCH_DIRS": "would load whatever is put into a folder, while people work",
    "GRADIO_ALLOWED_PATHS": "would show files of this computer to everybody",
    "GRADIO_ROOT_PATH": "would send the page's requests, pictures with them, to another address",
    "GRADIO_LOCAL_DEV_MODE": "would let pages of other sites speak to this one",
}
"""Settings of Gradio's that open doors, and what each would do. Some of them count as set whatever they say."""
ANY_WORD: Final = {"GRADIO_VIBE_MODE", "GRADIO_WATCH_DIRS", "GRADIO_ALLOWED_PATHS", "GRADIO_LOCAL_DEV_MODE"}


@dataclass(frozen=True)
class Start:
    """What there is to start with. The modes tell who may read a folder: None where it is missing, or nobody knows.

    `user`: who starts it, as the system calls them.
    """

    host: str = "127.0.0.1"
    public_url: str | None = None
    on_a_space: bool = False
    keyed: bool = False
    open: bool = False
    hosts: tuple[str, ...] = ()
    data: Path = Path("data")
    data_mode: int | None = None
    data_writable: bool = True
    uploads: Path = Path("data/gradio")
    uploads_mode: int | None = None
    user: str = "1000"

    @property
    def reached(self) -> bool:
        """Whether anybody but this computer can come here."""
        public = urlsplit(self.public_url).hostname if self.public_url else None
        names = (self.host, *self.hosts, *([public] if public else []))
        return self.on_a_space or not all(map(loopback, names))


def refusal(start: Start, environment: Mapping[str, str]) -> str | None:
    """The first reason not to start. Pure."""
    for name, harm in OPENING.items():
        said = environment.get(name, "").strip().lower()
        if said and (name in ANY_WORD or said not in NO):
            return f"{name} {harm}, so Firstframe does not start with it. Take it out of the environment."
    return next((sentence for reason in REASONS if (sentence := reason(start))), None)


def _open_purse(start: Start) -> str | None:
    if not (start.keyed and start.reached) or start.open:
        return None
    return (
        "Others can reach this address, and every video they make is paid with your EVOLINK_API_KEY. If that is what "
        "you want, set FIRSTFRAME_OPEN=yes: everybody who reaches this address may then spend the key's credits. "
        "If not, take the key out, or set GRADIO_SERVER_NAME=127.0.0.1."
    )


def _bare_address(start: Start) -> str | None:
    parts = urlsplit(start.public_url or "https://space")
    if parts.scheme == "https" or loopback(parts.hostname or ""):
        return None
    return "PUBLIC_URL has to begin with https://, or everybody on the way could read along and change what is sent."


def _address_below(start: Start) -> str | None:
    parts = urlsplit(start.public_url or "https://space")
    if parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username):
        return None
    return "PUBLIC_URL has to end with the name, as in https://video.example.org: Firstframe lives in no folder of it."


def _no_names(start: Start) -> str | None:
    found = {name: HOST.fullmatch(name.lower()) for name in start.hosts}
    wrong = [name for name, host in found.items() if not host or host["name"] != name.lower()]
    if not wrong:
        return None
    return f"FIRSTFRAME_HOSTS holds names with commas between them, as in video.example.org; {wrong[0]!r} is none."


def _no_room_of_its_own(start: Start) -> str | None:
    if start.data_writable:
        return None
    return (
        f"Nothing can be written to {start.data}, so no video could be kept. Name another folder in FIRSTFRAME_DATA, or"
        f" give this one to whoever starts Firstframe: chown -R {start.user} {quote(str(start.data))}"
    )


def _open_data(start: Start) -> str | None:
    return None if start.on_a_space else _open_folder(start.data, start.data_mode)


def _open_uploads(start: Start) -> str | None:
    return None if start.on_a_space else _open_folder(start.uploads, start.uploads_mode)


def _open_folder(folder: Path, mode: int | None) -> str | None:
    """On a Space nobody else is there, and nobody could run the command."""
    if mode is None or not mode & 0o077:
        return None
    return (
        f"Other users of this computer can look into {folder}, where videos and orders lie."
        f" Run: chmod 700 {quote(str(folder))}"
    )


REASONS: Final[tuple[Callable[[Start], str | None], ...]] = (
    _bare_address,
    _address_below,
    _no_names,
    _open_purse,
    _no_room_of_its_own,
    _open_data,
    _open_uploads,
)
"""In the order in which they are looked at."""


def mode_of(folder: Path) -> int | None:
    """Who may do what with a folder. Windows has other ways to say that."""
    if os.name == "nt":
        return None
    try:
        return folder.stat().st_mode & 0o777
    except OSError:
        return None


def writable(folder: Path) -> bool:
    """Whether things can be put into a folder, or it can be made."""
    there = next((place for place in (folder, *folder.absolute().parents) if os.path.exists(place)), folder)
    return os.path.isdir(there) and os.access(there, os.W_OK | os.X_OK)
