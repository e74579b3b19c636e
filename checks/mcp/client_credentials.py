"""Ask an authorization server for an access token with a client's credentials (RFC 6749, section 4.4)."""

import base64
from dataclasses import dataclass, field
from http import HTTPStatus
from time import perf_counter
from urllib.parse import quote_plus

import anyio
import msgspec

from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.kube.retry import patiently
from checks.mcp.authorization_server import BASIC, token_endpoint
from checks.mcp.token import Token, read_token, read_value, usable
from checks.mcp.token_request import HttpAnswer, NoAnswerError, request
from checks.plain_text import brief
from checks.snapshot.reader import Reader
from stacks.model.authorization import ClientCredentials, SecretValue
from stacks.model.server import Server

DEADLINE_SECONDS = 10.0
"""Timeout of all requests for one token."""
_REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_WRONG_CLIENT = "invalid_client"


@dataclass(frozen=True)
class ClientRefused:
    """How the authorization server refuses the client, its secret or what it asks for."""

    message: str


class _Granted(msgspec.Struct, frozen=True):
    """An answer with a token (RFC 6749, section 5.1)."""

    access_token: str
    token_type: str

    def __repr__(self) -> str:
        """Return a text without the token."""
        return "_Granted()"


class _Error(msgspec.Struct, frozen=True):
    """An answer without one (RFC 6749, section 5.2)."""

    error: str
    error_description: str = ""


@dataclass(frozen=True)
class _Client:
    """The client, whose secret is not shown."""

    declared: ClientCredentials
    secret: str = field(repr=False)

    def form(self, method: str) -> dict[str, str]:
        """Return the request, for one of the two ways to send the secret."""
        asked = {"scope": self.declared.scope, "resource": self.declared.resource}
        form = {"grant_type": "client_credentials", **{name: value for name, value in asked.items() if value}}
        own = {"client_id": self.declared.client_id, "client_secret": self.secret}
        return form if method == BASIC else {**form, **own}

    def basic(self) -> str:
        """Return identifier and secret as the header Authorization has them."""
        pair = f"{quote_plus(self.declared.client_id)}:{quote_plus(self.secret)}"
        return base64.b64encode(pair.encode()).decode()

    def refused(self, error: _Error) -> ClientRefused:
        """Return a refusal in the words of the authorization server, which may repeat the secret."""
        text = f"{error.error}: {error.error_description}" if error.error_description else error.error
        return ClientRefused(brief(Token(self.basic()).without(Token(self.secret).without(text))))


async def access_token(
    reader: Reader, namespace: str, declared: ClientCredentials, stored: SecretValue
) -> Reading[Token] | ClientRefused:
    """Return a new access token; `stored` is the client's secret in a Secret of the namespace."""
    secret = f"read the client secret {stored.key} of Secret {namespace}/{stored.secret}"
    reading = await read_value(reader.api, namespace, stored, secret)
    if isinstance(reading, ReadFailure):
        return reading
    if not reading.value:
        return ReadFailure(secret, Reason.UNDECODABLE, "its value is empty, or is not text", seconds=reading.seconds)
    client = _Client(declared, reading.value)
    what = f"ask {declared.token_url or declared.issuer} for an access token"

    async def ask() -> Reading[Token] | ClientRefused:
        start = perf_counter()
        try:
            with anyio.fail_after(DEADLINE_SECONDS):
                return await _asked(reader, client, what)
        except TimeoutError:
            failure = NoAnswerError(Reason.TIMEOUT, f"no answer within {DEADLINE_SECONDS:g} s")
        except NoAnswerError as error:
            failure = error
        way_out = ""
        if reader.connection.inside and failure.reason is Reason.UNREACHABLE:
            way_out = ": let the verifier connect there by cortex:verifier.egress"
        message = brief(str(failure)) + way_out
        return ReadFailure(what, failure.reason, message, failure.permission, perf_counter() - start)

    # The NetworkPolicies of the verifier's new pod may not be in effect yet.
    return await (patiently(ask, _answered) if reader.connection.inside else ask())


async def declared_token(reader: Reader, kind: str, server: Server) -> Reading[Token] | ClientRefused | None:
    """Return the token with which a server is asked; None if it is declared without one."""
    stored = reader.declaration.credential(kind)
    if server.authorization is None or stored is None:
        return None
    client = server.authorization.client_credentials
    if client is None:
        return await read_token(reader.api, server.namespace, stored)
    return await access_token(reader, server.namespace, client, stored)


def _answered(result: Reading[Token] | ClientRefused) -> bool:
    return not isinstance(result, ReadFailure) or result.reason is not Reason.UNREACHABLE


async def _asked(reader: Reader, client: _Client, what: str) -> Reading[Token] | ClientRefused:
    start = perf_counter()
    endpoint = await token_endpoint(reader, client.declared)
    error = _Error("")
    for method in endpoint.methods:
        headers = {"Authorization": f"Basic {client.basic()}"} if method == BASIC else {}
        answer = await request(reader, "POST", endpoint.url, headers, client.form(method))
        if answer.status == HTTPStatus.OK:
            return usable(Read(_granted(answer), perf_counter() - start), what)
        error = _refusal(answer)
        if error.error != _WRONG_CLIENT:
            break
    return client.refused(error)


def _granted(answer: HttpAnswer) -> str:
    granted = answer.decoded(_Granted)
    if granted is None or granted.token_type.lower() != "bearer":
        raise NoAnswerError(Reason.UNDECODABLE, "its answer has no bearer token")
    return granted.access_token


def _refusal(answer: HttpAnswer) -> _Error:
    error = answer.decoded(_Error)
    if error is None or answer.status not in _REFUSALS:
        raise NoAnswerError(Reason.FAILED, f"it answered HTTP {answer.status} without a token")
    return error
