"""Check the pods of the workloads that are not MCP servers."""

from checks.results.builder import ResultBuilder
from checks.snapshot.snapshot import Snapshot
from checks.workloads.pods import check_pods, live
from stacks.model.declaration import Declaration
from stacks.model.owner import WORKLOADS, Owner


def check_workloads(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Check the number and the images of the pods of each workload."""
    for name, workload in declaration.workloads.items():
        owner = Owner(WORKLOADS, name)
        if snapshot.has_namespace(workload.namespace) and (found := live(builder, snapshot, owner, workload)):
            check_pods(builder, "workload", owner, workload, found)
