"""A new credential of the same account, for as long as the old one was valid, but not longer than a quarter."""

import base64
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography import x509

from checks.errors import UncheckedError, UsageError
from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.kube.credentials import claims
from checks.kube.reading import ReadFailure
from checks.kube.whoami import whoami
from checks.kubeconfigs import certificate_request
from checks.kubeconfigs.connecting import connection
from checks.kubeconfigs.document import Kubeconfig, User
from checks.kubeconfigs.held import decoded
from checks.rbac.requests import Account
from checks.rbac.token_request import request_token

LONGEST = timedelta(days=90)
_SHORTEST = timedelta(minutes=10)
_ACCOUNT = "system:serviceaccount:"


async def renewed(old: Kubeconfig, place: str) -> Kubeconfig:
    """Return the kubeconfig with a new credential, which the API server takes for the same account.

    Raises:
        UsageError: this kind of credential cannot be renewed.
        UncheckedError: the cluster gave no new one, or takes it for another account.
    """
    if old.user.exec is not None:
        raise UsageError("the stored kubeconfig has a credential plugin, which renews the credential by itself")
    with_old = connection(old, place)
    if certificate := decoded(old.user.client_certificate_data):
        user = await _certificate(with_old, x509.load_pem_x509_certificate(certificate))
    else:
        user = User(token=await _token(with_old, old.user.token or ""))
    new = msgspec.structs.replace(old, user=user)
    before, after = await account(with_old), await account(connection(new, place))
    if before != after:
        raise UncheckedError(f"the new credential is that of {after}, not of {before}: the old one is kept")
    return new


async def account(with_it: Connection) -> str:
    """Return the account that the API server sees.

    Raises:
        UncheckedError: it did not say.
    """
    async with with_it.client() as client:
        seen = await whoami(ApiClient(client))
    if isinstance(seen, ReadFailure):
        raise UncheckedError(f"{seen.what}: {seen.message}")
    return seen.value.username


async def _certificate(with_old: Connection, old: x509.Certificate) -> User:
    certificate_request.require_renewable(old)
    valid = old.not_valid_after_utc - old.not_valid_before_utc
    async with with_old.client() as client:
        made, key = await certificate_request.request(ApiClient(client), old, _limited(valid))
    return User(client_certificate_data=base64.b64encode(made).decode(), client_key_data=base64.b64encode(key).decode())


async def _token(with_old: Connection, old: str) -> str:
    told = claims(old)
    if told is None or not told.sub.startswith(_ACCOUNT):
        raise UsageError("the stored token is not that of a ServiceAccount: get a new one where it is from")
    valid = timedelta(seconds=told.exp - told.iat) if told.exp and told.iat else LONGEST
    namespace, _, name = told.sub.removeprefix(_ACCOUNT).partition(":")
    return (await request_token(with_old, Account(namespace, name), _limited(valid))).token


def _limited(valid: timedelta) -> timedelta:
    return max(_SHORTEST, min(LONGEST, valid))


def validity(expires: datetime | None) -> str:
    """Return until when a credential is valid, for a message."""
    return f"until {expires.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if expires else "without an end"
