"""The kind of a credential, and when it expires.

Tokens and certificates are only decoded here; the API server verifies them.
"""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import msgspec


class Means(StrEnum):
    """How a client authenticates."""

    CERTIFICATE = "client certificate"
    TOKEN = "token"  # noqa: S105 - a kind of credential
    PLUGIN = "credential plugin"
    SERVICE_ACCOUNT = "ServiceAccount token"
    NONE = "none"


@dataclass(frozen=True)
class Credential:
    """A credential without its secret; `expires` is None if it is unknown or never."""

    means: Means
    expires: datetime | None = None


NO_CREDENTIAL = Credential(Means.NONE)


class Claims(msgspec.Struct):
    """What a JSON Web Token (RFC 7519, 4.1) says: when it was issued and expires, and of which account it is.

    `secret` is that of a ServiceAccount's token that never expires, and `namespace` where it is.
    """

    exp: float | None = None
    iat: float | None = None
    sub: str = ""
    secret: str = msgspec.field(default="", name="kubernetes.io/serviceaccount/secret.name")
    namespace: str = msgspec.field(default="", name="kubernetes.io/serviceaccount/namespace")


def token_expiry(token: str) -> datetime | None:
    """Return when a bearer token expires; None if that is not known."""
    told = claims(token)
    try:
        return datetime.fromtimestamp(told.exp, UTC) if told and told.exp is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def claims(token: str) -> Claims | None:
    """Return what a bearer token says; None if it is not a JSON Web Token."""
    parts = token.removeprefix("Bearer ").split(".")
    if len(parts) != 3:
        return None
    payload = parts[1]
    try:
        decoded = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        return msgspec.json.decode(decoded, type=Claims)
    except ValueError:
        return None


def certificate_expiry(pem: bytes) -> datetime | None:
    """Return when the first certificate in PEM expires; None if it cannot be decoded."""
    # Imported here because most commands need no certificate.
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(pem).not_valid_after_utc
    except ValueError:
        return None
