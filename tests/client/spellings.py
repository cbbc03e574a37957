"""Private addresses in every spelling that some reader takes for one."""

import random
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

from client.networks import NOT_PUBLIC_V4

SEED = 5
NUMBERED = "sslip.example.org"
"""Below this name, as below some on the internet, `10-0-0-1` leads to 10.0.0.1."""

_INSIDE = ("localhost", "LOCALHOST.", "a.localhost", "printer.local", "db.internal", "router.lan", "nas.home.arpa")
_PREFIXES = ("fc00::", "fd12:3456:789a::", "fe80::", "fec0::", "ff02::", "::", "100::", "2001:db8::", "3fff::")
_DIGITS = str.maketrans("0123456789", "０１２３４５６７８９")
_RINGED = str.maketrans("123456789", "①②③④⑤⑥⑦⑧⑨")


def spellings(count: int) -> list[str]:
    """So many different addresses, each leading to a private machine or to none: the same ones every time."""
    dice = random.Random(SEED)
    found: dict[str, None] = {}
    while len(found) < count:
        found.update(dict.fromkeys(_dressed(dice, host) for host in _hosts(dice, _machine(dice))))
    return list(found)[:count]


def _machine(dice: random.Random) -> IPv4Address:
    block = dice.choice(NOT_PUBLIC_V4)
    return block[dice.randrange(block.num_addresses)]


def _hosts(dice: random.Random, machine: IPv4Address) -> Iterator[str]:
    a, b, c, d = machine.packed
    number = int(machine)
    yield from (f"{machine}", f"{machine}.", f"{machine}..", f"{a:03}.{b:03}.{c:03}.{d:03}")
    yield from (f"{number}", f"{number:#x}", f"{number:#X}", f"{number:#010x}.", f"0{number:o}", f"{number + 2**32}")
    yield from (f"{a}.{b << 16 | c << 8 | d}", f"{a}.{b}.{c << 8 | d}", f"{a:#x}.{b << 16 | c << 8 | d:#x}")
    yield from (_parts(dice, (a, b, c, d)), _parts(dice, (a, b, c << 8 | d)), _parts(dice, (a, b << 16 | c << 8 | d)))
    yield from (f"{machine}".replace(".", "。"), f"{machine}".translate(_DIGITS), f"{machine}".translate(_RINGED))
    yield from ("".join(f"%{ord(letter):02x}" for letter in f"{machine}"), f"{machine}%00.example.org")
    yield from (f"%{ord(f'{machine}'[0]):x}{machine}"[:3] + f"{machine}"[1:], f"{machine}:80@hooks.example.org")
    yield from (f"hooks.example.org@{machine}", f"hooks.example.org:x@{machine}", f"{machine}\\@hooks.example.org")
    yield from (f"{machine}".replace(".", "-") + f".{NUMBERED}", f"x.{machine}".replace(".", "-") + f".{NUMBERED}")
    yield dice.choice(_INSIDE)
    for carrier in _carriers(dice, machine):
        yield from (f"[{carrier.compressed}]", f"[{carrier.exploded.upper()}]", f"[{carrier}%25eth0]", f"[{carrier}%1]")
    yield from (f"[::ffff:{machine}]", f"[0:0:0:0:0:FFFF:{machine}]", f"[::{machine}]", f"[64:ff9b::{machine}]")
    yield from (f"[{machine}]", f"[v1.{machine}]", f"{IPv6Address(0xFFFF << 32 | number)}")


def _parts(dice: random.Random, numbers: tuple[int, ...]) -> str:
    """Each in a base of its own, as inet_aton reads them."""
    spelled = ("{:d}", "{:#x}", "{:#X}", "0{:o}", "0000{:o}", "0x0000{:x}")
    mixed = [dice.choice(spelled).format(number) for number in numbers]
    mixed[0] = dice.choice(spelled[1:]).format(numbers[0])
    return ".".join(mixed)


def _carriers(dice: random.Random, machine: IPv4Address) -> Iterator[IPv6Address]:
    """Mapped, compatible, translated, NAT64 in both ranges, 6to4, Teredo both ways, ISATAP; and what is private."""
    number, low = int(machine), dice.getrandbits(64)
    for prefix in ("::ffff:0:0", "::", "::ffff:0:0:0", "64:ff9b::", "64:ff9b:1::", "fe80::5efe:0:0"):
        yield IPv6Address(int(IPv6Address(prefix)) | number)
    yield IPv6Address(0x2002 << 112 | number << 80 | low)
    yield IPv6Address(0x20010000 << 96 | number << 64 | low)
    yield IPv6Address(0x20010000 << 96 | (number ^ 0xFFFFFFFF))
    yield IPv6Address(int(IPv6Address(dice.choice(_PREFIXES))) | low >> 8)


def _dressed(dice: random.Random, host: str) -> str:
    scheme = dice.choice(("https://", "https://", "HTTPS://"))
    port = dice.choice(("", "", "", ":443", ":8443", ":00443", ":80", ":65535"))
    return f"{scheme}{host}{port}{dice.choice(('', '/', '/cb', '/cb?a=b', '?x=1', '/%2e%2e/'))}"
