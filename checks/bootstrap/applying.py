"""Step 3: each node gets its configuration, once all of them are known to be free or of this cluster."""

import time

from checks.bootstrap import secrets
from checks.bootstrap.configurations import generate_worker
from checks.bootstrap.journal import APPLIED
from checks.bootstrap.machines import foreign
from checks.bootstrap.nodes import Phase, Reach, until
from checks.bootstrap.plan import PlannedNode
from checks.bootstrap.run import Run
from checks.errors import UncheckedError
from checks.kube.reading import ReadFailure

STEP = "apply"


async def apply(run: Run, seconds: float) -> str:
    """Apply the configurations, and wait until every node answers with the certificates of the cluster."""
    deadline = time.monotonic() + seconds
    # Before the first is changed, all must answer: a node of another cluster among them ends the run.
    waiting = await _phases(run, run.plan.nodes, deadline)
    for node in run.plan.control_planes:
        await _configure(run, node, waiting[node])
    if run.plan.workers:
        known = run.require_secrets()
        if not known.worker:
            known = known.with_worker(await generate_worker(run, deadline - time.monotonic()))
            secrets.save(known, run.state.secrets, run.key)
        for node in run.plan.workers:
            await _configure(run, node, waiting[node])
    for node in run.plan.nodes:
        await _until_ours(run, node, deadline)
    return f"{len(run.plan.nodes)} nodes are configured for cluster {run.plan.cluster}"


async def _phases(run: Run, nodes: tuple[PlannedNode, ...], deadline: float) -> dict[PlannedNode, Phase]:
    """Return the state of each node, as soon as all of them are known."""
    # A node that was configured before may restart just now; it is waited for in the end.
    return {
        node: Phase.OURS if _was_applied(run, node) else await _answered(run.reach(), node, deadline) for node in nodes
    }


async def _answered(reach: Reach, node: PlannedNode, deadline: float) -> Phase:
    async def ask() -> Phase | None:
        phase = await reach.phase(node)
        return None if phase is Phase.SILENT else phase

    left = deadline - time.monotonic()
    phase = await until(left, lambda: f"node {node.name} at {node.address} did not answer", ask)
    if phase is Phase.FOREIGN:
        raise foreign(node)
    return phase


def _was_applied(run: Run, node: PlannedNode) -> bool:
    return any(entry.details["node"] == node.name for entry in run.journal.of(APPLIED))


async def _configure(run: Run, node: PlannedNode, phase: Phase) -> None:
    if phase is Phase.OURS:
        return
    known = run.require_secrets()
    configuration = known.control_plane if node in run.plan.control_planes else known.worker
    async with run.reach().insecure(node) as connected:
        applied = (
            connected
            if isinstance(connected, ReadFailure)
            else await connected.apply_configuration(secrets.for_node(configuration, node.name))
        )
    # The answer can get lost as the node restarts: then it is configured all the same.
    if isinstance(applied, ReadFailure) and await run.reach().phase(node) is not Phase.OURS:
        raise UncheckedError(f"node {node.name} at {node.address} did not take its configuration: {applied.message}")
    run.journal.write(APPLIED, STEP, node=node.name, address=node.address)
    run.say(f"  node {node.name} has its configuration")


async def _until_ours(run: Run, node: PlannedNode, deadline: float) -> None:
    reach = run.reach()
    last = [Phase.SILENT]

    async def ours() -> bool | None:
        last[0] = await reach.phase(node)
        if last[0] is Phase.FOREIGN:
            raise foreign(node)
        return last[0] is Phase.OURS or None

    left = deadline - time.monotonic()
    await until(left, lambda: f"node {node.name} at {node.address} {last[0].value}, and did not restart", ours)
