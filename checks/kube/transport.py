"""What a request that got no answer says: the address that it was sent to, and the proxy that it went through."""

import ssl
from urllib.parse import urlsplit

import httpx2

PROXY = "cortex_proxy"
"""The extension of a request that names its proxy: the library's errors do not."""

_PORTS = {"http": 80, "https": 443}


def unreachable(error: httpx2.TransportError) -> str:
    """Say why the API server cannot be reached, and where it was looked for."""
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
    """Say that the API server did not answer, and where it was looked for if the error knows."""
    place = f" at {_place(error.request)}" if isinstance(error, httpx2.TimeoutException) else ""
    return f"the API server{place} did not answer in time"


def _place(request: httpx2.Request) -> str:
    url, proxy = request.url, request.extensions.get(PROXY)
    address = _address(url.host, url.port or _PORTS.get(url.scheme))
    return f"{address} through the proxy {_without_credentials(str(proxy))}" if proxy else address


def _without_credentials(url: str) -> str:
    """Give scheme, host and port of an URL, which may hold a password as well."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{_address(parts.hostname or '', parts.port)}"


def _address(host: str, port: int | None) -> str:
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host
