"""TLS of the Talos API, and why a connection to a node fails."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import anyio
from anyio.streams.tls import TLSAttribute
from cryptography import x509

from checks.kube.reading import Reason
from checks.private_folder import private_folder
from checks.talos.talosconfig import Talosconfig

_EXPIRED, _NOT_YET_VALID, _OTHER_HOST, _OTHER_ADDRESS = 10, 9, 62, 64
"""OpenSSL's verification errors."""
_PEEK_SECONDS = 3.0


def client_context(config: Talosconfig) -> ssl.SSLContext:
    """Return the TLS context with the client certificate; it trusts only the CA of the talosconfig."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2"])
    context.load_verify_locations(cadata=config.authority.decode())
    with _identity(config) as file:
        context.load_cert_chain(file)
    return context


@contextmanager
def _identity(config: Talosconfig) -> Iterator[Path]:
    """Yield a file with certificate and key, because OpenSSL reads them from nowhere else; it is removed at once."""
    with private_folder() as folder:
        file = folder / "identity.pem"
        file.touch(mode=0o600)
        file.write_bytes(config.certificate + b"\n" + config.key)
        yield file


async def refusal(host: str, port: int, error: ssl.SSLError) -> tuple[Reason, str]:
    """Return why a TLS connection failed; an expired certificate with its date."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return Reason.UNAUTHORIZED, f"the node refuses the TLS connection: {error.reason or error}"
    if error.verify_code == _EXPIRED:
        date = await _expiry(host, port)
        when = f" on {date:%Y-%m-%d}" if date else ""
        return Reason.UNAUTHORIZED, f"the certificate of the node's Talos API expired{when}"
    if error.verify_code == _NOT_YET_VALID:
        return Reason.UNAUTHORIZED, "the certificate of the node's Talos API is not valid yet: compare the clocks"
    if error.verify_code in (_OTHER_HOST, _OTHER_ADDRESS):
        return Reason.UNAUTHORIZED, "the certificate of the node's Talos API is for another address"
    return Reason.UNAUTHORIZED, (
        "the certificate of the node's Talos API is not signed by the CA of the talosconfig, "
        "which may be that of another cluster"
    )


async def _expiry(host: str, port: int) -> datetime | None:
    """Return when a certificate that is not trusted expires; nothing is sent to its owner."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with anyio.fail_after(_PEEK_SECONDS):
            stream = await anyio.connect_tcp(host, port, ssl_context=context, tls_standard_compatible=False)
            async with stream:
                der = stream.extra(TLSAttribute.peer_certificate_binary)  # noqa: S610 - this is not Django
        return x509.load_der_x509_certificate(der).not_valid_after_utc if der else None
    except (OSError, ValueError, TimeoutError, anyio.EndOfStream, anyio.BrokenResourceError):
        return None


def peer_expiry(certificate: "dict[str, object] | None") -> datetime | None:
    """Return when the certificate of the other side expires; None if that is not known."""
    ends = (certificate or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None
