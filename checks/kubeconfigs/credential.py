"""The answer to kubectl, helm and Pulumi, which run `cortex credential` for their credential (ExecCredential)."""

import re
import sys
from datetime import datetime, timedelta
from pathlib import Path

import anyio
import msgspec

from checks.errors import UsageError
from checks.kube.connection import Connection
from checks.kubeconfigs import connecting, private_files, store, token_cache, tokens
from checks.kubeconfigs.document import Kubeconfig, Plugin, User
from checks.rbac.requests import Account
from checks.rbac.token_request import request_token
from checks.times import rfc3339

API_VERSION = "client.authentication.k8s.io/v1"
VALID = timedelta(hours=1)
MARGIN = timedelta(minutes=5)
"""A token is not given out for longer than this before it expires: a call may take a while, and clocks differ."""

_PART = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_ACCOUNT = re.compile(rf"({_PART})/({_PART}(?:\.{_PART})*)")


def account_of(text: str) -> Account:
    """Return an account that was given as NAMESPACE/NAME.

    Raises:
        UsageError: it was not.
    """
    found = _ACCOUNT.fullmatch(text)
    if found is None:
        raise UsageError(f"--account: {text!r} is not NAMESPACE/NAME of a ServiceAccount")
    return Account(*text.split("/"))


def token(stack: str, account: Account, audience: str) -> str:
    """Return the answer with a token of an account, which the stored credential of the stack may request.

    The token is cached. Of several processes that need one, the first requests it.

    Raises:
        UsageError: no kubeconfig is stored, or it cannot be read.
        UncheckedError: the API server issued no token.
    """
    lock = store.file_of(stack).with_name(f".{stack}.token.lock")
    with private_files.locked(lock, f"the tokens of stack {stack}", wait=True):
        if found := token_cache.cached(stack, str(account), audience):
            return found
        version = token_cache.version(stack)
        given = anyio.run(request_token, _connection(stack), account, VALID, audience)
        until = given.expiration_timestamp - MARGIN
        text = _answer({"token": given.token}, until)
        tokens.keep(stack, str(account), audience, token_cache.content(version, int(until.timestamp()), text))
        return text


def stored(stack: str) -> str:
    """Return the answer with the stored credential of the stack, which is decrypted each time.

    Raises:
        UsageError: no kubeconfig is stored, it cannot be read, or its credential is that of another plugin.
    """
    user = store.read(stack).kubeconfig.user
    if user.exec is not None:
        raise UsageError(
            f"the stored kubeconfig of stack {stack} has a credential plugin of its own: use it (`cortex kubeconfig "
            f"export {stack}`), or request tokens with --account NAMESPACE/NAME"
        )
    certificate = connecting.decoded(user.client_certificate_data)
    key = connecting.decoded(user.client_key_data)
    if certificate and key:
        status = {"clientCertificateData": certificate.decode(), "clientKeyData": key.decode()}
    else:
        status = {"token": user.token or ""}
    return _answer(status, connecting.credential(user).expires)


def with_plugin(stack: str, account: str, audience: str) -> Kubeconfig:
    """Return a kubeconfig without a secret, which runs `cortex credential` for its credential.

    Raises:
        UsageError: no kubeconfig is stored, or it cannot be read.
    """
    found = store.read(stack).kubeconfig
    # This form is the one that the cache knows.
    options = [f"--account={account}", *([f"--audience={audience}"] if audience else [])] if account else []
    plugin = Plugin(
        api_version=API_VERSION,
        command=_program(),
        args=("credential", stack, *options),
        install_hint="cortex of the project is not on PATH: activate its environment",
        interactive_mode="Never",
    )
    return msgspec.structs.replace(found, user=User(exec=plugin), user_name=f"cortex-{stack}", recipients=())


def _connection(stack: str) -> Connection:
    return connecting.connection(store.read(stack).kubeconfig, str(store.file_of(stack)))


def _program() -> str:
    beside = Path(sys.executable).with_name("cortex")
    return str(beside) if beside.exists() else "cortex"


def _answer(status: dict[str, str], until: datetime | None) -> str:
    expiry = {"expirationTimestamp": rfc3339(until)} if until else {}
    document = {
        "apiVersion": API_VERSION,
        "kind": "ExecCredential",
        "spec": {"interactive": False},
        "status": {**status, **expiry},
    }
    return msgspec.json.encode(document).decode() + "\n"
