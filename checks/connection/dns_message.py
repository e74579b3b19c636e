"""Encode a DNS query and decode its answer, for TCP (RFC 1035, sections 4.1 and 4.2.2)."""

import struct

from stacks.model import names

PORT = 53

_IDENTITY = 0x0C0E
_RECURSION_DESIRED = 0x0100
_ADDRESS, _INTERNET = 1, 1
_RESPONSE = 0x8000
_CODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}
NO_ERROR = "NOERROR"
"""The server knows the name."""


def known_name(domain: str) -> str:
    """Return a name that the DNS of a cluster with this domain knows: the Service of the API server."""
    return names.host("kubernetes", "default", domain)


def question(name: str) -> bytes:
    """Return the query for the IPv4 addresses of a name, with its length in front."""
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.split("."))
    header = struct.pack("!6H", _IDENTITY, _RECURSION_DESIRED, 1, 0, 0, 0)
    message = header + labels + b"\0" + struct.pack("!2H", _ADDRESS, _INTERNET)
    return struct.pack("!H", len(message)) + message


def complete(received: bytes) -> bool:
    """Return whether the received bytes are a complete answer."""
    return len(received) >= 2 and len(received) >= 2 + struct.unpack_from("!H", received)[0]


def answer(received: bytes) -> str | None:
    """Return the response code of an answer, such as NOERROR; None if it does not answer our query."""
    try:
        _length, identity, flags = struct.unpack_from("!3H", received)
    except struct.error:
        return None
    if identity != _IDENTITY or not flags & _RESPONSE:
        return None
    code = flags & 0xF
    return _CODES.get(code, f"code {code}")
