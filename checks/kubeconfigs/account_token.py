"""The tokens of accounts that `cortex credential` gives out: requested with the stored credential, and cached."""

import re
from datetime import timedelta

import anyio

from checks import private_files
from checks.errors import UsageError
from checks.kube.connection import Connection
from checks.kubeconfigs import store, token_cache, tokens
from checks.kubeconfigs.connecting import connection
from checks.kubeconfigs.credential import answer
from checks.rbac.requests import Account
from checks.rbac.token_request import request_token

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
        text = answer({"token": given.token}, until)
        tokens.keep(stack, str(account), audience, token_cache.content(version, int(until.timestamp()), text))
        return text


def _connection(stack: str) -> Connection:
    return connection(store.read(stack).kubeconfig, str(store.file_of(stack)))
