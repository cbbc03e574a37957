"""Which names this house answers to, and whether a request comes from a page of its own."""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

HOST: Final = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?", re.ASCII)
NEAR: Final = (".local", ".lan", ".home", ".corp", ".internal", ".home.arpa")
"""Endings that nobody can buy a name under, so no stranger's page can claim to be one."""
PORTS: Final = {"http": ":80", "https": ":443"}


class Hosts:
    """The names after which people may ask.

    A page of a stranger can let its own name point to this machine and then speak to it as if it were at home. So a
    house that only this computer reaches answers to the names of this computer, and one that others reach answers to
    addresses in digits and to names of a home or office network as well. Any other name has to be told beforehand.
    """

    def __init__(self, names: Iterable[str] = (), *, bind: str = "127.0.0.1", origin: str | None = None) -> None:
        self._near = not loopback(bind)
        self._origin = origin.lower() if origin else None
        public = {urlsplit(origin).hostname} if origin else set()
        self._names = {*(name.lower().rstrip(".") for name in names), bind.lower(), *public}

    def know(self, host: str) -> bool:
        """Whether the header `Host` names this house."""
        found = HOST.fullmatch(host.lower())
        if not found:
            return False
        name = found["name"].strip("[]").rstrip(".")
        return loopback(name) or name in self._names or (self._near and _near(name))

    def scheme(self, host: str) -> str | None:
        """How people reach the public address, if it is the one that is asked for: a proxy before us speaks https."""
        scheme, _, name = (self._origin or "").partition("://")
        return scheme if name and name == host.lower() else None

    def at_home(self, host: str, origin: str | None, site: str | None) -> bool:
        """Whether a request that changes something comes from our own page, or from a program.

        Browsers tell an `Origin` with every such request, programs none. A page without an origin of its own says
        "null"; only the browser's word that it is ours (`Sec-Fetch-Site`, which no page can set) lets it in.
        """
        if origin is None or origin == "null":
            return site in ("same-origin", "none") or (origin is None and site is None)
        told = origin.lower()
        if told == self._origin:
            return True
        scheme, _, name = told.partition("://")
        port = PORTS.get(scheme)
        return port is not None and name.removesuffix(port) == host.lower().removesuffix(port)


def loopback(name: str) -> bool:
    """Whether only this computer itself can be meant."""
    name = name.strip("[]")
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def _near(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return "." not in name or name.endswith(NEAR)
    return True
