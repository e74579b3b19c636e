"""A kubeconfig that a user brings: what it refers to is embedded, and what is wrong or unsafe in it is refused."""

import base64
import binascii
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from checks import private_files
from checks.errors import UsageError
from checks.kube.credentials import token_expiry
from checks.kubeconfigs.document import Cluster, Kubeconfig, User

_HTTPS, _HTTP = "https://", "http://"


def checked(
    read: Kubeconfig, what: str, folder: Path, *, plugins: Collection[str] = (), insecure: bool = False
) -> Kubeconfig:
    """Return a kubeconfig that needs no other file; `what` names it in messages, its paths are relative to `folder`.

    Raises:
        UsageError: it connects without TLS and is not allowed to, runs a program that is not among `plugins`, has no
            credential or an expired one, or refers to a file that cannot be read.
    """
    cluster = _cluster(read.cluster, what, folder, insecure=insecure)
    user = _user(read.user, what, folder, plugins)
    return msgspec.structs.replace(read, cluster=cluster, user=user)


def _cluster(cluster: Cluster, what: str, folder: Path, *, insecure: bool) -> Cluster:
    server = cluster.server
    if not server.startswith((_HTTPS, _HTTP)):
        raise UsageError(f"{what} has the server {server!r}: write https://HOST:PORT")
    if not insecure and server.startswith(_HTTP):
        raise UsageError(f"{what} connects without TLS to {server}: use https, or allow it with --allow-insecure")
    if not insecure and cluster.insecure_skip_tls_verify:
        raise UsageError(
            f"{what} has insecure-skip-tls-verify, so anyone on the way can read the credential: "
            "give it the certificate authority of the cluster, or allow it with --allow-insecure"
        )
    authority = _embedded(cluster.certificate_authority_data, cluster.certificate_authority, what, folder)
    if authority:
        certificates = _certificates(authority, f"the certificate authority of {what}")
        if all(one.not_valid_after_utc <= datetime.now(UTC) for one in certificates):
            raise UsageError(f"the certificate authority of {what} has expired: get the kubeconfig again")
    return msgspec.structs.replace(cluster, certificate_authority=None, certificate_authority_data=_encoded(authority))


def _user(user: User, what: str, folder: Path, plugins: Collection[str]) -> User:
    if user.token_file is not None:
        raise UsageError(f"{what} has a tokenFile, whose token others renew: use a kubeconfig with the token itself")
    certificate = _embedded(user.client_certificate_data, user.client_certificate, what, folder)
    key = _embedded(user.client_key_data, user.client_key, what, folder)
    if user.exec is not None:
        _require_allowed(user.exec.command, what, plugins)
    elif certificate or key:
        _require_pair(certificate, key, what)
    elif not user.token:
        raise UsageError(f"{what} has no credential: use one with a client certificate, a token or a plugin")
    expires = token_expiry(user.token) if user.token else None
    if expires and expires <= datetime.now(UTC):
        raise UsageError(f"the token of {what} expired on {expires:%Y-%m-%d at %H:%M} UTC: get a new one")
    return msgspec.structs.replace(
        user,
        client_certificate=None,
        client_certificate_data=_encoded(certificate),
        client_key=None,
        client_key_data=_encoded(key),
    )


def _require_allowed(command: str, what: str, plugins: Collection[str]) -> None:
    if "/" in command and not command.startswith("/"):
        raise UsageError(f"{what} runs the program {command!r} of its own folder: write its absolute path")
    if command not in plugins:
        raise UsageError(
            f"{what} runs the program {command!r} for its credential: allow it by name with --allow-exec {command}"
        )


def _require_pair(certificate: bytes | None, key: bytes | None, what: str) -> None:
    if not certificate or not key:
        raise UsageError(f"{what} has a client certificate without its key, or a key alone: get it again")
    first = _certificates(certificate, f"the client certificate of {what}")[0]
    try:
        private = serialization.load_pem_private_key(key, None)
    except (ValueError, TypeError):
        raise UsageError(f"the client key of {what} is not a private key without a passphrase: get it again") from None
    if private.public_key() != first.public_key():
        raise UsageError(f"the client key of {what} does not belong to its client certificate: get it again")
    if first.not_valid_after_utc <= datetime.now(UTC):
        raise UsageError(
            f"the client certificate of {what} expired on {first.not_valid_after_utc:%Y-%m-%d}: "
            "get a new one, for instance with `cortex talos kubeconfig`"
        )


def _certificates(content: bytes, what: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError:
        raise UsageError(f"{what} is not a PEM certificate: get the kubeconfig again") from None


def _embedded(data: str | None, path: str | None, what: str, folder: Path) -> bytes | None:
    """Return what is embedded, or else the content of the file; kubectl prefers them in this order, too."""
    if data:
        try:
            return base64.b64decode(data, validate=False)
        except binascii.Error:
            raise UsageError(f"{what} has certificate or key data that is not base64: get it again") from None
    if path:
        return private_files.read(folder / Path(path).expanduser(), f"the file that {what} names,", private=False)
    return None


def _encoded(content: bytes | None) -> str | None:
    return None if content is None else base64.b64encode(content).decode()
