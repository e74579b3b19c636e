"""Objects with our label of the kinds that no stack declares: somebody made them by hand, or something makes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import anyio

from checks.kube.client import METADATA, ApiClient, Kind, ReadFailure
from checks.kube.connection import Connection
from checks.kube.listing import PerNamespace, everywhere
from checks.kube.models import Owned
from stacks.model import names
from stacks.model.declaration import Declaration

KINDS: Mapping[str, Kind[Owned]] = {
    "DaemonSet": Kind("apis/apps/v1", "daemonsets", Owned, METADATA),
    "Ingress": Kind("apis/networking.k8s.io/v1", "ingresses", Owned, METADATA),
    "PersistentVolumeClaim": Kind("api/v1", "persistentvolumeclaims", Owned, METADATA),
    "Pod": Kind("api/v1", "pods", Owned, METADATA),
    "ReplicaSet": Kind("apis/apps/v1", "replicasets", Owned, METADATA),
    "StatefulSet": Kind("apis/apps/v1", "statefulsets", Owned, METADATA),
}


@dataclass(frozen=True)
class Unmanaged:
    """Kind → namespace → the objects with our label, whoever made them; nothing where nobody looked on purpose."""

    lists: Mapping[str, PerNamespace[Owned]] = field(default_factory=dict)


async def read(declaration: Declaration, connection: Connection, api: ApiClient) -> Unmanaged:
    """List the metadata of each kind. The verifier's own account is not asked: it has no right to these kinds."""
    lists: dict[str, PerNamespace[Owned]] = {}

    async def one(name: str, kind: Kind[Owned]) -> None:
        lists[name] = await everywhere(api, kind, declaration.namespaces, _namespace, labels=names.COMPONENT)

    if not connection.inside:
        async with anyio.create_task_group() as group:
            for name, kind in KINDS.items():
                group.start_soon(one, name, kind)
    return Unmanaged(lists)


def unread(declaration: Declaration, why: ReadFailure) -> Unmanaged:
    """Give what stands there if nothing can be read."""
    return Unmanaged({name: dict.fromkeys(declaration.namespaces, why) for name in KINDS})


def _namespace(item: Owned) -> str:
    return item.metadata.namespace
