"""Where a server listens."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

from dearly import DearlyError


class AddressRefused(DearlyError):
    """The server cannot or must not listen there."""


@dataclass(frozen=True, slots=True)
class Address:
    """A host, as a loopback IP address, and a port; port 0 lets the system choose a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """``HOST:PORT`` with a loopback host: 127.x.x.x, [::1] or localhost.

    Raises:
        AddressRefused: another form, or a host that others can reach.
    """
    host, _, port = text.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host.removeprefix("[").removesuffix("]")
    if not (host and port.isascii() and port.isdecimal() and int(port) <= 65_535):
        raise AddressRefused(f"The address is {text!r}; expected HOST:PORT, such as 127.0.0.1:50051.")
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise AddressRefused(
            f"The address is {text!r}, which is not this machine's loopback. This version has neither TLS "
            "nor keys, so it serves on 127.0.0.1, [::1] or localhost only. Put a proxy that authenticates "
            "callers before it."
        )
    return Address(host, int(port))


def require_free(address: Address) -> None:
    """Make sure that nothing listens there yet.

    Raises:
        AddressRefused: something does, or the system does not let us listen.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError as error:
            raise AddressRefused(
                f"Cannot listen on {address}: {error.strerror}. Stop what listens there, or choose another "
                "--address (port 0 takes a free one)."
            ) from None
