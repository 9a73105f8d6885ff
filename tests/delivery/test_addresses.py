"""Where webhooks do not go."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from dearly.delivery.addresses import why_not_public


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "this machine itself"),
        ("127.255.255.254", "this machine itself"),
        ("0.0.0.0", "no address of any machine"),
        ("0.1.2.3", "a private address"),
        ("10.1.2.3", "a private address"),
        ("172.16.0.1", "a private address"),
        ("172.31.255.255", "a private address"),
        ("192.168.0.1", "a private address"),
        ("100.64.0.1", "an address that is not public"),
        ("100.100.100.200", "an address that is not public"),
        ("169.254.169.254", "a link-local address, as of a cloud's metadata service"),
        ("168.63.129.16", "the metadata service of a cloud"),
        ("192.0.0.192", "a"),
        ("192.0.2.1", "a private address"),
        ("198.18.0.1", "a private address"),
        ("224.0.0.1", "a multicast address"),
        ("239.255.255.250", "a multicast address"),
        ("240.0.0.1", "a private address"),
        ("255.255.255.255", "a private address"),
        ("192.88.99.1", "a relay to other networks"),
        ("::", "no address of any machine"),
        ("::1", "this machine itself"),
        ("::7f00:1", "an IPv4 address in a form long given up"),
        ("::ffff:127.0.0.1", "this machine itself"),
        ("::ffff:10.0.0.1", "a private address"),
        ("::ffff:169.254.169.254", "a link-local address, as of a cloud's metadata service"),
        ("64:ff9b::127.0.0.1", "this machine itself"),
        ("64:ff9b::a9fe:a9fe", "a link-local address, as of a cloud's metadata service"),
        ("64:ff9b:1::8.8.8.8", "a private"),
        ("2002:7f00:1::", "this machine itself"),
        ("2002:a00:1::1", "a private address"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "a"),
        ("fe80::1", "a link-local address, as of a cloud's metadata service"),
        ("fe80::1%eth0", "a link-local address, as of a cloud's metadata service"),
        ("fd00:ec2::254", "a private address"),
        ("fc00::1", "a private address"),
        ("fec0::1", "a private address"),
        ("ff02::1", "a multicast address"),
        ("2001:db8::1", "a private address"),
        ("100::1", "a private address"),
    ],
)
def test_an_address_that_is_not_public_is_named_for_what_it_is(address: str, kind: str) -> None:
    found = why_not_public(ip_address(address))

    assert found is not None
    assert found.startswith(kind)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.1.1.1",
        "172.32.0.1",
        "100.128.0.1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ],
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert why_not_public(ip_address(address)) is None
