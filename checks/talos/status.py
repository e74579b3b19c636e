"""Read what `cortex talos status` shows. Without the Kubernetes API, the nodes of the talosconfig are asked."""

from dataclasses import replace

from checks.kube.reading import ReadFailure
from checks.snapshot.snapshot import Snapshot
from checks.snapshot.take import take
from checks.talos.collect import TALOS, ask
from checks.talos.overview import parts, talos_report
from checks.talos.report import TalosReport
from checks.target import Target
from stacks.model.talos import Talos


async def look(target: Target) -> TalosReport:
    """Return one status of Kubernetes and Talos; a stack that does not declare Talos is asked with the defaults."""
    declared = target.declaration.talos or Talos()
    target = replace(target, declaration=target.declaration.model_copy(update={"talos": declared}))
    snapshot = await take(target.declaration, target.connection, parts(target.declaration))
    if isinstance(failure := snapshot.unreachable, ReadFailure):
        # Without a quorum the API server does not answer, and that is when the answer of Talos matters most.
        seen = await ask(declared, target.connection, failure, failure)
        snapshot = replace_collected(snapshot, seen)
    return talos_report(target, snapshot)


def replace_collected(snapshot: Snapshot, seen: object) -> Snapshot:
    """Return the snapshot with what Talos says."""
    return replace(snapshot, collected={**snapshot.collected, TALOS: seen})
