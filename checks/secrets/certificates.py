"""Check the certificates of Secrets of the type kubernetes.io/tls: validity, days left, key and chain."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from checks.kube.reading import Reading
from checks.results.builder import ResultBuilder
from checks.results.result import Ref
from checks.secrets.collect import READ_SECRETS, Secrets
from checks.secrets.sealed import Sealed
from checks.secrets.tls import TLS, TlsState
from checks.secrets.wanted import Place
from checks.snapshot.snapshot import Snapshot

WARNING_DAYS = 30
"""Days left from which a certificate is reported; of one with a lifetime of less than 90 days, a third of it."""


def certificates(builder: ResultBuilder, snapshot: Snapshot) -> None:
    """Check the certificate of each Secret that the stack declares, names for an Ingress, or that its pods need."""
    collected = snapshot.get(READ_SECRETS)
    for place, reading in _every(collected):
        # A missing namespace is reported once, as namespace.missing.
        if not snapshot.has_namespace(place.namespace):
            continue
        if (read := builder.use(reading)) is not None and read.value is not None and read.value.type == TLS:
            _certificate(builder, Ref("Secret", place.name, place.namespace), read.value.tls, collected.taken)


def _every(collected: Secrets) -> Iterator[tuple[Place, Reading[Sealed | None]]]:
    yield from collected.secrets.items()
    yield from collected.others.items()


def _certificate(builder: ResultBuilder, ref: Ref, tls: TlsState | None, now: datetime) -> None:
    if tls is None:
        message = "tls.crt is not a certificate in PEM"
        builder.fault("secret.certificate-invalid", ref, message, expected="a certificate", actual="none")
        return
    for code, fault, expected in (
        ("secret.certificate-key", tls.key_fault, "the key of the certificate"),
        ("secret.certificate-chain", tls.chain_fault, "each certificate issued by the next one"),
    ):
        builder.holds(not fault, code, ref, fault, expected=expected, actual="another")
    days = (tls.ends - now) // timedelta(days=1)
    builder.fact(str(ref), "certificate_days", days)
    valid = tls.begins <= now < tls.ends
    begun = f"ended on {tls.ends:%Y-%m-%d}" if now >= tls.ends else f"is not valid before {tls.begins:%Y-%m-%d}"
    message = f"the certificate, or one of its chain, {begun}"
    if builder.holds(valid, "secret.certificate-invalid", ref, message, expected="valid now", actual=begun):
        least = min(timedelta(days=WARNING_DAYS), tls.lifetime / 3)
        message = f"the certificate, or one of its chain, ends on {tls.ends:%Y-%m-%d}"
        expected = f"at least {least // timedelta(days=1)} days left"
        enough = tls.ends - now >= least
        builder.holds(enough, "secret.certificate", ref, message, expected=expected, actual=f"{days} days left")
