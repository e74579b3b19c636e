"""Messages for requests without an answer, with the address and the proxy."""

import ssl
from urllib.parse import urlsplit

import httpx2

PROXY = "cortex_proxy"
"""The extension of a request that has its proxy, which the library's errors do not name."""

_PORTS = {"http": 80, "https": 443}


def unreachable(error: httpx2.TransportError) -> str:
    """Return why the API server cannot be reached, and its address."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the API server's certificate is not trusted: {cause.verify_message}"
    place = _place(error.request)
    return (
        f"the API server cannot be reached at {place}: {str(error).rstrip('.')}"
        if str(error)
        else f"the API server at {place} closed the connection"
    )


def timed_out(error: Exception) -> str:
    """Return that the API server did not answer, and its address if it is known."""
    place = f" at {_place(error.request)}" if isinstance(error, httpx2.TimeoutException) else ""
    return f"the API server{place} did not answer in time"


def _place(request: httpx2.Request) -> str:
    url, proxy = request.url, request.extensions.get(PROXY)
    address = _address(url.host, url.port or _PORTS.get(url.scheme))
    return f"{address} through the proxy {_without_credentials(str(proxy))}" if proxy else address


def _without_credentials(url: str) -> str:
    """Return scheme, host and port of a URL, without a password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{_address(parts.hostname or '', parts.port)}"


def _address(host: str, port: int | None) -> str:
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host
