"""A kubeconfig for an account of the stack, with a token that ends by itself (TokenRequest; seed, 1.2 and 5)."""

import base64
import os
import re
import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml

from checks.errors import UncheckedError, UsageError
from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.kube.models import TokenRequest
from checks.kube.reading import Permission, ReadFailure
from checks.rbac.requests import Account, accounts
from stacks.manifests.build import build
from stacks.model.declaration import Declaration

LEAST_SECONDS, MOST_SECONDS = 600, 24 * 3600
"""The API server gives no shorter token; a longer one is as bad as one that never ends."""

_UNITS = {"h": 3600, "m": 60, "s": 1}


@dataclass(frozen=True)
class Ticket:
    """A kubeconfig that holds a token, and when that ends. It is secret as a whole."""

    account: Account
    expires: datetime
    content: str

    def __repr__(self) -> str:
        """Show it without the token, wherever it is logged."""
        return f"Ticket({self.account}, {self.expires})"


def seconds(duration: str) -> int:
    """Read a duration such as 1h, 90m or 1h30m.

    Raises:
        UsageError: it is none, or too short or too long for a token.
    """
    if not re.fullmatch(r"(\d+[hms])+", duration):
        raise UsageError(f"{duration!r} is no duration: write for instance 1h, 90m or 1h30m")
    total = sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([hms])", duration))
    if not LEAST_SECONDS <= total <= MOST_SECONDS:
        raise UsageError(f"a token of {duration} is not given out: use 10m to 24h")
    return total


def find(declaration: Declaration, name: str, namespace: str | None) -> Account:
    """Find a declared ServiceAccount by its name, and by its namespace where two have the same name.

    Raises:
        UsageError: the stack declares none such, or several.
    """
    known = accounts(build(declaration))
    found = [account for account in known if account.name == name and namespace in (None, account.namespace)]
    if len(found) > 1:
        raise UsageError(f"several accounts are called {name!r}: {_listed(found)}; name one with --namespace")
    if not found:
        place = f" in namespace {namespace}" if namespace else ""
        raise UsageError(f"the stack declares no account {name!r}{place}: it has {_listed(known) or 'none'}")
    return found[0]


def _listed(known: "tuple[Account, ...] | list[Account]") -> str:
    return ", ".join(str(account) for account in known)


async def issue(declaration: Declaration, connection: Connection, account: Account, lasting: int) -> Ticket:
    """Ask for a token of so many seconds, and make a kubeconfig of it that leads where `access` leads.

    Raises:
        UncheckedError: the API server gave no token.
    """
    document = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": lasting},
    }
    path = f"/api/v1/namespaces/{account.namespace}/serviceaccounts/{account.name}/token"
    permission = Permission("create", "serviceaccounts/token", account.namespace)
    async with connection.client() as client:
        given = await ApiClient(client).ask(f"ask for a token of {account}", path, document, TokenRequest, permission)
    if isinstance(given, ReadFailure):
        raise UncheckedError(f"no token of {account}: {given.message}")
    status = given.value.status
    content = render(declaration.cluster.context, connection, account, status.token)
    return Ticket(account, status.expiration_timestamp, content)


def render(context: str, connection: Connection, account: Account, token: str) -> str:
    """Give the kubeconfig. Its context has the stack's own name, so that every command finds it."""
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
        cluster["certificate-authority-data"] = base64.b64encode(connection.authority.read_bytes()).decode()
    if connection.server_name:
        cluster["tls-server-name"] = connection.server_name
    if connection.proxy:
        cluster["proxy-url"] = connection.proxy
    return cluster


def save(content: str, file: Path) -> None:
    """Write a secret into a new file that only its owner may read, in a folder that only its owner may enter.

    Raises:
        UsageError: the file is there already, or cannot be written.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A file or link that somebody put there is never written to.
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError as error:
        raise UsageError(f"{file} is there already: remove it, or name another file with --output") from error
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror or error}: name another with --output") from error
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(content)
