import re

import httpx
import pytest
from pydantic import SecretStr

from client.errors import SettingError
from client.key import KeyAuth, mark

KEY = "sk-canary-0123456789"


def header(url: str) -> str | None:
    auth = KeyAuth(SecretStr(KEY), "https://api.evolink.ai", "http://127.0.0.1:7000/")
    request = next(auth.auth_flow(httpx.Request("GET", url)))
    return request.headers.get("authorization")


@pytest.mark.parametrize(
    "url", ["https://api.evolink.ai/v1/credits", "https://API.evolink.ai:443/v1", "http://127.0.0.1:7000/x"]
)
def test_the_key_goes_to_its_services(url: str) -> None:
    assert header(url) == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.evolink.ai/v1/credits",
        "https://api.evolink.ai:8443/v1",
        "https://files.evolink.ai/video.mp4",
        "https://api.evolink.ai.evil.org/",
        "https://evil.org/?https://api.evolink.ai",
        "http://127.0.0.1:7001/",
        "http://localhost:7000/",
    ],
)
def test_the_key_goes_nowhere_else(url: str) -> None:
    assert header(url) is None


@pytest.mark.parametrize("key", ["", " sk-x", "sk-x ", "sk x", "sk–x", "sk-x\n", "sk-\x00x", "x" * 501])
def test_a_key_that_cannot_be_sent_is_refused_without_being_told(key: str) -> None:
    with pytest.raises(SettingError) as refused:
        KeyAuth(SecretStr(key), "https://api.evolink.ai")
    assert refused.value.code == "setting_key"
    assert "sk" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_mark_tells_keys_apart_and_tells_nothing_of_them() -> None:
    one, other = mark(SecretStr("sk-canary-1")), mark(SecretStr("sk-canary-2"))
    assert one != other
    assert re.fullmatch("[0-9a-f]{8}", one)
    assert mark(SecretStr("sk-canary-1")) == one
