"""EvoLink's key, and where it may go."""

import hashlib
import re
from collections.abc import Generator

import httpx
from pydantic import SecretStr

from client.addresses import origin
from client.errors import SettingError


class KeyAuth(httpx.Auth):
    """Puts the key on requests to the given base addresses, and on no other.

    Raises SettingError for a key that no header can carry.
    """

    def __init__(self, key: SecretStr, *addresses: str) -> None:
        if not re.fullmatch(r"[!-~]{1,500}", key.get_secret_value()):
            raise SettingError(
                "The EvoLink key holds a blank or a character that keys do not have. Copy it once more.",
                code="setting_key",
            )
        self._key = key
        self._origins = frozenset(origin(address) for address in addresses)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if origin(str(request.url)) in self._origins:
            request.headers["Authorization"] = f"Bearer {self._key.get_secret_value()}"
        yield request


def mark(key: SecretStr) -> str:
    """Tells one key from another, and tells nothing of it: eight characters of its SHA-256."""
    return hashlib.sha256(key.get_secret_value().encode()).hexdigest()[:8]
