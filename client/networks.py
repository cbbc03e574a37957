"""Which machines are on the public internet. Whatever is not known to be is not."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

NOT_PUBLIC_V4: Final = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's wire server lives in a public range
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)

PUBLIC_V6: Final = IPv6Network("2000::/3")
NOT_PUBLIC_V6: Final = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # Teredo and others that carry an IPv4 address or lead nowhere
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries an IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)


def is_public(address: str | IPv4Address | IPv6Address) -> bool:
    """Whether a numeric address lies on the public internet. IPv4 dressed as IPv6 does not, whatever it holds."""
    try:
        machine = ip_address(address)
    except ValueError:
        return False
    if isinstance(machine, IPv4Address):
        return not any(machine in block for block in NOT_PUBLIC_V4)
    return machine in PUBLIC_V6 and not any(machine in block for block in NOT_PUBLIC_V6)
