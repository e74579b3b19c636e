"""The servers and workloads that read a Secret: their pods are replaced by a mark in the pod template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from checks.drift.managed_fields import RESTARTED
from checks.errors import UncheckedError
from checks.kube import models as k8s
from checks.kube.client import ApiClient, Kind
from checks.kube.reading import ReadFailure, required
from checks.target import Target
from stacks.model.owner import Owner
from stacks.model.workload import STATEFUL_SET, controller

MANAGER = "cortex-secrets"
"""The field manager of what this package writes."""

_KINDS = {
    "Deployment": Kind("apis/apps/v1", "deployments", k8s.Deployment),
    STATEFUL_SET: Kind("apis/apps/v1", "statefulsets", k8s.Deployment),
}


@dataclass(frozen=True)
class Readers:
    """The servers and workloads that read a value."""

    target: Target
    api: ApiClient
    owners: Sequence[Owner]

    async def live(self, owner: Owner) -> k8s.Deployment:
        """Return the Deployment or StatefulSet of a reader.

        Raises:
            UncheckedError: it does not exist, or cannot be read.
        """
        declared = self.target.declaration.running()[owner]
        live = required(await self.api.get(_KINDS[controller(declared)], declared.namespace, owner.name))
        if live is None:
            raise UncheckedError(f"{controller(declared)} {declared.namespace}/{owner.name} does not exist: deploy it")
        return live

    async def marks(self) -> dict[str, str]:
        """Return the mark of the last restart of each reader; empty for one that was not restarted.

        Raises:
            UncheckedError: a reader does not exist, or cannot be read.
        """
        return {
            owner.path: (await self.live(owner)).spec.template.metadata.annotations.get(RESTARTED, "")
            for owner in self.owners
        }

    async def mark(self, marks: Mapping[str, str]) -> None:
        """Write the mark of each reader, which replaces its pods; an empty mark removes it.

        The mark from before a rotation brings back the ReplicaSet from before, whose pods still run.

        Raises:
            UncheckedError: a reader cannot be changed.
        """
        for owner in self.owners:
            await self._mark(owner, marks[owner.path])

    async def _mark(self, owner: Owner, mark: str) -> None:
        annotations = (await self.live(owner)).spec.template.metadata.annotations
        if annotations.get(RESTARTED, "") == mark:
            return
        declared = self.target.declaration.running()[owner]
        kind, operations = _KINDS[controller(declared)], [_operation(annotations, mark)]
        patched = await self.api.patch(kind, declared.namespace, owner.name, MANAGER, operations)
        if isinstance(patched, ReadFailure):
            raise UncheckedError(f"cannot restart {owner.path}: {patched.message}")


def _operation(annotations: Mapping[str, str], mark: str) -> dict[str, object]:
    where = "/spec/template/metadata/annotations"
    path = f"{where}/{RESTARTED.replace('/', '~1')}"
    if not mark:
        return {"op": "remove", "path": path}
    if not annotations:
        return {"op": "add", "path": where, "value": {RESTARTED: mark}}
    return {"op": "add", "path": path, "value": mark}
