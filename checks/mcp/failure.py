"""Why a request to an MCP endpoint failed: no answer, or an HTTP error of the server or of the API server before it."""

import ssl
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

import httpx2
import msgspec

from checks.kube.client import status_message
from checks.kube.connection import CONNECT_SECONDS
from checks.mcp.answer import Answer, Outcome
from checks.plain_text import brief

_DENIED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class _Error(msgspec.Struct, frozen=True):
    message: str


class _RpcError(msgspec.Struct, frozen=True):
    """A JSON-RPC error, which a server may send with any HTTP status."""

    jsonrpc: Literal["2.0"]
    error: _Error


@dataclass(frozen=True)
class Refusal:
    """An HTTP error: its status, the message of the API server if that sent it, and the server's JSON-RPC error."""

    status: int
    kubernetes: str | None
    error: str
    challenge: bool
    """Whether the answer says that credentials are missing: HTTP 401, or another error with WWW-Authenticate."""

    @property
    def final(self) -> bool:
        """Return whether asking with another version of the protocol cannot change the answer."""
        return self.kubernetes is not None or self.status == HTTPStatus.UNAUTHORIZED

    def answer(self) -> Answer:
        """Return the outcome of a request that was refused so."""
        if self.kubernetes is not None:
            # The API server denies the request, or the Service has no ready endpoint.
            outcome = Outcome.FORBIDDEN if self.status in _DENIED else Outcome.UNREACHABLE
            return Answer(outcome, brief(self.kubernetes))
        if self.status in _DENIED:
            detail = f"the server runs, but requires credentials (HTTP {self.status})"
            return Answer(Outcome.GATED, detail, challenge=self.challenge)
        detail = f"the endpoint answered HTTP {self.status}"
        return Answer(Outcome.NO_MCP, f"{detail}: {brief(self.error)}" if self.error else detail)


async def refusal(response: httpx2.Response) -> Refusal | None:
    """Return the HTTP error of a response; None if it has none."""
    if response.status_code < HTTPStatus.BAD_REQUEST:
        return None
    body = await response.aread()
    return bad_status(response.status_code, body, challenged="WWW-Authenticate" in response.headers)


def bad_status(status: int, body: bytes, *, challenged: bool) -> Refusal:
    """Return an HTTP error; `challenged` if it has the header WWW-Authenticate."""
    try:
        error = msgspec.json.decode(body, type=_RpcError).error.message
    except (msgspec.MsgspecError, UnicodeDecodeError):
        error = ""
    return Refusal(status, status_message(body), error, challenged or status == HTTPStatus.UNAUTHORIZED)


def no_answer(error: httpx2.TransportError | OSError) -> Answer:
    """Return the outcome of a request that got no answer."""
    if isinstance(error, httpx2.SSEError):
        return Answer(Outcome.NO_MCP, brief(str(error)))
    if isinstance(error, httpx2.TimeoutException) and not isinstance(error, httpx2.ConnectTimeout):
        return Answer(Outcome.TIMEOUT, "no answer in time")
    lost = isinstance(error, (httpx2.RemoteProtocolError, httpx2.ReadError))
    return Answer(Outcome.UNREACHABLE, unanswered(error), lost=lost, distrusted=bool(_distrust(error)))


def unanswered(error: httpx2.HTTPError | OSError) -> str:
    """Return why a request got no answer."""
    if isinstance(error, httpx2.ConnectTimeout):
        return f"no connection within {CONNECT_SECONDS:g} s"
    if isinstance(error, httpx2.TimeoutException):
        return "no answer in time"
    if distrust := _distrust(error):
        return f"its certificate is not trusted: {distrust}"
    return str(error) or "the connection was closed"


def _distrust(error: BaseException) -> str:
    """Return why a certificate is not trusted; empty if that is not the cause of an error."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return cause.verify_message if cause else ""
