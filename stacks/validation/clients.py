"""Check the names of workloads, and the servers and workloads that are named as clients."""

from collections.abc import Iterator

from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.suggestion import meant

_TAKEN = frozenset({"default", "kubernetes", names.MCP_SERVER_APP, names.KUBE_STATE_METRICS, names.VERIFIER})
"""Names of objects of the cluster, and values of the label `app` of other pods of the stack."""


def faults(declaration: Declaration) -> Iterator[str]:
    """Yield every broken rule as `path: what is wrong: the way out`."""
    taken = _TAKEN | ({names.ROTATOR} if declaration.rotator else set())
    for name in sorted(taken & set(declaration.workloads)):
        yield f"workloads.{name}: is a name that the cluster or the stack uses itself: choose another"
    known = declaration.running()
    for owner, declared in known.items():
        for index, client in enumerate(declared.clients):
            if (named := client.owner) and named not in known:
                others = [other.key for other in known if other.section == named.section]
                yield (
                    f"{owner.path}.clients.{index}.{named.title}: {named.title} {named.key!r} is not declared: "
                    f"{meant(named.key, others)}add it under cortex:{named.section}, or name a namespace and labels"
                )
