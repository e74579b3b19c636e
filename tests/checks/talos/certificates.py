"""The certificates of a Talos cluster: ed25519, as Talos makes them, and talosconfigs with them."""

import base64
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ENCODING = serialization.Encoding.PEM


def _name(common: str, organization: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


class Authority:
    """The CA of the Talos API of a cluster."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self._subject = _name("talos", "talos")
        builder = self._builder(self._subject, self._key, timedelta(days=3650))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.pem = builder.sign(self._key, None).public_bytes(ENCODING)

    def server(self, address: str, lives: timedelta = timedelta(days=365)) -> bytes:
        """Give certificate and key of a node, for its address."""
        key = Ed25519PrivateKey.generate()
        builder = self._builder(_name(address, "talos"), key, lives)
        alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        builder = builder.add_extension(alternative, critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        pem = key.private_bytes(ENCODING, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return builder.sign(self._key, None).public_bytes(ENCODING) + pem

    def client(self, lives: timedelta = timedelta(days=365)) -> tuple[bytes, bytes]:
        """Give a client certificate, and its key under the PEM header that Talos writes."""
        key = Ed25519PrivateKey.generate()
        builder = self._builder(_name("admin", "os:admin"), key, lives)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        der = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        header = "ED25519 PRIVATE KEY"
        pem = f"-----BEGIN {header}-----\n{base64.b64encode(der).decode()}\n-----END {header}-----\n"
        return builder.sign(self._key, None).public_bytes(ENCODING), pem.encode()

    def talosconfig(
        self,
        endpoints: list[str],
        nodes: list[str] | None = None,
        lives: timedelta = timedelta(days=365),
        ca: bytes | None = None,
    ) -> str:
        """Give a talosconfig with one context, `simulated`."""
        certificate, key = self.client(lives)
        parts = {"ca": ca or self.pem, "crt": certificate, "key": key}
        entry = {
            "endpoints": endpoints,
            **({"nodes": nodes} if nodes else {}),
            **{name: base64.b64encode(part).decode() for name, part in parts.items()},
        }
        return yaml.safe_dump({"context": "simulated", "contexts": {"simulated": entry}})

    def _builder(self, subject: x509.Name, key: Ed25519PrivateKey, lives: timedelta) -> x509.CertificateBuilder:
        begins = datetime.now(UTC) - timedelta(days=30)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(datetime.now(UTC) + lives)
        )
