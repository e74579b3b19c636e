"""The certificates and keys of a cluster, and its kubeconfigs. They are created once and kept for restarts."""

import base64
import datetime
import ipaddress
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local.files import write

CONTEXT = "cortex-local"
"""The kubeconfig context of every embedded cluster, which Pulumi.local.yaml requires."""

_YEARS = 10
_SIGNING = x509.KeyUsage(
    key_cert_sign=True, crl_sign=True, digital_signature=True, content_commitment=False, key_encipherment=False,
    data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
)  # fmt: skip


@dataclass(frozen=True)
class Client:
    """The identity of a component or user: user and group are common name and organization of its certificate."""

    file: str
    user: str
    group: str = ""


CLIENTS = (
    Client("admin", "kubernetes-admin", "system:masters"),
    Client("controller-manager", "system:kube-controller-manager"),
    Client("scheduler", "system:kube-scheduler"),
    Client("kubelet", "system:node:{node}", "system:nodes"),
    Client("kube-proxy", "system:kube-proxy"),
    Client("kube-router", "system:kube-router"),
    Client("kwok", "system:kwok"),
    Client("apiserver-kubelet", "kube-apiserver-kubelet-client", "system:masters"),
    Client("front-proxy", "front-proxy-client"),
)


class Authority:
    """A certificate authority whose keys and certificates are files in a folder."""

    def __init__(self, folder: Path, node: str, addresses: Sequence[str]) -> None:
        self._folder = folder
        self._node = node
        self._addresses = addresses

    def ensure(self) -> None:
        """Create every missing certificate and key: authority, server, clients, ServiceAccounts and encryption."""
        if not self.certificate("ca").exists():
            key = ec.generate_private_key(ec.SECP256R1())
            self._save("ca", key, _certificate("cortex-ca", "", key, ("cortex-ca", key), authority=True))
        if not self.certificate("server").exists():
            self._issue("server", "kube-apiserver", "", self._addresses)
        for client in CLIENTS:
            if not self.certificate(client.file).exists():
                self._issue(client.file, client.user.format(node=self._node), client.group)
        if not self.key("accounts").exists():
            signing = ec.generate_private_key(ec.SECP256R1())
            write(self.public_key("accounts"), _public_pem(signing))
            write(self.key("accounts"), _pem(signing))
        if not (self._folder / "encryption.json").exists():
            write(self._folder / "encryption.json", _encryption())

    def certificate(self, name: str) -> Path:
        """Return the path of a certificate."""
        return self._folder / f"{name}.crt"

    def key(self, name: str) -> Path:
        """Return the path of a private key."""
        return self._folder / f"{name}.key"

    def public_key(self, name: str) -> Path:
        """Return the path of a public key; only `accounts`, which signs ServiceAccount tokens, has one."""
        return self._folder / f"{name}.pub"

    @property
    def encryption(self) -> Path:
        """Return the configuration with the key by which the API server encrypts Secrets in etcd."""
        return self._folder / "encryption.json"

    def kubeconfig(self, client: str, server: str) -> str:
        """Return a kubeconfig with embedded certificates for one of CLIENTS and the server's URL."""
        user = {
            "client-certificate-data": _base64(self.certificate(client)),
            "client-key-data": _base64(self.key(client)),
        }
        cluster = {"server": server, "certificate-authority-data": _base64(self.certificate("ca"))}
        return json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": CONTEXT,
                "clusters": [{"name": CONTEXT, "cluster": cluster}],
                "users": [{"name": client, "user": user}],
                "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": client}}],
            },
            indent=2,
        )

    def _issue(self, name: str, user: str, group: str, addresses: Sequence[str] = ()) -> None:
        signer = serialization.load_pem_private_key(self.key("ca").read_bytes(), password=None)
        if not isinstance(signer, ec.EllipticCurvePrivateKey):
            raise TypeError("the key of the certificate authority is not an EC key")
        key = ec.generate_private_key(ec.SECP256R1())
        self._save(name, key, _certificate(user, group, key, ("cortex-ca", signer), addresses))

    def _save(self, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        write(self.key(name), _pem(key))
        write(self.certificate(name), certificate.public_bytes(serialization.Encoding.PEM).decode())


def _certificate(
    user: str,
    group: str,
    key: ec.EllipticCurvePrivateKey,
    signer: tuple[str, ec.EllipticCurvePrivateKey],
    addresses: Sequence[str] = (),
    *,
    authority: bool = False,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(user, group))
        .issuer_name(_name(signer[0], ""))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    builder = builder.add_extension(
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
    ).add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer[1].public_key()), critical=False)
    if authority:
        builder = builder.add_extension(_SIGNING, critical=True)
    else:
        # The API server also uses the server certificate as a client of etcd, and etcd between peers.
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if addresses else [])]
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    if addresses:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_alternative(address) for address in addresses]), critical=False
        )
    return builder.sign(signer[1], hashes.SHA256())


def _name(user: str, group: str) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)] if group else []
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, user)])


def _alternative(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _public_pem(key: ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def _encryption() -> str:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    providers = [{"secretbox": {"keys": [{"name": "key1", "secret": key}]}}, {"identity": {}}]
    return json.dumps(
        {
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "EncryptionConfiguration",
            "resources": [{"resources": ["secrets"], "providers": providers}],
        }
    )
