"""Measure the API server from a client's view: latency, clock, certificate, credential and served API groups."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from ipaddress import ip_address
from math import inf
from urllib.parse import urlsplit

import anyio
import httpx2

from checks.kube.client import ApiClient, Timed
from checks.kube.connection import Connection
from checks.kube.credentials import NO_CREDENTIAL, Credential
from checks.kube.models import ApiGroups
from checks.kube.reading import Read, ReadFailure, Reading
from checks.snapshot.reader import Collector, Reader

REQUESTS = 20
"""Number of small requests that are timed."""
CLIENTS = 4
"""Number of requests at a time."""


class Transport(Enum):
    """How the connection is protected."""

    VERIFIED = "TLS, verified"
    UNVERIFIED = "TLS, the server's certificate not verified"
    LOOPBACK = "plain HTTP on this machine"
    PLAIN = "plain HTTP"


@dataclass(frozen=True)
class Certificate:
    """The certificate that the server presented."""

    issuer: str
    expires: datetime


@dataclass(frozen=True)
class ApiServer:
    """The API server as measured at `at`."""

    at: datetime
    transport: Transport
    latencies: Reading[tuple[float, ...]]
    """Seconds of each small request, ascending; infinite if the server was too busy to answer."""
    groups: Reading[frozenset[str]]
    """API groups with version, such as apps/v1."""
    skew: float | None = None
    """Lower bound of the seconds by which the server's clock is ahead; None if its answers have no Date header."""
    certificate: Certificate | None = None
    credential: Credential = NO_CREDENTIAL


async def collect(reader: Reader) -> ApiServer:
    """Measure the API server. Nothing else may run meanwhile, because it would count as latency of the server."""
    api, connection = reader.api, reader.connection
    # These requests open the connections that the timed requests use.
    await _timed(api, CLIENTS)
    readings = await _timed(api, REQUESTS)
    groups = await api.groups()
    failed = next((reading for reading in readings if isinstance(reading, ReadFailure)), None)
    timed = [reading.value for reading in readings if isinstance(reading, Read)]
    seconds = tuple(sorted(inf if each.refused else each.seconds for each in timed))
    return ApiServer(
        at=datetime.now(UTC),
        transport=transport(connection),
        latencies=failed or Read(seconds, sum(each.seconds for each in timed)),
        groups=groups if isinstance(groups, ReadFailure) else Read(_names(groups.value), groups.seconds),
        skew=_skew(timed[-1]) if timed else None,
        certificate=_certificate(timed[-1].response) if timed else None,
        credential=connection.credential(),
    )


API_SERVER = Collector(collect, alone=True)


def transport(connection: Connection) -> Transport:
    """Return how the connection is protected."""
    url = urlsplit(connection.host)
    if url.scheme == "https":
        unverified = connection.tls is not None and connection.tls.verify_mode is ssl.CERT_NONE
        return Transport.UNVERIFIED if unverified else Transport.VERIFIED
    return Transport.LOOPBACK if _loopback(url.hostname or "") else Transport.PLAIN


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _timed(api: ApiClient, count: int) -> list[Reading[Timed]]:
    readings: list[Reading[Timed]] = []

    async def client() -> None:
        readings.extend([await api.timed() for _ in range(count // CLIENTS)])

    async with anyio.create_task_group() as group:
        for _ in range(CLIENTS):
            group.start_soon(client)
    return readings


def _names(groups: ApiGroups) -> frozenset[str]:
    return frozenset(version.group_version for group in groups.groups for version in group.versions)


def _skew(timed: Timed) -> float | None:
    """Return a lower bound of the difference between the clocks.

    The server answered between `sent` and `sent + seconds`, and its Date header is precise to a second. If both
    intervals overlap, no difference is known.
    """
    try:
        server = parsedate_to_datetime(timed.response.headers.get("Date", "")).timestamp()
    except ValueError:
        return None
    if server > timed.sent + timed.seconds:
        return server - (timed.sent + timed.seconds)
    return min(0.0, server + 1 - timed.sent)


def _certificate(response: httpx2.Response) -> Certificate | None:
    tls = response.extensions["network_stream"].get_extra_info("ssl_object")
    presented = tls.getpeercert(binary_form=True) if isinstance(tls, (ssl.SSLObject, ssl.SSLSocket)) else None
    if presented is None:
        return None
    # Imported here because it is needed for TLS only.
    from cryptography import x509

    try:
        certificate = x509.load_der_x509_certificate(presented)
    except ValueError:
        return None
    return Certificate(certificate.issuer.rfc4514_string(), certificate.not_valid_after_utc)
