"""Find undeclared fields of a live object by its managedFields, which record who last wrote each field.

Source: Kubernetes, "Server-Side Apply", section "Field management"; structured-merge-diff's FieldsV1 format.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from checks.drift.diff import place, without_items
from stacks.manifests.manifest import Value

OURS = ("pulumi-kubernetes", "pulumi")
"""Prefixes of the field managers of Pulumi's providers, the official one and ours."""
CONTROLLERS = frozenset({"kube-controller-manager", "kube-scheduler", "kubelet", "kube-apiserver"})
"""Field managers of Kubernetes itself."""
RESTARTED = "kubectl.kubernetes.io/restartedAt"
"""Set in a pod template by `kubectl rollout restart`; it does not change how the pods run."""

_ELSEWHERE = frozenset({"metadata", "status"})
_CODES = (
    (frozenset({"Deployment", "Job", "StatefulSet"}), "spec.template.spec.", "object.foreign-pod-field"),
    (frozenset({"CronJob"}), "spec.jobTemplate.spec.template.spec.", "object.foreign-pod-field"),
    (frozenset({"Service"}), "spec.", "object.foreign-service-field"),
    (frozenset({"ConfigMap"}), "binaryData", "object.foreign-data"),
    (
        frozenset({"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "ServiceAccount"}),
        "",
        "object.foreign-right",
    ),
)
"""Kinds, prefix of the path, and code. The first match applies."""


@dataclass(frozen=True)
class Foreign:
    """A field that neither Pulumi nor Kubernetes set."""

    path: tuple[str, ...]
    manager: str

    def code(self, kind: str) -> str:
        """Return the code of the finding: an error for fields of pods, Services, permissions and data."""
        where = ".".join(self.path)
        matching = (code for kinds, prefix, code in _CODES if kind in kinds and where.startswith(prefix))
        return next(matching, "object.foreign-field")

    @property
    def place(self) -> str:
        """Return the path as kubectl writes it."""
        return place(self.path)


def is_pulumi(manager: str) -> bool:
    """Return whether a field manager belongs to one of Pulumi's providers."""
    return manager.startswith(OURS)


def has_managed_fields(live: Mapping[str, Value]) -> bool:
    """Return whether an object has managedFields."""
    return bool(_managed(live))


def replicas_manager(live: Mapping[str, Value]) -> str | None:
    """Return the field manager that set the number of replicas for a HorizontalPodAutoscaler; None if none did."""
    for entry in _managed(live):
        spec = cast("Mapping[str, Mapping[str, Value]]", entry.get("fieldsV1") or {}).get("f:spec", {})
        if entry.get("subresource") == "scale" and entry.get("manager") in CONTROLLERS and "f:replicas" in spec:
            return str(entry["manager"])
    return None


def foreign(known: Iterable[tuple[str, ...]], live: Mapping[str, Value]) -> Iterator[Foreign]:
    """Yield the fields outside metadata and status that neither Pulumi nor Kubernetes set, unless they are known.

    `known` are the paths, without the items of lists, of fields that are compared anyway. Defaults that the API server
    fills in have no field manager, so they are not among them.
    """
    fixed = set(known)
    for manager, fields in _entries(live):
        if manager not in CONTROLLERS and not is_pulumi(manager):
            yield from (Foreign(path, manager) for path in _paths(fields) if not _known(path, fixed))


def _known(path: tuple[str, ...], fixed: Iterable[tuple[str, ...]]) -> bool:
    where = without_items(path)
    return RESTARTED in path or any(where[: len(leaf)] == leaf[: len(where)] for leaf in fixed)


def _entries(live: Mapping[str, Value]) -> list[tuple[str, Mapping[str, Value]]]:
    return [
        (str(entry.get("manager", "")), cast("Mapping[str, Value]", entry.get("fieldsV1") or {}))
        for entry in _managed(live)
        if not entry.get("subresource")
    ]


def _managed(live: Mapping[str, Value]) -> Sequence[Mapping[str, Value]]:
    metadata = cast("Mapping[str, Value]", live.get("metadata") or {})
    return cast("Sequence[Mapping[str, Value]]", metadata.get("managedFields") or ())


def _paths(fields: Mapping[str, Value]) -> Iterator[tuple[str, ...]]:
    """Yield the leaves of a FieldsV1 set outside metadata and status."""
    for key, inner in fields.items():
        if key.startswith("f:") and key[2:] not in _ELSEWHERE:
            yield from _leaves((key[2:],), cast("Mapping[str, Value]", inner))


def _leaves(path: tuple[str, ...], fields: Mapping[str, Value]) -> Iterator[tuple[str, ...]]:
    inner = {key: value for key, value in fields.items() if key != "."}
    if not inner:
        yield path
    for key, value in inner.items():
        # `f:` names a field; `k:` and `v:` select an item of a list by its key or its value.
        part = key[2:] if key.startswith("f:") else f"[{key[2:]}]"
        yield from _leaves((*path, part), cast("Mapping[str, Value]", value))
