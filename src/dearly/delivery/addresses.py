"""Which addresses a webhook may go to: those of the public internet, unless private ones are allowed.

Whoever can name a webhook's address could otherwise make the server call what only the server can reach:
itself, its neighbours, the metadata service of its cloud (OWASP: server-side request forgery).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

_NAT64 = ip_network("64:ff9b::/96")
"""Addresses that carry an IPv4 address in their last 32 bits (RFC 6052)."""

_NOT_PUBLIC = tuple(
    (ip_network(network), what)
    for network, what in (
        ("168.63.129.16/32", "the metadata service of a cloud"),
        ("192.0.0.0/24", "an address for protocols, as of a cloud's metadata service"),
        ("192.88.99.0/24", "a relay to other networks"),
        ("::/96", "an IPv4 address in a form long given up"),
        ("64:ff9b:1::/48", "a private translation to IPv4"),
        ("2001::/32", "a tunnel"),
        ("fec0::/10", "a private address"),
    )
)
"""What :mod:`ipaddress` takes for public, in this Python or an earlier one."""


def why_not_public(address: Address) -> str | None:
    """What an address is, if it is not one of the public internet; None when it is."""
    if isinstance(address, IPv6Address) and (carried := _carried(address)) is not None:
        return why_not_public(carried)
    kinds = (
        (address.is_unspecified, "no address of any machine"),
        (address.is_loopback, "this machine itself"),
        (address.is_link_local, "a link-local address, as of a cloud's metadata service"),
        (address.is_multicast, "a multicast address"),
        (address.is_private, "a private address"),
        (not address.is_global, "an address that is not public"),
    )
    found = (what for holds, what in kinds if holds)
    return next(found, None) or next((what for network, what in _NOT_PUBLIC if address in network), None)


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for: mapped (RFC 4291), 6to4 (RFC 3056) or NAT64."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def literal_address(host: str) -> Address | None:
    """The address that a host of a URL is, when it is one and no name."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None
