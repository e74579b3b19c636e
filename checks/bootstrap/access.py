"""Step 6: the kubeconfig, which is checked, and kept in the store of kubeconfigs, encrypted to the user's own keys."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from checks import private_files
from checks.bootstrap.journal import KUBECONFIG_INTENDED, Journal
from checks.bootstrap.run import Run
from checks.errors import UncheckedError, UsageError
from checks.kube.connection import Connection
from checks.kubeconfigs import connecting, encryption, store
from checks.kubeconfigs.document import Kubeconfig, parse
from checks.talos.kubeconfig import fetch

STEP = "kubeconfig"


def require_place(stack: str, journal: Journal) -> None:
    """Check that the kubeconfig of a stack can be stored, before anything is made.

    Raises:
        UsageError: that of another cluster is stored for the stack, or the user's keys cannot be used.
    """
    if store.file_of(stack).exists() and stack not in _intended(journal):
        raise UsageError(_taken(stack))
    encryption.require_usable()


async def keep(run: Run, _seconds: float) -> str:
    """Fetch the kubeconfig, and store it once it has reached the cluster of its nodes."""
    fetched = await fetch(run.planned.on_talos(), run.talosconfig())
    stack, context = run.plan.stack, run.planned.declaration.cluster.context
    made = parse(fetched.content.encode(), f"the kubeconfig of {fetched.node}", context)
    with store.locked(stack):
        if store.file_of(stack).exists() and _cluster(store.read(stack).kubeconfig) != _cluster(made):
            raise UncheckedError(_taken(stack))
        run.journal.write(KUBECONFIG_INTENDED, STEP, stack=stack, cluster=_cluster(made))
        store.write(stack, store.with_recipients(made, []))
    return f"the kubeconfig for {fetched.server} is {store.file_of(stack)}, encrypted"


def is_kept(run: Run) -> bool:
    """Return whether the kubeconfig of the cluster is stored for the stack of the plan."""
    return run.plan.stack in _intended(run.journal) and store.file_of(run.plan.stack).exists()


def connection(run: Run) -> Connection:
    """Return the connection of the stored kubeconfig."""
    stack = run.plan.stack
    return connecting.connection(store.read(stack).kubeconfig, str(store.file_of(stack)))


def plain_file(run: Run) -> Path:
    """Return a file in memory with the stored kubeconfig, for other programs."""
    file = run.memory / "stored-kubeconfig"
    private_files.replace(file, store.as_plain(store.read(run.plan.stack).kubeconfig).text().encode())
    return file


def remove(run: Run) -> Iterator[str]:
    """Remove the stored kubeconfigs of the cluster, and yield a sentence for each; those of other clusters are kept."""
    for stack, cluster in _intended(run.journal).items():
        if not store.file_of(stack).exists():
            continue
        with store.locked(stack):
            try:
                found = _cluster(store.read(stack).kubeconfig)
            except UsageError as error:
                yield f"the stored kubeconfig of stack {stack} is kept, because it cannot be read: {error}"
                continue
            if found == cluster:
                store.remove(stack)
                yield f"the stored kubeconfig of stack {stack} is removed"
            else:
                yield f"the stored kubeconfig of stack {stack} is kept, because it is that of another cluster"


def _intended(journal: Journal) -> dict[str, str]:
    """Return the stacks for which the kubeconfig was stored, or about to be, each with its cluster."""
    return {str(one.details["stack"]): str(one.details["cluster"]) for one in journal.of(KUBECONFIG_INTENDED)}


def _cluster(kubeconfig: Kubeconfig) -> str:
    """Return a text that two kubeconfigs have in common if they lead to the same cluster."""
    return hashlib.sha256(msgspec.json.encode(kubeconfig.cluster)).hexdigest()


def _taken(stack: str) -> str:
    return (
        f"the kubeconfig of another cluster is stored for stack {stack}: keep a copy if you need it "
        f"(`cortex kubeconfig export {stack} --sealed --output FILE`), then run `cortex kubeconfig remove {stack}`"
    )
