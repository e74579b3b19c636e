"""Check the API server from a client's view: latency, TLS, clock, credential and served API groups."""

from datetime import datetime, timedelta
from math import ceil, isfinite

from checks.connection.collect_api_server import ApiServer, Transport
from checks.kube.credentials import Means
from checks.kube.reading import Read, Reason
from checks.results.builder import ResultBuilder
from checks.results.result import CLUSTER, Ref
from stacks.manifests.build import build
from stacks.model.declaration import Declaration

CERTIFICATE_WARNING_DAYS, CERTIFICATE_ERROR_DAYS = 30, 3
CREDENTIAL_WARNING_DAYS = 7
TOKEN_WARNING_MINUTES = 10
SKEW_WARNING_SECONDS, SKEW_ERROR_SECONDS = 5.0, 60.0

_SUBJECT = "api-server"


def check(builder: ResultBuilder, declaration: Declaration, server: ApiServer) -> None:
    """Check the measurements; if the server did not answer, nothing else is known."""
    ref = Ref(CLUSTER, declaration.cluster.context)
    if (latencies := builder.use(server.latencies)) is not None:
        _latency(builder, ref, _threshold(declaration), latencies)
        _transport(builder, ref, server)
        _clock(builder, ref, server.skew)
        _credential(builder, ref, server)
    if (groups := builder.use(server.groups)) is not None:
        _groups(builder, ref, declaration, groups.value)


def _threshold(declaration: Declaration) -> int:
    """Return the highest accepted latency in milliseconds, which is also the threshold of the alert."""
    return declaration.thresholds().api_latency_ms


def percentile(ascending: tuple[float, ...], percent: int) -> float:
    """Return the percentile of the values by the nearest-rank method."""
    return ascending[max(ceil(len(ascending) * percent / 100), 1) - 1]


def _latency(builder: ResultBuilder, ref: Ref, most: int, latencies: Read[tuple[float, ...]]) -> None:
    measured = tuple(seconds * 1000 for seconds in latencies.value)
    p95 = round(percentile(measured, 95), 1)
    figures = {"min": measured[0], "p50": percentile(measured, 50), "p95": p95, "max": measured[-1]}
    for name, figure in figures.items():
        builder.fact(_SUBJECT, f"latency_{name}_ms", round(figure, 1) if isfinite(figure) else None)
    took = f"{p95:g} ms" if isfinite(p95) else "too busy to answer"
    message = (
        f"the 95th percentile of the response time is {took}"
        if isfinite(p95)
        else "the API server is too busy to answer"
    )
    builder.holds(p95 <= most, "api.latency", ref, message, expected=f"at most {most} ms", actual=took)


def _transport(builder: ResultBuilder, ref: Ref, server: ApiServer) -> None:
    transport, certificate = server.transport, server.certificate
    builder.fact(_SUBJECT, "transport", transport.value)
    builder.holds(
        transport in (Transport.VERIFIED, Transport.LOOPBACK),
        "api.insecure",
        ref,
        f"the connection is {transport.value}: the credential can be read on the network path",
        expected=Transport.VERIFIED.value,
        actual=transport.value,
    )
    if transport in (Transport.LOOPBACK, Transport.PLAIN):
        return
    if certificate is None:
        builder.unknown("read the API server's certificate", Reason.UNDECODABLE, "the certificate cannot be decoded")
        return
    days = _days(certificate.expires, server.at)
    builder.fact(_SUBJECT, "certificate_issuer", certificate.issuer)
    builder.fact(_SUBJECT, "certificate_days", days)
    message = f"the API server's certificate, issued by {certificate.issuer}, expires on {certificate.expires:%Y-%m-%d}"
    if days < CERTIFICATE_ERROR_DAYS:
        expected = f"at least {CERTIFICATE_ERROR_DAYS} days left"
        builder.fault("api.certificate-urgent", ref, message, expected=expected, actual=f"{days} days left")
        return
    expected = f"at least {CERTIFICATE_WARNING_DAYS} days left"
    enough = days >= CERTIFICATE_WARNING_DAYS
    builder.holds(enough, "api.certificate", ref, message, expected=expected, actual=f"{days} days left")


def _days(end: datetime, now: datetime) -> int:
    """Return the number of whole days until `end`, negative after it."""
    return (end - now) // timedelta(days=1)


def _clock(builder: ResultBuilder, ref: Ref, skew: float | None) -> None:
    if skew is None:
        builder.unknown("compare the clocks", Reason.FAILED, "the API server's answers have no Date header")
        return
    builder.fact(_SUBJECT, "clock_ahead_s", round(skew, 1))
    apart = abs(skew)
    code = "api.clock-wrong" if apart > SKEW_ERROR_SECONDS else "api.clock"
    message = f"the API server's clock is {apart:.0f} s {'ahead of' if skew > 0 else 'behind'} this machine's"
    within = apart <= SKEW_WARNING_SECONDS
    builder.holds(within, code, ref, message, expected=f"at most {SKEW_WARNING_SECONDS:g} s", actual=f"{apart:.0f} s")


def _credential(builder: ResultBuilder, ref: Ref, server: ApiServer) -> None:
    credential = server.credential
    builder.fact("credential", "means", credential.means.value)
    if credential.expires is None:
        return
    builder.fact("credential", "expires", credential.expires.isoformat(timespec="seconds"))
    days = _days(credential.expires, server.at)
    builder.fact("credential", "days", days)
    left, means = credential.expires - server.at, credential.means
    if means is Means.CERTIFICATE:
        message = f"the {means.value} expires on {credential.expires:%Y-%m-%d}"
        expected = f"at least {CREDENTIAL_WARNING_DAYS} days left"
        enough, actual = days >= CREDENTIAL_WARNING_DAYS, f"{days} days left"
    elif means is Means.TOKEN:
        message = f"the {means.value} expires at {credential.expires:%H:%M:%S} UTC, and nothing renews it"
        expected = f"at least {TOKEN_WARNING_MINUTES} minutes left"
        minutes = left // timedelta(minutes=1)
        enough, actual = minutes >= TOKEN_WARNING_MINUTES, f"{minutes} minutes left"
    else:
        # Its provider renews it.
        return
    builder.holds(enough, "api.credential", ref, message, expected=expected, actual=actual)


def _groups(builder: ResultBuilder, ref: Ref, declaration: Declaration, served: frozenset[str]) -> None:
    # The core group, v1, is not in this list; without it no request would succeed.
    needed = {each.api_version: each for each in build(declaration) if "/" in each.api_version}
    for version, first in sorted(needed.items()):
        message = f"the API server does not serve {version}, which {first.kind} {first.name} needs"
        builder.holds(version in served, "api.group", ref, message, expected=version, actual=None)
