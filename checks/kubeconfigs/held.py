"""The credential of a stored kubeconfig: its kind, and when it expires. Without the client of the API server."""

import base64
from datetime import datetime

from checks.kube.credentials import NO_CREDENTIAL, Credential, Means, token_expiry
from checks.kubeconfigs.document import User


def credential(user: User) -> Credential:
    """Return the kind of a credential, and when it expires."""
    if user.exec is not None:
        return Credential(Means.PLUGIN)
    if certificate := decoded(user.client_certificate_data):
        return Credential(Means.CERTIFICATE, _expiry(certificate))
    return Credential(Means.TOKEN, token_expiry(user.token)) if user.token else NO_CREDENTIAL


def decoded(data: str | None) -> bytes | None:
    """Return what certificate or key data contain."""
    return base64.b64decode(data) if data else None


def _expiry(certificate: bytes) -> datetime:
    from cryptography import x509

    return x509.load_pem_x509_certificate(certificate).not_valid_after_utc
