"""The certificate of a Secret of the type kubernetes.io/tls: its validity, key and chain. No value is kept.

Messages name the keys of the Secret and positions in them, never what is there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

TLS = "kubernetes.io/tls"
_CERTIFICATE, _KEY, _AUTHORITY = "tls.crt", "tls.key", "ca.crt"


@dataclass(frozen=True)
class TlsState:
    """What is known of a certificate, its key and its chain. The texts say what is wrong; empty if nothing is."""

    begins: datetime
    """From when all certificates of tls.crt are valid."""
    ends: datetime
    """Until when all of them are valid."""
    lifetime: timedelta
    """How long the first one is valid altogether."""
    key_fault: str
    chain_fault: str


def tls_state(data: Mapping[str, bytes]) -> TlsState | None:
    """Return the state of the certificate among the values of a Secret; None if tls.crt has no certificate in PEM."""
    chain = _certificates(data.get(_CERTIFICATE, b""))
    if not chain:
        return None
    leaf = chain[0]
    return TlsState(
        begins=max(each.not_valid_before_utc for each in chain),
        ends=min(each.not_valid_after_utc for each in chain),
        lifetime=leaf.not_valid_after_utc - leaf.not_valid_before_utc,
        key_fault=_key_fault(leaf, data.get(_KEY, b"")),
        chain_fault=_chain_fault(chain, data.get(_AUTHORITY, b"")),
    )


def _certificates(pem: bytes) -> "Sequence[Certificate]":
    # Imported here because most verifications need no certificate.
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        return ()


def _key_fault(leaf: "Certificate", pem: bytes) -> str:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    try:
        public = load_pem_private_key(pem, None).public_key().public_bytes(*form)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # A TypeError says that the key is encrypted.
        return f"{_KEY} is not a private key in PEM without a passphrase"
    try:
        same = public == leaf.public_key().public_bytes(*form)
    except (ValueError, UnsupportedAlgorithm):
        return f"the key of the first certificate of {_CERTIFICATE} is of a kind that is not supported"
    return "" if same else f"{_KEY} is not the key of the first certificate of {_CERTIFICATE}"


def _chain_fault(chain: "Sequence[Certificate]", authority: bytes) -> str:
    for number, (issued, issuer) in enumerate(pairwise(chain), start=1):
        if not _issued(issued, issuer):
            return f"certificate {number} of {_CERTIFICATE} was not issued by the one after it"
    if not authority.strip():
        return ""
    trusted = _certificates(authority)
    if not trusted:
        return f"{_AUTHORITY} is not a certificate in PEM"
    last = chain[-1]
    if last in trusted or any(_issued(last, each) for each in trusted):
        return ""
    return f"the last certificate of {_CERTIFICATE} was not issued by {_AUTHORITY}"


def _issued(issued: "Certificate", issuer: "Certificate") -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.x509 import BasicConstraints, ExtensionNotFound

    try:
        issued.verify_directly_issued_by(issuer)
        return issuer.extensions.get_extension_for_class(BasicConstraints).value.ca
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, ExtensionNotFound):
        return False
