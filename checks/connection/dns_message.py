"""Make a DNS query and decode its answer, for TCP, where the length comes first (RFC 1035, section 4.2.2).

dnspython is imported in the functions: it takes 15 ms, and only a verification outside the cluster needs it.
"""

from typing import TYPE_CHECKING

from stacks.model import names

if TYPE_CHECKING:
    from dns.message import Message

PORT = 53
NO_ERROR = "NOERROR"
"""The server knows the name."""


def known_name(domain: str) -> str:
    """Return a name that the DNS of a cluster with this domain knows: the Service of the API server."""
    return names.host("kubernetes", "default", domain)


def query(name: str) -> "Message":
    """Return the query for the IPv4 addresses of a name.

    Raises:
        ValueError: the name or a part of it is too long for DNS.
    """
    from dns.exception import DNSException
    from dns.message import make_query

    try:
        return make_query(name, "A")
    except DNSException as error:
        raise ValueError(str(error)) from error


def complete(received: bytes) -> bool:
    """Return whether the received bytes are a complete answer."""
    return len(received) >= 2 + int.from_bytes(received[:2])


def answer(sent: "Message", received: bytes) -> str | None:
    """Return the response code of an answer, such as NOERROR; None if it does not answer the query that was sent."""
    from dns.exception import DNSException
    from dns.message import from_wire
    from dns.rcode import to_text

    try:
        message = from_wire(received[2:])
    except DNSException:
        return None
    if not sent.is_response(message):
        return None
    code = to_text(message.rcode())
    return f"code {code}" if code.isdigit() else code
