"""Addresses to which a verification sends a secret: HTTPS, or HTTP where the request does not leave the cluster."""

import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator

from stacks.model.cluster_dns import DOMAIN

_SERVICE = re.compile(rf"([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.{re.escape(DOMAIN)})?")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"http": 80, "https": 443}
_WRITE = "write https://HOST/PATH, or http:// with NAME.NAMESPACE.svc or localhost as the host"


def split(url: str) -> SplitResult:
    """Return the parts of an address.

    Raises:
        ValueError: a secret must not be sent there.
    """
    parts = urlsplit(url)
    plain = url.isascii() and url.isprintable() and " " not in url and "//" not in parts.path
    if not (plain and parts.scheme in _PORTS and parts.hostname and parts.port != 0) or parts.fragment:
        raise ValueError(f"{url!r} is not an address: {_WRITE}")
    if parts.username is not None or parts.password is not None:
        # Without the address, since it has a password.
        raise ValueError(f"has a name or a password in the address: {_WRITE}")
    if parts.scheme == "http" and not is_local(url):
        raise ValueError(f"{url!r} would send a secret unencrypted: {_WRITE}")
    return parts


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme]


def service_of(url: str) -> tuple[str, str, int] | None:
    """Return name, namespace and port of the Service of an address in the cluster; None for any other address."""
    _, host, port = origin(url)
    match = _SERVICE.fullmatch(host)
    return (match[1], match[2], port) if match else None


def is_local(url: str) -> bool:
    """Return whether an address is a Service of the cluster, or on the machine or in the pod itself."""
    return service_of(url) is not None or origin(url)[1] in _LOOPBACK


def _address(url: str) -> str:
    split(url)
    return url


def _issuer(url: str) -> str:
    if split(url).query:
        raise ValueError(f"{url!r} is not an issuer: remove the query")
    return url


TokenUrl = Annotated[str, AfterValidator(_address)]
"""The address of a token endpoint."""
Issuer = Annotated[str, AfterValidator(_issuer)]
"""The identifier of an authorization server (RFC 8414), which is its address."""
