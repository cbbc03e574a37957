"""Under which names the house answers, and what counts as coming from its own page."""

import pytest

from ui.hosts import Hosts

ALWAYS = [
    "localhost",
    "localhost:7860",
    "LOCALHOST",
    "127.0.0.1:7860",
    "127.8.9.1",
    "[::1]:7860",
    "firstframe.localhost",
]
NEAR = [
    "192.168.1.20:7860",
    "10.0.0.7",
    "203.0.113.5",
    "[fe80::1]:7860",
    "nas",
    "nas:7860",
    "nas.local",
    "tv.fritz.lan",
]
FAR = [
    "evil.example",
    "evil.example:7860",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "nas.local.evil.example",
]
NONE = [
    "",
    " ",
    "a b",
    "evil.example/localhost",
    "localhost@evil.example",
    "user@localhost",
    "localhost:",
    "[::1",
    "\n",
]


@pytest.mark.parametrize("host", ALWAYS)
@pytest.mark.parametrize("hosts", [Hosts(), Hosts(bind="0.0.0.0"), Hosts(origin="https://video.example.org")])
def test_this_computer_is_always_known(hosts: Hosts, host: str) -> None:
    assert hosts.know(host)


@pytest.mark.parametrize("host", NEAR)
def test_a_house_that_others_reach_answers_on_their_network(host: str) -> None:
    assert Hosts(bind="0.0.0.0").know(host)
    assert Hosts(bind="::").know(host)
    assert not Hosts().know(host)


@pytest.mark.parametrize("host", FAR + NONE)
@pytest.mark.parametrize("bind", ["127.0.0.1", "0.0.0.0", "::", "192.168.1.20"])
def test_a_name_that_a_stranger_could_own_is_never_known(bind: str, host: str) -> None:
    assert not Hosts(bind=bind, origin="https://video.example.org").know(host)


def test_names_that_were_told_are_known() -> None:
    hosts = Hosts(["Clips.Example.com"], bind="studio.example.net", origin="https://video.example.org:8443")
    for host in ("clips.example.com", "CLIPS.example.com.:7860", "studio.example.net", "video.example.org:8443"):
        assert hosts.know(host)


@pytest.mark.parametrize(
    ("host", "origin", "site", "ours"),
    [
        ("localhost:7860", "http://localhost:7860", None, True),
        ("localhost:7860", "http://LOCALHOST:7860", "same-origin", True),
        ("nas.local", "http://nas.local:80", None, True),
        ("nas.local:443", "https://nas.local", None, True),
        ("inner:7860", "https://video.example.org", None, True),
        ("localhost:7860", None, None, True),
        ("localhost:7860", None, "same-origin", True),
        ("localhost:7860", "null", "same-origin", True),
        ("localhost:7860", "null", None, False),
        ("localhost:7860", "null", "cross-site", False),
        ("localhost:7860", None, "cross-site", False),
        ("localhost:7860", None, "same-site", False),
        ("localhost:7860", "http://localhost:8000", None, False),
        ("localhost:7860", "http://127.0.0.1:7860", None, False),
        ("localhost:7860", "https://evil.example", None, False),
        ("localhost:7860", "https://evil.example", "same-origin", False),
        ("localhost:7860", "http://localhost:7860.evil.example", None, False),
        ("localhost:7860", "file://localhost:7860", None, False),
        ("localhost:7860", "chrome-extension://localhost:7860", None, False),
        ("localhost:7860", "", None, False),
    ],
)
def test_only_our_own_page_and_programs_may_change_anything(
    host: str, origin: str | None, site: str | None, ours: bool
) -> None:
    assert Hosts(origin="https://video.example.org").at_home(host, origin, site) is ours


def test_behind_a_proxy_the_public_address_keeps_its_scheme() -> None:
    hosts = Hosts(origin="https://video.example.org")
    assert hosts.scheme("video.example.org") == "https"
    assert hosts.scheme("localhost:7860") is None
    assert Hosts().scheme("") is None
