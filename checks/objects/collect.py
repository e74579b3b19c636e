"""Collect objects with the stack's label, of kinds that few stacks or none declare."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from checks.kube.client import METADATA, Kind
from checks.kube.concurrent import read_each
from checks.kube.listing import PerNamespace, listed
from checks.kube.models import Owned
from checks.snapshot.reader import Collector, Reader
from stacks.model import names

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
    """Kind → namespace → objects with the stack's label; empty for the in-cluster verifier."""

    lists: Mapping[str, PerNamespace[Owned]] = field(default_factory=dict)


async def collect(reader: Reader) -> Unmanaged:
    """List the metadata of each kind. The in-cluster verifier has no access to these kinds, by design."""
    spaces = reader.declaration.occupied_namespaces()

    async def one(kind: str) -> PerNamespace[Owned]:
        return (await listed(reader.api, KINDS[kind], spaces, _namespace, labels=names.COMPONENT)).parts

    return Unmanaged({} if reader.connection.inside else await read_each(one, KINDS))


UNMANAGED = Collector(collect)


def _namespace(item: Owned) -> str:
    return item.metadata.namespace
