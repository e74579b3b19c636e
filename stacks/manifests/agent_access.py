"""What the agent inside the cluster may do (docs/declaration.md)."""

from collections.abc import Collection, Iterator

from stacks.manifests.grants import Grants
from stacks.manifests.manifest import Manifest
from stacks.manifests.permissions import CORE, READ, Rule
from stacks.manifests.site import Site
from stacks.model import names
from stacks.model.agent import Verb

_LEASES = ("coordination.k8s.io",)

_NODES = Rule(CORE, ("nodes",), READ)
# What a node has left for a pod that is not scheduled depends on the pods of all namespaces.
_ALL_PODS = Rule(CORE, ("pods",), ("list",))
_EVENTS = Rule(CORE, ("events",), ("list", "watch"))
_IN_A_NAMESPACE = (
    Rule(CORE, ("configmaps", "resourcequotas"), ("list", "watch")),
    _EVENTS,
    Rule(CORE, ("pods",), READ),
    Rule(CORE, ("pods/log",), ("get",)),
)
_OWN = (
    Rule(CORE, ("configmaps",), ("get",), (names.DECLARATION_CONFIG_MAP,)),
    Rule(_LEASES, ("leases",), ("get", "patch"), (names.AGENT,)),
    # RBAC cannot limit `create` to a name.
    Rule(_LEASES, ("leases",), ("create",)),
)
_CORDON = Rule(CORE, ("nodes",), ("patch",))
_RESTART = Rule(CORE, ("pods",), ("delete",))


def agent_access(actions: Collection[Verb], site: Site) -> Iterator[Manifest]:
    """Yield permissions to read what the agent follows, to hold its Lease, and to do what `actions` allow."""
    grants = Grants(names.AGENT, names.SYSTEM_NAMESPACE, names.agent_labels())
    yield grants.cluster_role(names.AGENT, (_NODES, _ALL_PODS, *([_CORDON] if "cordon" in actions else [])))
    yield grants.everywhere(names.AGENT, names.AGENT)
    restart = [_RESTART] if "restart" in actions else []
    yield grants.cluster_role(names.AGENT_NAMESPACE_ROLE, (*_IN_A_NAMESPACE, *restart))
    for namespace in (*site.namespaces, *site.occupied):
        yield grants.within(namespace, names.AGENT, names.AGENT_NAMESPACE_ROLE)
    if names.NODE_EVENTS_NAMESPACE not in site.occupied:
        yield from grants.role(names.NODE_EVENTS_NAMESPACE, names.AGENT_NODES_ROLE, [_EVENTS])
    yield from grants.role(names.SYSTEM_NAMESPACE, names.AGENT_OWN_ROLE, _OWN)
