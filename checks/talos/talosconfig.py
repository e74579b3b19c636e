"""Read a talosconfig: where the Talos API of a cluster is, and the client certificate for it."""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import yaml
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from checks.errors import UsageError
from checks.kube.reading import ReadFailure, Reason

VARIABLE = "TALOSCONFIG"
OPTION = "choose one with --talosconfig or TALOSCONFIG"
_TALOS_KEY = "ED25519 PRIVATE KEY"
"""The PEM header of keys that Talos writes. It is PKCS #8 all the same, but OpenSSL refuses the header."""


class TalosconfigError(UsageError):
    """A talosconfig is missing, or cannot be used."""


class TalosconfigMissingError(TalosconfigError):
    """There is no talosconfig."""


@dataclass(frozen=True)
class Talosconfig:
    """One context of a talosconfig. The key is secret."""

    source: str
    context: str
    endpoints: tuple[str, ...]
    nodes: tuple[str, ...]
    authority: bytes
    """The CA of the nodes' certificates, in PEM."""
    certificate: bytes
    """The client certificate, in PEM."""
    expires: datetime
    key: bytes = field(repr=False)
    """Its key, in PEM as OpenSSL reads it."""

    def hosts(self, port: int) -> tuple[tuple[str, int], ...]:
        """Return host and port of each endpoint; `port` is that of endpoints without one."""
        return tuple(_host(one, port) for one in self.endpoints)


def _host(endpoint: str, port: int) -> tuple[str, int]:
    """Return host and port of an endpoint: HOST, HOST:PORT, an IPv6 address, or [IPv6]:PORT."""
    if endpoint.startswith("["):
        host, _, rest = endpoint[1:].partition("]")
        given = rest.removeprefix(":")
    else:
        host, _, given = endpoint.partition(":") if endpoint.count(":") == 1 else (endpoint, "", "")
    return host, int(given) if given.isdigit() else port


def expired(config: Talosconfig) -> ReadFailure | None:
    """Return a failure if the client certificate has expired; the nodes would only close the connection."""
    if config.expires > datetime.now(UTC):
        return None
    message = (
        f"the client certificate of context {config.context!r} of the talosconfig {config.source} expired on "
        f"{config.expires:%Y-%m-%d}: get a new one with `talosctl config new`, or from the machine configuration"
    )
    return ReadFailure("ask the Talos API", Reason.UNAUTHORIZED, message)


def place(given: Path | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return where the talosconfig is: the given file, or that of TALOSCONFIG, or ~/.talos/config."""
    if given is not None:
        return given
    named = environ.get(VARIABLE)
    return Path(named) if named else Path(environ.get("HOME", "~")).expanduser() / ".talos" / "config"


def load(file: Path, context: str | None = None) -> Talosconfig:
    """Return a context of a talosconfig, by default its current one.

    Raises:
        TalosconfigError: the file cannot be read, has no such context, or the context is incomplete.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise TalosconfigMissingError(f"no talosconfig at {file}: {OPTION}") from error
    except OSError as error:
        raise TalosconfigError(f"cannot read the talosconfig {file}: {error.strerror}: {OPTION}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        # The message of the parser quotes the text, which has a key in it.
        raise TalosconfigError(f"the talosconfig {file} is not YAML: {OPTION}") from error
    document = content if isinstance(content, dict) else {}
    known = document.get("contexts")
    contexts = cast("dict[str, object]", known) if isinstance(known, dict) else {}
    name = context or str(document.get("context") or "")
    entry = contexts.get(name)
    if not isinstance(entry, dict):
        wanted = f"has no context {name!r}" if name else "has no current context"
        raise TalosconfigError(
            f"the talosconfig {file} {wanted}: it has {', '.join(map(str, contexts)) or 'none'}; "
            "set cortex:talos.context, or choose another file with --talosconfig"
        )
    return _context(f"context {name!r} of the talosconfig {file}", str(file), name, entry)


def _context(what: str, source: str, name: str, entry: Mapping[str, object]) -> Talosconfig:
    authority, certificate, key = (_decoded(what, entry, part) for part in ("ca", "crt", "key"))
    try:
        expires = x509.load_pem_x509_certificate(certificate).not_valid_after_utc
        x509.load_pem_x509_certificates(authority)
    except ValueError as error:
        raise TalosconfigError(f"{what}: ca or crt is not a certificate in PEM: get a new talosconfig") from error
    return Talosconfig(
        source=source,
        context=name,
        endpoints=_texts(what, entry, "endpoints"),
        nodes=_texts(what, entry, "nodes"),
        authority=authority,
        certificate=certificate,
        expires=expires,
        key=_openssl_key(what, key),
    )


def _decoded(what: str, entry: Mapping[str, object], part: str) -> bytes:
    value = entry.get(part)
    if not isinstance(value, str) or not value:
        raise TalosconfigError(f"{what} has no {part}: get a new talosconfig")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise TalosconfigError(f"{what}: {part} is not base64: get a new talosconfig") from error


def _texts(what: str, entry: Mapping[str, object], part: str) -> tuple[str, ...]:
    value = entry.get(part) or []
    if not isinstance(value, list):
        raise TalosconfigError(f"{what}: {part} is not a list: correct it")
    return tuple(str(one) for one in value)


def _openssl_key(what: str, pem: bytes) -> bytes:
    """Return a private key as OpenSSL reads it, whichever PEM header it has."""
    try:
        lines = pem.strip().splitlines()
        if _TALOS_KEY.encode() in lines[0]:
            key = serialization.load_der_private_key(base64.b64decode(b"".join(lines[1:-1])), password=None)
        else:
            key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, IndexError, UnsupportedAlgorithm) as error:
        raise TalosconfigError(f"{what}: key is not a private key in PEM: get a new talosconfig") from error
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
