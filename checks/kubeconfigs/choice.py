"""Which kubeconfig a command uses: --kubeconfig, KUBECONFIG, the store, ~/.kube/config, or the pod's ServiceAccount."""

import os
from dataclasses import replace
from pathlib import Path

from checks.errors import UsageError
from checks.kube.connection import SERVICE_ACCOUNT, Connection, from_kubeconfig, from_service_account
from checks.kubeconfigs import store
from checks.kubeconfigs.connecting import connection

_DEFAULT = "~/.kube/config"


def choose(stack: str, context: str, kubeconfig: Path | None, service_account: Path = SERVICE_ACCOUNT) -> Connection:
    """Return the connection to the cluster of a stack, with the reason why it is this one.

    Raises:
        UsageError: the kubeconfig that is to be used cannot be read, or has no such context.
        UncheckedError: the context's credential plugin gave no credential.
    """
    if kubeconfig is not None:
        return replace(from_kubeconfig(context, kubeconfig), reason="--kubeconfig names it")
    if os.environ.get("KUBECONFIG"):
        return replace(from_kubeconfig(context), reason="KUBECONFIG names it")
    if _exists(store.file_of(stack)):
        return replace(_stored(stack, context), reason="it is stored for the stack, and KUBECONFIG is not set")
    default = Path(os.path.expanduser(_DEFAULT))  # noqa: PTH111 - a container's user may have no home
    if not _exists(default) and _exists(service_account / "token"):
        return replace(from_service_account(service_account), reason="this is a pod, and there is no kubeconfig")
    return replace(from_kubeconfig(context, default), reason="it is the default, and none is stored for the stack")


def _exists(file: Path) -> bool:
    """Return whether a file exists, as far as this user may know: `Path.exists` would raise an error."""
    return os.path.exists(file)  # noqa: PTH110


def _stored(stack: str, context: str) -> Connection:
    entry, file = store.read(stack), store.file_of(stack)
    if entry.kubeconfig.context != context:
        raise UsageError(
            f"the stored kubeconfig {file} has the context {entry.kubeconfig.context!r}, not {context!r}: import one "
            f"for it (`cortex kubeconfig import FILE {stack} --replace`), or choose another with --kubeconfig"
        )
    return connection(entry.kubeconfig, str(file))
