"""Which addresses may be spoken to: callbacks, pictures by address, result links, redirects."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Final, NamedTuple

import httpx

from client.errors import AddressError, SettingError
from client.networks import is_public

Resolver = Callable[[str], Awaitable[Sequence[str]]]
"""Every numeric address of a name; OSError when there is none."""

MAX_LENGTH: Final = 2048

_FIT = re.compile(r"[!-\[\]-~]+")
"""Printable ASCII without blank and backslash."""
_URL = re.compile(r"(https?)://([^/?#]*)(?:[/?][^#]*)?(#.*)?", re.IGNORECASE)
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:@%]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_INSIDE = re.compile(
    r"(.+\.)?(localhost|localdomain|local|internal|intranet|private|corp|lan|home|home\.arpa|test|invalid|onion)"
)


class _Place(NamedTuple):
    scheme: str
    host: str
    port: int | None


def check_address(url: str) -> str:
    """The same address, if it may be spoken to as far as its letters tell; `resolve_public` asks its name as well.

    Raises AddressError with one of the codes `address_scheme`, `address_long`, `address_characters`,
    `address_user`, `address_fragment`, `address_host`, `address_private`.
    """
    _public_host(url)
    return url


async def resolve(name: str) -> list[str]:
    """The system's own answer."""
    found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


async def resolve_public(url: str, resolver: Resolver = resolve) -> list[str]:
    """The numeric addresses behind a checked address, at least one. A name with any private one is refused whole.

    Raises AddressError as `check_address` does, and with the code `address_unresolved`.
    """
    host = _public_host(url)
    if not isinstance(host, str):
        return [str(host)]
    try:
        found = list(dict.fromkeys(await resolver(host)))
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise AddressError("There is no machine of this name on the internet.", code="address_unresolved")
    if not all(is_public(address) for address in found):
        raise _private()
    return found


def origin(url: str) -> str | None:
    """Scheme, host and port in one spelling, the usual port left out; None for what is no http or https address."""
    place = _place(url)
    if place is None:
        return None
    usual = {"http": 80, "https": 443}[place.scheme]
    return f"{place.scheme}://{place.host}" + (f":{place.port}" if place.port not in (None, usual) else "")


def loopback_origin(url: str) -> str | None:
    """The origin of an address on this very machine; None for any other."""
    place = _place(url)
    if place is None:
        return None
    machine = _machine(place.host)
    on_loopback = place.host == "localhost" if machine is None else machine.is_loopback
    return origin(url) if on_loopback else None


def service_address(url: str) -> str:
    """The base address of a service, without a slash at its end: https, or plain http on this very machine.

    Raises SettingError.
    """
    found = origin(url)
    if found is None or "?" in url or "#" in url:
        raise SettingError("The address of the service cannot be read.", code="setting_address")
    if not found.startswith("https://") and not loopback_origin(url):
        raise SettingError("The address of the service must begin with https://.", code="setting_address_scheme")
    return url.rstrip("/")


def _place(url: str) -> _Place | None:
    """The one reading of an address. Strict, because lenient readers disagree about what a crooked one means."""
    if not _FIT.fullmatch(url):
        return None
    parts = _URL.fullmatch(url)
    authority = _AUTHORITY.fullmatch(parts[2]) if parts else None
    if not parts or not authority:
        return None
    host, port = authority[1].lower(), int(authority[2]) if authority[2] else None
    if port is not None and not 0 < port < 65536:
        return None
    if host.startswith("["):
        machine = _machine(host)
        if machine is None:
            return None
        host = f"[{machine.compressed}]"
    return _Place(parts[1].lower(), host, port)


def _machine(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return IPv6Address(host[1:-1]) if host.startswith("[") else IPv4Address(host)
    except ValueError:
        return None


def _public_host(url: str) -> str | IPv4Address | IPv6Address:
    if len(url) > MAX_LENGTH:
        raise AddressError(f"The address is too long; at most {MAX_LENGTH:,} characters.", code="address_long")
    if not url.lower().startswith("https://"):
        raise AddressError("The address must begin with https://.", code="address_scheme")
    if not _FIT.fullmatch(url):
        raise AddressError("The address holds a character that does not belong there.", code="address_characters")
    if "#" in url:
        raise AddressError("Leave out the part of the address from # on.", code="address_fragment")
    if "@" in re.split("[/?]", url[8:], maxsplit=1)[0]:
        raise AddressError("The address must not hold a user name or password.", code="address_user")
    place = _place(url)
    if place is None:
        raise _no_host()
    return _public_name(place.host.removesuffix("."))


def _public_name(host: str) -> str | IPv4Address | IPv6Address:
    labels = host.split(".")
    if host.startswith("[") or _NUMBER.fullmatch(labels[-1]):
        machine = _machine(host)
        # A number in any other spelling is read by some as another machine: 0177.0.0.1, 127.1, 2130706433.
        if machine is None or not is_public(machine):
            raise _private()
        return machine
    if _INSIDE.fullmatch(host):
        raise _private()
    if len(labels) < 2 or len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _no_host()
    if not _is_readable(host):
        raise _no_host()
    return host


def _is_readable(host: str) -> bool:
    """Whether httpx can tell the name in letters; it stumbles over an `xn--` that stands for nothing."""
    try:
        return bool(httpx.URL(f"https://{host}/").host)
    except (httpx.InvalidURL, UnicodeError):
        return False


def _private() -> AddressError:
    return AddressError("The address leads into a private network, not to the internet.", code="address_private")


def _no_host() -> AddressError:
    return AddressError("The address names no machine on the internet.", code="address_host")
