"""The fields that cannot change in place: one table, as the official plugin keeps it."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provider.kinds import Kind
    from provider.settings import Settings

Path = tuple[str | int, ...]

_EVERY_KIND = ("metadata.name", "metadata.namespace", "kind")
_ROLE_BINDING = ("roleRef",)
_FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "ConfigMap"): ("data", "binaryData"),
    ("", "PersistentVolumeClaim"): (
        "spec.accessModes",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeName",
    ),
    ("", "Pod"): ("spec",),
    ("", "ResourceQuota"): ("spec.scopes",),
    ("", "Secret"): ("type", "data", "stringData"),
    ("", "Service"): ("spec.clusterIP",),
    ("apps", "DaemonSet"): ("spec.selector",),
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "StatefulSet"): (
        "spec.selector",
        "spec.serviceName",
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.volumeClaimTemplates",
    ),
    ("batch", "Job"): ("spec.template", "spec.selector", "spec.completions", "spec.parallelism"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _ROLE_BINDING,
    ("rbac.authorization.k8s.io", "RoleBinding"): _ROLE_BINDING,
    ("storage.k8s.io", "StorageClass"): ("provisioner", "parameters"),
}
# Below a replaced field, what the API does let change.
_MUTABLE: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "Pod"): (
        "spec.containers.*.image",
        "spec.initContainers.*.image",
        "spec.activeDeadlineSeconds",
        "spec.tolerations.*",
    ),
}
_CONTENTS = ("data", "binaryData", "stringData")


def forces_replacement(kind: Kind, path: Path, settings: Settings) -> bool:
    """Whether a change at `path` of a `kind` can only be made by a new object."""
    key = (kind.group, kind.name)
    dotted = ".".join(map(str, path))
    if path[0] in _CONTENTS and _contents_mutable(key, settings):
        return False
    if any(fnmatchcase(dotted, pattern) for pattern in _MUTABLE.get(key, ())):
        return False
    fields = _EVERY_KIND + _FIELDS.get(key, ())
    return any(dotted == field or dotted.startswith(f"{field}.") for field in fields)


def _contents_mutable(key: tuple[str, str], settings: Settings) -> bool:
    if key == ("", "Secret"):
        return settings.secret_mutable
    return key == ("", "ConfigMap") and settings.config_map_mutable
