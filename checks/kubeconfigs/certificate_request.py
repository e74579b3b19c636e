"""Request a client certificate from the cluster's own authority (CertificateSigningRequest)."""

import base64
import secrets
from datetime import timedelta

import anyio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from checks.errors import UncheckedError, UsageError
from checks.kube.client import ApiClient, Kind
from checks.kube.models import Condition, Meta, Object
from checks.kube.reading import ReadFailure, Reason

SIGNER = "kubernetes.io/kube-apiserver-client"
WAIT_SECONDS = 30.0
_PAUSE_SECONDS = 0.2
_ADMINISTRATORS = "system:masters"


class RequestStatus(Object, frozen=True):
    """What the cluster says to a request, and the certificate (base64 of PEM)."""

    conditions: list[Condition] = []  # noqa: RUF012 - msgspec copies mutable defaults
    certificate: str = ""


class CertificateRequest(Object, frozen=True):
    """A CertificateSigningRequest."""

    metadata: Meta
    status: RequestStatus = RequestStatus()


REQUESTS = Kind("apis/certificates.k8s.io/v1", "certificatesigningrequests", CertificateRequest)


def require_renewable(certificate: x509.Certificate) -> None:
    """Check that the API server may issue such a certificate.

    Raises:
        UsageError: it is one of an administrator, which no signer of Kubernetes may sign.
    """
    groups = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    if any(one.value == _ADMINISTRATORS for one in groups):
        raise UsageError(
            f"the API server signs no certificate of the group {_ADMINISTRATORS}: get a new kubeconfig where this one "
            "is from, for instance `cortex talos kubeconfig STACK | cortex kubeconfig import - STACK --replace`"
        )


async def request(api: ApiClient, old: x509.Certificate, duration: timedelta) -> tuple[bytes, bytes]:
    """Return a new certificate of the same subject that is valid for the duration, and its new key, as PEM.

    Raises:
        UncheckedError: it could not be requested or approved, or was not signed in time.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    wanted = x509.CertificateSigningRequestBuilder().subject_name(old.subject).sign(key, hashes.SHA256())
    name = f"cortex-{secrets.token_hex(8)}"
    pem = serialization.Encoding.PEM
    document = {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": name},
        "spec": {
            "request": base64.b64encode(wanted.public_bytes(pem)).decode(),
            "signerName": SIGNER,
            "usages": ["client auth"],
            "expirationSeconds": int(duration.total_seconds()),
        },
    }
    _require(await api.create(REQUESTS, "", name, document))
    try:
        certificate = await _signed(api, name)
    finally:
        # An interrupt, too, leaves no request behind. Kubernetes deletes one that is left within a day.
        with anyio.CancelScope(shield=True):
            await api.delete(REQUESTS, "", name)
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate, secret


async def _signed(api: ApiClient, name: str) -> bytes:
    approval = {"type": "Approved", "status": "True", "reason": "CortexRotation", "message": "cortex kubeconfig rotate"}
    operations = [{"op": "add", "path": "/status/conditions", "value": [approval]}]
    approved = await api.patch(REQUESTS, "", f"{name}/approval", "cortex", operations)
    if isinstance(approved, ReadFailure) and approved.reason is Reason.FORBIDDEN:
        raise UncheckedError(
            'no new certificate: the account may not approve its request: grant it "patch" on '
            f'"certificatesigningrequests/approval", and "approve" on the signer "{SIGNER}"'
        )
    _require(approved)
    with anyio.move_on_after(WAIT_SECONDS):
        while True:
            found = await api.get(REQUESTS, "", name)
            _require(found)
            status = found.value.status if not isinstance(found, ReadFailure) and found.value else RequestStatus()
            if status.certificate:
                return base64.b64decode(status.certificate)
            if refused := next((one for one in status.conditions if one.type in ("Denied", "Failed")), None):
                raise UncheckedError(f"no new certificate: the cluster says {refused.type}: {refused.message}")
            await anyio.sleep(_PAUSE_SECONDS)
    raise UncheckedError(
        f"no new certificate: the cluster has not signed it within {WAIT_SECONDS:g} s; look whether its "
        "kube-controller-manager runs with a signing key (--cluster-signing-key-file)"
    )


def _require(reading: object) -> None:
    if isinstance(reading, ReadFailure):
        raise UncheckedError(f"no new certificate: {reading.what}: {reading.message}")
