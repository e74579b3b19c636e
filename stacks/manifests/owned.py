"""The manifest of an object that belongs to a server or workload: it has its name, namespace and labels."""

from collections.abc import Mapping

from stacks.manifests.manifest import Manifest, Value
from stacks.model.owner import Owner
from stacks.model.workload import Workload


def owned(
    owner: Owner,
    declared: Workload,
    api_version: str,
    kind: str,
    spec: Value,
    annotations: Mapping[str, str] | None = None,
) -> Manifest:
    """Return an object of a server or workload that has only a `spec`."""
    return Manifest(api_version, kind, owner.name, declared.namespace, owner.labels, annotations or {}, {"spec": spec})
