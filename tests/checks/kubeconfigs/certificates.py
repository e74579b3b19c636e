"""Certificates and kubeconfigs for the tests of the store."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SECRET_TOKEN = "very-secret-token"


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as PEM."""

    certificate: bytes
    key: bytes


def pair(days: float = 30, group: str = "testers") -> Pair:
    """Make a certificate that signs itself; with negative days it has expired."""
    key = ec.generate_private_key(ec.SECP256R1())
    attributes = {NameOID.ORGANIZATION_NAME: group, NameOID.COMMON_NAME: "tester"}
    name = x509.Name([x509.NameAttribute(kind, value) for kind, value in attributes.items()])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=90))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Pair(made.public_bytes(pem), secret)


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def certificate_user(made: Pair) -> dict[str, Any]:
    """Return the user of a kubeconfig with a client certificate."""
    return {"client-certificate-data": b64(made.certificate), "client-key-data": b64(made.key)}


def kubeconfig(cluster: Any = None, user: Any = None) -> dict[str, Any]:
    """Make a kubeconfig with the context `test`, by default with a token."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"} if cluster is None else cluster}],
        "users": [{"name": "u", "user": {"token": SECRET_TOKEN} if user is None else user}],
        "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u", "namespace": "n"}}],
    }


def written(file: Path, content: Any, mode: int = 0o600) -> Path:
    """Write a kubeconfig."""
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    file.chmod(mode)
    return file
