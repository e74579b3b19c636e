"""Where an authorization server wants a client's secret.

It is sent to the declared token endpoint, or to the one in the metadata of the declared issuer. What an MCP server says
of its authorization server (RFC 9728) is not used for that: a compromised server could name one of its own.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import msgspec

from checks.kube.reading import Reason
from checks.mcp.token_request import NoAnswerError, request
from checks.snapshot.reader import Reader
from stacks.model.authorization import ClientCredentials
from stacks.model.service_url import is_local, origin, split

BASIC: Final = "client_secret_basic"
POST: Final = "client_secret_post"


@dataclass(frozen=True)
class TokenEndpoint:
    """The address, and the ways in which it may take the secret (RFC 6749, section 2.3.1), the first of them first."""

    url: str
    methods: tuple[str, ...]


class _Metadata(msgspec.Struct, frozen=True):
    """Metadata of an authorization server (RFC 8414, section 2)."""

    issuer: str
    token_endpoint: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = (BASIC,)


async def token_endpoint(reader: Reader, declared: ClientCredentials) -> TokenEndpoint:
    """Return the token endpoint.

    Raises:
        NoAnswerError: the metadata of the issuer cannot be read, or must not be trusted.
    """
    if declared.token_url is not None:
        # Servers should take the first, but some clients are registered for the other.
        return TokenEndpoint(declared.token_url, (BASIC, POST))
    metadata = await _metadata(reader, declared.issuer or "")
    offered = metadata.token_endpoint_auth_methods_supported
    if not (methods := tuple(method for method in (BASIC, POST) if method in offered)):
        raise NoAnswerError(Reason.FAILED, f"it accepts neither {BASIC} nor {POST}")
    return TokenEndpoint(metadata.token_endpoint, methods)


async def _metadata(reader: Reader, issuer: str) -> _Metadata:
    """Return the metadata of an issuer, which must name exactly this issuer (RFC 8414, section 3.3)."""
    # Imported here because it takes half a second.
    from mcp.client.auth.utils import build_oauth_authorization_server_metadata_discovery_urls as candidates

    status = 0
    for url in candidates(issuer, issuer):
        answer = await request(reader, "GET", url, {})
        status = answer.status
        if status != HTTPStatus.OK:
            continue
        metadata = answer.decoded(_Metadata)
        if metadata is None:
            raise NoAnswerError(Reason.UNDECODABLE, f"{url} is not the metadata of an authorization server")
        if metadata.issuer != issuer:
            raise NoAnswerError(Reason.FAILED, f"its metadata is that of another issuer, {metadata.issuer!r}")
        _require_trusted(metadata.token_endpoint, issuer)
        return metadata
    raise NoAnswerError(Reason.FAILED, f"it answered HTTP {status} where its metadata should be")


def _require_trusted(endpoint: str, issuer: str) -> None:
    """Check where an issuer wants the secret: elsewhere only by HTTPS, and not at an address of this cluster."""
    try:
        split(endpoint)
        trusted = origin(endpoint) == origin(issuer) or not is_local(endpoint)
    except ValueError:
        trusted = False
    if not trusted:
        raise NoAnswerError(Reason.FAILED, f"its metadata names a token endpoint that is not safe: {endpoint!r}")
