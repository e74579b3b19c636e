"""Health checks of components."""

import http.client
import socket
import ssl
import urllib.error
import urllib.request

_TIMEOUT_SECONDS = 3.0


def _unverified() -> ssl.SSLContext:
    """Return a TLS context without verification: answers are not secret, and some certificates are self-signed."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


_OPENER = urllib.request.build_opener(
    urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=_unverified())
)


def check(address: str) -> str:
    """Check a URL or `unix:PATH`. Return '' if the component is healthy, else what is wrong."""
    try:
        if address.startswith("unix:"):
            with socket.socket(socket.AF_UNIX) as one:
                one.settimeout(_TIMEOUT_SECONDS)
                one.connect(address.removeprefix("unix:"))
            return ""
        with _OPENER.open(address, timeout=_TIMEOUT_SECONDS) as response:
            return "" if response.status == http.client.OK else f"{address} answers {response.status}"
    except urllib.error.HTTPError as error:
        return f"{address} answers {error.code}"
    except (OSError, http.client.HTTPException) as error:
        return f"{address}: {error}"
