"""Where a server may listen."""

from __future__ import annotations

import socket

import pytest

from dearly.server.address import AddressRefused, parse_address, require_free


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("127.0.0.1:50051", "127.0.0.1:50051"),
        ("127.8.8.8:0", "127.8.8.8:0"),
        ("localhost:80", "127.0.0.1:80"),
        ("[::1]:9", "[::1]:9"),
    ],
)
def test_loopback_addresses_are_taken(text: str, shown: str) -> None:
    assert str(parse_address(text)) == shown


@pytest.mark.parametrize("text", ["0.0.0.0:1", "[::]:1", "192.168.0.1:1", "10.0.0.1:1", "example.com:1"])
def test_an_address_that_others_can_reach_is_refused(text: str) -> None:
    with pytest.raises(AddressRefused, match="not this machine's loopback"):
        parse_address(text)


@pytest.mark.parametrize(
    "text", ["", "127.0.0.1", ":50051", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "unix:/a"]
)
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(AddressRefused, match=r"expected HOST:PORT, such as 127\.0\.0\.1:50051"):
        parse_address(text)


def test_a_port_that_is_taken_is_refused_before_grpc_shares_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = parse_address(f"127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(AddressRefused, match="choose another --address"):
            require_free(address)
    require_free(address)
