"""Rotate a stored credential: the new one is verified before it replaces the old one, which is kept until confirmed."""

from dataclasses import dataclass
from pathlib import Path

import anyio

from checks import private_files
from checks.errors import UncheckedError, UsageError
from checks.kube.client import ApiClient, Kind
from checks.kube.connection import Connection
from checks.kube.credentials import claims
from checks.kube.models import Meta, Object
from checks.kube.reading import ReadFailure
from checks.kubeconfigs import store, tokens
from checks.kubeconfigs.connecting import connection
from checks.kubeconfigs.document import Kubeconfig
from checks.kubeconfigs.held import credential
from checks.kubeconfigs.renewal import account, renewed, validity


class _Secret(Object, frozen=True):
    metadata: Meta


_SECRETS = Kind("api/v1", "secrets", _Secret)


@dataclass(frozen=True)
class _Old:
    """The credential that a rotation has replaced."""

    kubeconfig: Kubeconfig
    file: Path


def rotate(stack: str) -> str:
    """Replace the stored credential of a stack by a new one; return what was done.

    Raises:
        UsageError: none is stored, it cannot be renewed, or an earlier rotation is not confirmed.
        UncheckedError: the cluster gave no new credential, or one that it does not accept. The old one is in place.
    """
    with store.locked(stack):
        file, previous = store.file_of(stack), store.previous_file(stack)
        old = store.read(stack).kubeconfig
        before = private_files.read(file, "the stored kubeconfig")
        # Both are the same if an earlier rotation ended between the copy and the replacement.
        if previous.exists() and private_files.read(previous, "the previous kubeconfig") != before:
            store.require_confirmed(stack)
        new = anyio.run(renewed, old, str(file))
        private_files.close_folder(previous.parent)
        private_files.replace(previous, before)
        store.write(stack, new)
    held = credential(new.user)
    return (
        f"stack {stack} has a new {held.means.value}, valid {validity(held.expires)}; the old one is kept until "
        f"`cortex kubeconfig rotate {stack} --confirm`, and --undo takes it back"
    )


def confirm(stack: str) -> str:
    """Delete the credential that the last rotation replaced, and revoke it where that is possible.

    Raises:
        UsageError: there is none.
        UncheckedError: the new credential does not work, or the old one could not be revoked. The old one is kept.
    """
    with store.locked(stack):
        old = _previous(stack)
        new = store.read(stack).kubeconfig
        if new.user == old.kubeconfig.user:
            # Revoking it would leave the user without a credential.
            old.file.unlink()
            raise UsageError(f"the last rotation of stack {stack} was interrupted, and the old credential is in place")
        current = connection(new, str(store.file_of(stack)))
        anyio.run(account, current)
        revoked = anyio.run(_revoked, current, old.kubeconfig)
        old.file.unlink()
    ends = credential(old.kubeconfig.user).expires
    return f"the old credential of stack {stack} is deleted here, and " + (
        "revoked on the cluster" if revoked else f"valid {validity(ends)}: Kubernetes cannot revoke one alone"
    )


def undo(stack: str) -> str:
    """Take back the credential that the last rotation replaced.

    Raises:
        UsageError: there is none, or it cannot be written.
    """
    with store.locked(stack):
        old = _previous(stack)
        content = private_files.read(old.file, "the previous kubeconfig")
        private_files.replace(store.file_of(stack), content)
        tokens.forget(stack)
        old.file.unlink()
    return f"stack {stack} has its old credential again"


def _previous(stack: str) -> _Old:
    file = store.previous_file(stack)
    if not file.exists():
        raise UsageError(f"stack {stack} has no rotation to confirm: `cortex kubeconfig rotate {stack}` begins one")
    content = private_files.read(file, "the previous kubeconfig")
    return _Old(store.opened(content, f"the previous kubeconfig {file}").kubeconfig, file)


async def _revoked(current: Connection, old: Kubeconfig) -> bool:
    """Delete the Secret of an old token that never expires; return whether the old credential was such a token."""
    told = claims(old.user.token or "")
    if told is None or not told.secret:
        return False
    async with current.client() as client:
        deleted = await ApiClient(client).delete(_SECRETS, told.namespace, told.secret)
    if isinstance(deleted, ReadFailure):
        raise UncheckedError(f"the old token is not revoked: {deleted.what}: {deleted.message}; it is kept")
    return True
