"""HTTP client of the API server: credentials and connection pool of the `kubernetes` package, raw JSON bodies."""

from __future__ import annotations

import re
import threading
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec
import urllib3

from provider.errors import ApiError, CancelledError, Cause, UnreachableError
from provider.properties import Object

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubernetes.client import ApiClient

APPLY = "application/apply-patch+yaml"
JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"

_CONNECT, _READ = 10, 60


class _Retry(urllib3.Retry):
    """A retry policy whose pauses end when the user cancels."""

    cancelled = threading.Event()

    def new(self, **changed: Any) -> _Retry:  # noqa: ANN401 (as in the base class)
        made = super().new(**changed)
        made.cancelled = self.cancelled
        return made

    def sleep(self, response: urllib3.BaseHTTPResponse | None = None) -> None:
        asked = self.get_retry_after(response) if response else None
        if self.cancelled.wait(asked or self.get_backoff_time()):
            raise CancelledError("cancelled while waiting to repeat a request to the Kubernetes API")


# A 429 or 503 with Retry-After means that the server did nothing, so every method is repeated. After a broken
# connection only idempotent requests are repeated.
_ONCE = _Retry(
    total=12,
    connect=1,
    read=0,
    redirect=0,
    other=0,
    status=8,
    allowed_methods=None,
    backoff_factor=0.5,
    backoff_max=8,
    raise_on_status=False,
    retry_after_max=60,
)
# Connection attempts, half a minute in all, to a server that has answered before: it is probably restarting. A wrong
# address fails at once.
_RESTART = 8
_NEVER_SENT = (urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.NewConnectionError)
_UNAUTHORIZED = 401
_MULTIPLE_CHOICES = 300
# The server reads the body of an apply as YAML. These characters are valid in JSON, but YAML rejects or folds them
# unless they are escaped: DEL, C1, U+2028, U+2029, U+FFFE and U+FFFF, here in UTF-8.
_NO_YAML = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]|\xef\xbf[\xbe\xbf]")
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')


def ignore_warning(_warning: str) -> None:
    """Drop a warning of the API server."""


class Api:
    """A connection to one cluster; safe to share between threads."""

    def __init__(self, log_in: Callable[[], ApiClient], cancelled: threading.Event, read: float = 0) -> None:
        """Create a connection that uses the credentials of `log_in` and ends its waits when `cancelled` is set.

        `read` is how many seconds an answer may take; 0 means the default.
        """
        self._log_in = log_in
        self._cancelled = cancelled
        self._timeout = urllib3.Timeout(connect=_CONNECT, read=read or _READ)
        self._client = log_in()
        self._credentials = threading.Lock()
        self._answered = False
        self._ahead = 0.0

    def request(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: object = None,
        content_type: str = JSON,
        warn: Callable[[str], None] = ignore_warning,
    ) -> Object:
        """Return the decoded answer.

        Raises:
            ApiError: The server refused the request.
            UnreachableError: There is no answer, or none that can be used.
            CancelledError: The user cancelled while a request was to be repeated.
        """
        target = path + (f"?{urlencode(query)}" if query else "")
        payload = None if body is None else _encode(body, content_type)
        client = self._client
        response = self._send(client, method, target, payload, content_type)
        if response.status == _UNAUTHORIZED:  # the token has expired or was rotated
            response = self._send(self._renewed(client), method, target, payload, content_type)
        for text in _WARNING.findall(response.headers.get("Warning", "")):
            warn(text.replace('\\"', '"'))
        if response.status >= _MULTIPLE_CHOICES:
            raise _refusal(method, path, response)
        try:
            return msgspec.json.decode(response.data, type=Object)
        except msgspec.DecodeError as error:
            raise UnreachableError(
                f"{self._host} does not answer like a Kubernetes API: check the server address in the kubeconfig"
            ) from error

    def server_time(self) -> float:
        """Return the server's time in seconds since the epoch, accurate to one second."""
        return time.time() + self._ahead

    @property
    def _host(self) -> str:
        return str(self._client.configuration.host)

    def _send(
        self, client: ApiClient, method: str, target: str, payload: bytes | None, content_type: str
    ) -> urllib3.BaseHTTPResponse:
        retries = _ONCE.new(connect=_RESTART if self._answered else 1, read=0 if method == "POST" else 2)
        retries.cancelled = self._cancelled
        headers = self._headers(client, content_type)
        pool: urllib3.PoolManager = client.rest_client.pool_manager
        try:
            response = pool.request(
                method, self._host + target, body=payload, headers=headers, timeout=self._timeout, retries=retries
            )
        except urllib3.exceptions.HTTPError as error:
            cause = getattr(error, "reason", None) or error
            raise UnreachableError(
                f"the Kubernetes API at {self._host}{_proxy(pool)} does not answer ({cause}):"
                " check that the cluster is running and that the kubeconfig points to it",
                sent=not isinstance(cause, _NEVER_SENT),
            ) from error
        self._answered = True
        if date := response.headers.get("Date"):
            self._ahead = parsedate_to_datetime(date).timestamp() - time.time()
        return response

    def _headers(self, client: ApiClient, content_type: str) -> dict[str, str]:
        # Reading the token may run a credential plugin and replace the token, so only one thread at a time may do it.
        with self._credentials:
            token = client.configuration.auth_settings().get("BearerToken")
        headers = {"Accept": JSON, "Content-Type": content_type, "User-Agent": "pulumi-resource-kubernetes"}
        if token and token["value"]:
            headers["Authorization"] = token["value"]
        return headers

    def _renewed(self, refused: ApiClient) -> ApiClient:
        """Return a client with new credentials. Of several threads refused at the same time, only the first logs in."""
        with self._credentials:
            if self._client is refused:
                self._client = self._log_in()
            return self._client


def _proxy(pool: urllib3.PoolManager) -> str:
    """Return a phrase that names the proxy in use, without the password that its URL may contain."""
    return f" through the proxy {pool.proxy._replace(auth=None)}" if pool.proxy else ""


def _encode(body: object, content_type: str) -> bytes:
    encoded = msgspec.json.encode(body)
    return _NO_YAML.sub(_escape, encoded) if content_type == APPLY else encoded


def _escape(found: re.Match[bytes]) -> bytes:
    return b"\\u%04x" % ord(found[0].decode())


def _refusal(method: str, path: str, response: urllib3.BaseHTTPResponse) -> ApiError:
    try:
        status = msgspec.json.decode(response.data, type=Object)
    except msgspec.DecodeError:
        status = {}
    if status.get("kind") != "Status":
        return ApiError(f"{method} {path} was refused with HTTP {response.status}", status=response.status)
    causes = (status.get("details") or {}).get("causes") or []
    return ApiError(
        status.get("message") or f"{method} {path} was refused with HTTP {response.status}",
        status=response.status,
        reason=status.get("reason", ""),
        causes=tuple(Cause(cause.get("field", ""), cause.get("message", "")) for cause in causes),
    )
