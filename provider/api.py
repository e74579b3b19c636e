"""Requests to the API server: the kubernetes package's credentials and connection pool, raw JSON both ways."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec
import urllib3

from provider.errors import ApiError, Cause, UnreachableError
from provider.properties import Object

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

APPLY = "application/apply-patch+yaml"
JSON = "application/json"
JSON_PATCH = "application/json-patch+json"

_TIMEOUT = urllib3.Timeout(connect=10, read=60)
# 429 and 503 with Retry-After are repeated for every method: the server says it did nothing. A broken answer is
# repeated only where doing the request twice equals doing it once.
_ONCE = urllib3.Retry(
    total=10,
    connect=2,
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
_REPEATABLE = _ONCE.new(read=2)
_MULTIPLE_CHOICES = 300


class Api:
    """A connection to one cluster; safe to share between threads."""

    def __init__(self, client: ApiClient) -> None:
        self._configuration = client.configuration
        self._pool: urllib3.PoolManager = client.rest_client.pool_manager
        self._credentials = threading.Lock()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: object = None,
        content_type: str = JSON,
    ) -> Object:
        """The decoded answer; raises ApiError when refused and UnreachableError when there is no usable answer."""
        url = self._configuration.host + path + (f"?{urlencode(query)}" if query else "")
        try:
            response = self._pool.request(
                method,
                url,
                body=None if body is None else msgspec.json.encode(body),
                headers=self._headers(content_type),
                timeout=_TIMEOUT,
                retries=_ONCE if method == "POST" else _REPEATABLE,
            )
        except urllib3.exceptions.HTTPError as error:
            cause = getattr(error, "reason", None) or error
            raise UnreachableError(
                f"the Kubernetes API at {self._configuration.host} gives no answer ({cause});"
                " check that the cluster runs and that the kubeconfig points at it"
            ) from error
        if response.status >= _MULTIPLE_CHOICES:
            raise _refusal(method, path, response)
        try:
            answer = msgspec.json.decode(response.data, type=Object)
        except msgspec.DecodeError as error:
            raise UnreachableError(
                f"{self._configuration.host} does not answer like a Kubernetes API; check the kubeconfig's server"
            ) from error
        return answer

    def _headers(self, content_type: str) -> dict[str, str]:
        # Reading the token may run an exec plugin and replace it: one thread at a time.
        with self._credentials:
            token = self._configuration.auth_settings().get("BearerToken")
        headers = {"Accept": JSON, "Content-Type": content_type, "User-Agent": "pulumi-resource-kubernetes"}
        if token and token["value"]:
            headers["Authorization"] = token["value"]
        return headers


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
