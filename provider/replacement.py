"""The fields whose change replaces the object: the same table as in the official plugin."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provider.kinds import Kind
    from provider.properties import Object
    from provider.settings import Settings

Path = tuple[str | int, ...]

IDENTITY = ("metadata.name", "metadata.namespace")
_ROLE_BINDING = ("roleRef",)
_CONTENTS = ("data", "binaryData", "stringData")
_FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "ConfigMap"): _CONTENTS,
    ("", "PersistentVolume"): ("spec.*",),
    ("", "PersistentVolumeClaim"): ("spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"),
    ("", "Pod"): ("spec.*",),
    ("", "ResourceQuota"): ("spec.scopes",),
    ("", "Secret"): ("type", *_CONTENTS),
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
# Fields below these that can change in place.
_MUTABLE: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "PersistentVolume"): tuple(
        f"spec.{name}*"
        for name in (
            "accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity", "persistentVolumeReclaimPolicy",
            "storageClassName", "volumeAttributesClassName", "volumeMode",
        )
    ),
    ("", "Pod"): ("spec.activeDeadlineSeconds", "spec.tolerations*"),
}  # fmt: skip


def forces_replacement(kind: Kind, path: Path, settings: Settings, declared: Object) -> bool:
    """Return whether a change at `path` of a `kind` needs a new object; `declared` are the new inputs."""
    dotted = ".".join(map(str, path))
    if path[0] in _CONTENTS and _contents_mutable(kind, settings) and declared.get("immutable") is not True:
        return False
    if any(fnmatchcase(dotted, pattern) for pattern in _MUTABLE.get(kind.key, ())):
        return False
    fields = IDENTITY + _FIELDS.get(kind.key, ())
    return any(fnmatchcase(dotted, field) or dotted.startswith(f"{field}.") for field in fields)


def _contents_mutable(kind: Kind, settings: Settings) -> bool:
    if kind.key == ("", "Secret"):
        return settings.secret_mutable
    return kind.key == ("", "ConfigMap") and settings.config_map_mutable
