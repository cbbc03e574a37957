import ipaddress
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.addresses import (
    check_address,
    loopback_origin,
    origin,
    resolve,
    resolve_public,
    service_address,
)
from client.errors import AddressError, SettingError
from client.networks import NOT_PUBLIC_V6, is_public
from tests.client.internet import HOSTILE, look_up


@pytest.mark.parametrize("row", HOSTILE, ids=[row["why"] for row in HOSTILE])
async def test_every_row_of_the_hostile_list(row: dict[str, object]) -> None:
    url = str(row["url"])
    if row["refuse"]:
        with pytest.raises(AddressError) as refused:
            await resolve_public(url, look_up)
        assert str(refused.value).endswith(".")
        assert refused.value.code.startswith("address_")
    else:
        assert await resolve_public(url, look_up)
        assert check_address(url) == url


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "address_scheme"),
        ("ftp://example.org/", "address_scheme"),
        ("https://example.org/" + "a" * 2029, "address_long"),
        ("https://example.org/a b", "address_characters"),
        ("https://example.org/ü", "address_characters"),
        ("https://me:secret@example.org/", "address_user"),
        ("https://example.org/#part", "address_fragment"),
        ("https://example.org:0/", "address_host"),
        ("https://example.org:65536/", "address_host"),
        ("https://example.org:/", "address_host"),
        ("https://example/", "address_host"),
        ("https://ex%61mple.org/", "address_host"),
        ("https://a..example.org/", "address_host"),
        ("https://xn--a.example.org/", "address_host"),
        ("https://[::1/", "address_host"),
        ("https://[12345::1]/", "address_host"),
        ("https://" + "a." * 127 + "org/", "address_host"),
        ("https://router.lan/", "address_private"),
        ("https://db.internal./", "address_private"),
        ("https://1.2.3.4.5/", "address_private"),
        ("https://[::ffff:10.0.0.1]/", "address_private"),
    ],
)
def test_each_refusal_has_its_code(url: str, code: str) -> None:
    with pytest.raises(AddressError) as refused:
        check_address(url)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org./",
        "https://example.org:65535/?to=me@example.org",
        "https://a_b.io",
        "https://xn--fa-hia.de",
    ],
)
def test_unusual_but_good(url: str) -> None:
    assert check_address(url) == url


@given(st.one_of([st.ip_addresses(v=6, network=str(block)) for block in NOT_PUBLIC_V6]))
def test_no_special_ipv6_passes(machine: ipaddress.IPv6Address) -> None:
    for host in (machine.compressed, machine.exploded):
        with pytest.raises(AddressError):
            check_address(f"https://[{host}]/")


@given(st.ip_addresses())
def test_public_means_at_least_what_python_calls_global(machine: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if is_public(machine):
        assert machine.is_global
        assert not machine.is_multicast


@given(st.text(max_size=80))
def test_any_text_is_refused_in_words_or_accepted(text: str) -> None:
    with suppress(AddressError):
        assert check_address("https://" + text)
    origin(text)
    loopback_origin(text)


def test_what_is_no_number_is_not_public() -> None:
    assert not is_public("example.org")
    assert not is_public("fe80::1%eth0")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://API.EvoLink.ai/v1", "https://api.evolink.ai"),
        ("HTTPS://api.evolink.ai:443", "https://api.evolink.ai"),
        ("http://127.0.0.1:80/", "http://127.0.0.1"),
        ("http://127.0.0.1:7000", "http://127.0.0.1:7000"),
        ("https://example.org:80", "https://example.org:80"),
        ("http://[0:0:0::1]:7000/x?y#z", "http://[::1]:7000"),
        ("https://user@example.org", None),
        ("https://example.org\\@evil.org", None),
        ("https://exa\tmple.org", None),
        ("ftp://example.org", None),
        ("example.org", None),
        ("https://[nonsense]/", None),
        ("", None),
    ],
)
def test_origin(url: str, expected: str | None) -> None:
    assert origin(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:7000/v1", "http://127.0.0.1:7000"),
        ("http://127.9.9.9:7000", "http://127.9.9.9:7000"),
        ("http://localhost:7000", "http://localhost:7000"),
        ("https://[::1]:7000", "https://[::1]:7000"),
        ("http://10.0.0.1:7000", None),
        ("https://api.evolink.ai", None),
        ("http://localhost.evil.org", None),
        ("nonsense", None),
    ],
)
def test_loopback_origin(url: str, expected: str | None) -> None:
    assert loopback_origin(url) == expected


def test_the_service_may_be_on_https_or_on_this_machine() -> None:
    assert service_address("https://api.evolink.ai/") == "https://api.evolink.ai"
    assert service_address("https://gateway.local/evolink") == "https://gateway.local/evolink"
    assert service_address("http://127.0.0.1:7000") == "http://127.0.0.1:7000"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://api.evolink.ai", "setting_address_scheme"),
        ("http://192.168.1.2:7000", "setting_address_scheme"),
        ("api.evolink.ai", "setting_address"),
        ("https://api.evolink.ai?x=1", "setting_address"),
        ("", "setting_address"),
    ],
)
def test_other_service_addresses_are_refused(url: str, code: str) -> None:
    with pytest.raises(SettingError) as refused:
        service_address(url)
    assert refused.value.code == code


async def test_the_systems_resolver_knows_this_machine() -> None:
    assert "127.0.0.1" in await resolve("127.0.0.1")


async def test_a_resolver_that_fails_means_no_such_name() -> None:
    async def broken(name: str) -> list[str]:
        raise OSError("no network")

    with pytest.raises(AddressError) as refused:
        await resolve_public("https://example.org", broken)
    assert refused.value.code == "address_unresolved"
