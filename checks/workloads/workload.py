"""The declared Deployments and StatefulSets, and their pods."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from checks.kube import models as k8s
from checks.results.result import Ref
from stacks.manifests.build import build
from stacks.manifests.manifest import Manifest
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.owner import SERVERS, WORKLOADS, Owner

KINDS = ("Deployment", "StatefulSet")
"""The kinds of workloads; StatefulSets are read only if one is declared."""


@dataclass(frozen=True)
class Workload:
    """A declared Deployment or StatefulSet."""

    kind: str
    name: str
    namespace: str
    selector: Mapping[str, str]
    """The labels of its pods."""
    owner: Owner | None = None
    """The server or workload of the declaration; None if it is another part of the stack."""

    @property
    def server(self) -> str | None:
        """Return the type of its MCP server; None if it is not one."""
        return self.selector.get(names.TYPE)

    @property
    def ref(self) -> Ref:
        """Return the reference to it, for findings."""
        return Ref(self.kind, self.name, self.namespace)

    def pods(self, pods: Iterable[k8s.Pod]) -> list[k8s.Pod]:
        """Return its pods that are neither finished nor being deleted."""
        wanted = self.selector.items()
        return [pod for pod in pods if pod.live and wanted <= pod.metadata.labels.items()]

    def deployment(self, deployments: Iterable[k8s.Deployment]) -> k8s.Deployment | None:
        """Return the live object; None if it does not exist."""
        return next((deployment for deployment in deployments if deployment.metadata.name == self.name), None)


def workloads(declaration: Declaration) -> tuple[Workload, ...]:
    """Return every declared Deployment and StatefulSet, in the declaration's order."""
    return tuple(
        Workload(obj.kind, obj.name, obj.namespace, _selector(obj), _owner(obj))
        for obj in build(declaration)
        if obj.kind in KINDS
    )


def _owner(deployment: Manifest) -> Owner | None:
    section, *key = deployment.declared_at
    return Owner(section, *key) if section in (SERVERS, WORKLOADS) else None


def _selector(deployment: Manifest) -> Mapping[str, str]:
    spec = cast("Mapping[str, Mapping[str, Mapping[str, str]]]", deployment.content["spec"])
    return spec["selector"]["matchLabels"]
