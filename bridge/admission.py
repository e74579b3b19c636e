"""What a request for the MCP endpoint has to satisfy before it gets there. Each refusal says why, and the way out."""

import hmac
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Admission:
    """Who may send what."""

    names: frozenset[str] = field(default=LOOPBACK)
    """The names under which browsers may know the bridge."""
    loopback: bool = True
    """The bridge listens on loopback alone, where all requests need one of these names."""
    token_file: Path | None = None
    """A file with a token in each line; without it, no request needs one."""
    max_bytes: int = 4 * 1024 * 1024
    """The size of the largest request."""

    def refusal(self, request: Request) -> Response | None:
        """Return the answer to a request that may not pass; None if it may."""
        return self._browser(request) or self._token(request) or self._size(request)

    def _browser(self, request: Request) -> Response | None:
        """Return the answer to the page of an attacker, for which a browser asks.

        Only browsers send the header Origin. A name that its owner lets point to this address gives itself away by
        both headers. Other clients reach a pod by the names of gateways and API servers, which nobody has listed here.
        """
        origin = request.headers.get("origin")
        if origin is not None and _hostname(origin) not in self.names:
            return _refused(403, f"a page of {origin} may not call this server: name its host with --allow-host")
        host = _hostname(f"//{request.headers.get('host', '')}")
        if (origin is not None or self.loopback) and host not in self.names and not _is_address(host):
            return _refused(421, f"this server is not {host}: name it with --allow-host")
        return None

    def _token(self, request: Request) -> Response | None:
        if self.token_file is None:
            return None
        try:
            tokens = read_tokens(self.token_file)
        except OSError as error:
            return _refused(503, f"the tokens of this server cannot be read ({error.strerror}): look at its Secret")
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return _refused(401, "this server needs a bearer token: send Authorization: Bearer TOKEN", "Bearer")
        # All are compared, so that the time tells nothing about which of them is right.
        if not sum(hmac.compare_digest(given.strip().encode(), token) for token in tokens):
            challenge = 'Bearer error="invalid_token"'
            return _refused(401, "the bearer token is not one of this server: ask its owner for another", challenge)
        return None

    def _size(self, request: Request) -> Response | None:
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) <= self.max_bytes:
            return None
        return too_large(self.max_bytes)


def too_large(most: int) -> Response:
    """Return the answer to a request that is larger."""
    return _refused(413, f"the request is too large: this server accepts at most {most} bytes")


def read_tokens(file: Path) -> list[bytes]:
    """Return the tokens in the file: two are valid while one replaces the other.

    Raises:
        OSError: The file cannot be read.
    """
    return [line.strip() for line in file.read_bytes().splitlines() if line.strip()]


def service_names(hostname: str, resolv_conf: str) -> frozenset[str]:
    """Return the names of the Service of a pod, from the names of the pod and the search list of its DNS."""
    searched = [line.split()[1:] for line in resolv_conf.splitlines() if line.startswith("search ")]
    domain = next((one for one in searched[-1] if ".svc." in one), None) if searched else None
    if domain is None:
        return frozenset()
    namespace = domain.partition(".")[0]
    # A Deployment adds two parts to its name, a StatefulSet one.
    services = {hostname.rsplit("-", parts)[0] for parts in (1, 2)}
    domains = ("", f".{namespace}", f".{namespace}.svc", f".{domain}")
    return frozenset(f"{service}{end}" for service in services for end in domains)


def _hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _is_address(host: str | None) -> bool:
    try:
        ip_address(host or "")
    except ValueError:
        return False
    return True


def _refused(status: int, sentence: str, challenge: str | None = None) -> Response:
    headers = {"WWW-Authenticate": challenge} if challenge else None
    return JSONResponse({"error": sentence}, status_code=status, headers=headers)
