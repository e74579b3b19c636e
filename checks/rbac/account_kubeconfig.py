"""Create a kubeconfig for an account of the stack, with a token that expires (TokenRequest)."""

import base64
import os
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from checks.errors import UsageError
from checks.kube.connection import Connection
from checks.rbac.requests import Account, accounts_of
from checks.rbac.token_request import request_token
from stacks.manifests.build import build
from stacks.model.declaration import Declaration

SHORTEST, LONGEST = timedelta(minutes=10), timedelta(hours=24)
"""The API server issues no shorter token; a longer one is as risky as one that never expires."""


@dataclass(frozen=True)
class Ticket:
    """A kubeconfig with a token, and when the token expires. The content is secret."""

    account: Account
    expires: datetime
    content: str

    def __repr__(self) -> str:
        """Return a text without the token, which is safe in logs."""
        return f"Ticket({self.account}, {self.expires})"


def require_valid(duration: timedelta) -> None:
    """Check how long a token is to be valid.

    Raises:
        UsageError: it is too short or too long for a token.
    """
    if not SHORTEST <= duration <= LONGEST:
        raise UsageError("--duration: a token is valid for 10m to 24h")


def find(declaration: Declaration, name: str, namespace: str | None) -> Account:
    """Return a declared ServiceAccount by its name, and by its namespace if several have the same name.

    Raises:
        UsageError: the stack declares no such account, or several.
    """
    known = accounts_of(build(declaration))
    found = [account for account in known if account.name == name and namespace in (None, account.namespace)]
    if len(found) > 1:
        raise UsageError(f"several accounts have the name {name!r}: {_listed(found)}; choose one with --namespace")
    if not found:
        place = f" in namespace {namespace}" if namespace else ""
        raise UsageError(f"the stack declares no account {name!r}{place}: it declares {_listed(known) or 'none'}")
    return found[0]


def _listed(known: "tuple[Account, ...] | list[Account]") -> str:
    return ", ".join(str(account) for account in known)


async def issue(declaration: Declaration, connection: Connection, account: Account, duration: timedelta) -> Ticket:
    """Return a kubeconfig for the same API server, with a new token that is valid for the duration.

    Raises:
        UncheckedError: the API server issued no token.
    """
    given = await request_token(connection, account, duration)
    content = render(declaration.cluster.context, connection, account, given.token)
    return Ticket(account, given.expiration_timestamp, content)


def render(context: str, connection: Connection, account: Account, token: str) -> str:
    """Return the kubeconfig. Its context has the declared name, so that every command finds it."""
    entry = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "clusters": [{"name": context, "cluster": _cluster(connection)}],
        "users": [{"name": account.name, "user": {"token": token}}],
        "contexts": [
            {
                "name": context,
                "context": {"cluster": context, "user": account.name, "namespace": account.namespace},
            }
        ],
    }
    return yaml.safe_dump(entry, sort_keys=False)


def _cluster(connection: Connection) -> dict[str, object]:
    cluster: dict[str, object] = {"server": connection.host}
    if connection.tls is not None and connection.tls.verify_mode is ssl.CERT_NONE:
        cluster["insecure-skip-tls-verify"] = True
    elif connection.authority:
        cluster["certificate-authority-data"] = base64.b64encode(connection.authority).decode()
    if connection.server_name:
        cluster["tls-server-name"] = connection.server_name
    if connection.proxy:
        cluster["proxy-url"] = connection.proxy
    return cluster


def save(content: str, file: Path) -> None:
    """Write a secret into a new file that only its owner can read, in a folder that only its owner can enter.

    Raises:
        UsageError: the file exists, or cannot be written.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # An existing file or link is never written to: it may be readable by others.
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError as error:
        raise UsageError(f"{file} already exists: remove it, or choose another file with --output") from error
    except OSError as error:
        raise UsageError(
            f"cannot write {file}: {error.strerror or error}: choose another file with --output"
        ) from error
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(content)
