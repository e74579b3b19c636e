"""The settings that exist at a place of the model, for messages about one that does not."""

from collections.abc import Iterator, Mapping, Sequence
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from stacks.model.suggestion import nearest

_IN_A_PART = 2
"""The length of the place of a server's or workload's own settings."""

Place = Sequence[str | int]
"""Keys and indices that lead to a value, as pydantic gives them: a union adds the name of the type that it tried."""

_ELSEWHERE: Mapping[str, str] = {
    "targetCPUUtilizationPercentage": "write cpuPercent",
    "imagePullSecrets": "set cluster.imagePullSecrets, which is for all pods of the stack",
    "imagePullSecret": "set cluster.imagePullSecrets, which is for all pods of the stack",
    "serviceAccountName": "write serviceAccount: {name: …}, with existing: true if others make it",
    "containers": "write image, args and env of its container directly under its name, and others as sidecars",
    "envFrom": "write envFrom: true in an entry of secrets or configMaps",
    "volumeMounts": "give the folder as mount in volumes, secrets or configMaps",
    "persistence": "write volumes: {NAME: {mount: …, claim: {size: …}}}",
    "podLabels": "write labels",
    "podAnnotations": "write annotations",
    "podSecurityContext": "write securityContext",
    "strategy": "write rollout: {strategy: …}",
    "updateStrategy": "write rollout: {strategy: …}",
    "minReadySeconds": "write rollout: {minReadySeconds: …}",
    "progressDeadlineSeconds": "write rollout: {progressDeadlineSeconds: …}",
    "revisionHistoryLimit": "write rollout: {revisionHistoryLimit: …}",
    "sessionAffinity": "write service: {sessionAffinity: ClientIP}",
    "nodePort": "write service: {type: NodePort, nodePort: …}",
    "serviceType": "write service: {type: …}",
    "serviceMonitor": "write metrics: {serviceMonitor: true}",
    "statefulSet": "write controller: StatefulSet",
    "httpRoute": "write exposure with a gateway",
    "hosts": "write exposure: {host: …}",
    "topologySpreadConstraints": "pods are spread over the nodes already; write another rule in patch",
    "hostNetwork": "write patch: {Deployment: …}",
    "hostPath": "write patch: {Deployment: …}, since it opens files of the node to the pod",
    "persistentVolumeClaim": "write claim, or existingClaim for one that others make",
    "livenessProbe": "write probes.liveness",
    "readinessProbe": "write probes.readiness",
    "startupProbe": "write probes.startup",
    "containerPort": "write port",
    "hpa": "write autoscaling",
    "minAvailable": "write maxUnavailable",
    "podDisruptionBudget": "write disruption",
    "networkPolicy": "write clients for who may reach it, and egress for what it may reach",
    "ingress": "write exposure for a host name, and clients for the pods that may reach it",
    "rbac": "write kubernetes, with a clusterRole and its namespaces",
    "tools": "write capabilities: each capability with its tools",
    "mcpServers": "write servers",
    "companions": "write workloads",
    "egress.server": "name this under clients of that server, which opens both sides",
    "egress.workload": "name this under clients of that workload, which opens both sides",
    "services": "write workloads for what runs beside servers, and service in the settings of a server or workload",
    "apiVersion": "write only settings of cortex here, no Kubernetes manifest",
    "kind": "write only settings of cortex here, no Kubernetes manifest",
}
"""Words of Kubernetes, Helm charts and MCP clients → what to write here instead; with the setting that they are in, if
they are right elsewhere."""

_NOT_IN_THE_MODEL: Mapping[str, frozenset[str]] = {
    "Declaration": frozenset({"extends", "defaults"}),
    "Server": frozenset({"preset"}),
}
"""Settings that are resolved before the model is made, by the name of its class."""


def way_out(name: str, model: type[BaseModel], place: Place) -> str:
    """Return what to do about a setting that does not exist at a place of a model: the nearest, or all that do."""
    known = sorted(settings_at(model, place))
    if place[:1] == ["workloads"] and len(place) == _IN_A_PART and name in settings_at(model, ("servers", place[1])):
        return "only MCP servers have it: remove it, or declare this under servers"
    setting = next((str(key) for key in reversed(place) if isinstance(key, str)), "")
    if elsewhere := _ELSEWHERE.get(f"{setting}.{name}", _ELSEWHERE.get(name)):
        return elsewhere
    if not known:
        return "check its spelling"
    near = nearest(name, known)
    return f"did you mean {near}?" if near else f"known here are {', '.join(known)}"


def settings_at(model: type[BaseModel], place: Place) -> set[str]:
    """Return the names of the settings that the model has at a place; empty if that is no mapping of settings."""
    types: list[object] = [model]
    for key in place:
        types = [inner for one in types for inner in _inside(one, key)]
    found = {field.alias or name for one in types for name, field in _fields(one)}
    return found.union(*(_NOT_IN_THE_MODEL.get(getattr(one, "__name__", ""), ()) for one in types))


def _inside(kind: object, key: str | int) -> Iterator[object]:
    """Yield the types that a value of this type has at a key."""
    for name, field in _fields(kind):
        if key in (name, field.alias):
            yield from _members(field.annotation)
    if key == getattr(kind, "__name__", None):
        yield kind
    elif get_origin(kind) in (dict, Mapping):
        yield from _members(get_args(kind)[1])
    elif get_origin(kind) in (tuple, list, Sequence):
        yield from _members(get_args(kind)[0])


def _members(kind: object) -> Iterator[object]:
    """Yield the members of a union, and any other type as it is; without its metadata."""
    if get_origin(kind) is Annotated:
        yield from _members(get_args(kind)[0])
    elif get_origin(kind) in (Union, UnionType):
        for member in get_args(kind):
            yield from _members(member)
    else:
        yield kind


def _fields(kind: object) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the fields of a model; of another type, none."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield from kind.model_fields.items()
