"""A minimal API server, and shortcuts to call the plugin's steps on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from provider import lifecycle as steps
from provider.apply import Writer
from provider.cluster import Cluster
from provider.engine_log import EngineLog
from provider.errors import ApiError
from provider.inputs import Naming
from provider.kinds import Kind
from provider.operation import Operation
from provider.update_plan import UpdatePlan, plan_update

if TYPE_CHECKING:
    from provider.api import Api
    from provider.properties import Object
    from provider.settings import Settings

KINDS = {
    "/api/v1": {
        "ConfigMap": "configmaps",
        "Event": "events",
        "Namespace": "namespaces",
        "PersistentVolume": "persistentvolumes",
        "PersistentVolumeClaim": "persistentvolumeclaims",
        "Pod": "pods",
        "ReplicationController": "replicationcontrollers",
        "ResourceQuota": "resourcequotas",
        "Secret": "secrets",
        "Service": "services",
    },
    "/apis/apps/v1": {
        "DaemonSet": "daemonsets",
        "Deployment": "deployments",
        "ReplicaSet": "replicasets",
        "StatefulSet": "statefulsets",
    },
    "/apis/batch/v1": {"Job": "jobs"},
    "/apis/discovery.k8s.io/v1": {"EndpointSlice": "endpointslices"},
    "/apis/networking.k8s.io/v1": {"Ingress": "ingresses"},
    "/apis/storage.k8s.io/v1": {"StorageClass": "storageclasses"},
    "/apis/apiextensions.k8s.io/v1": {"CustomResourceDefinition": "customresourcedefinitions"},
}
CONFIG_MAP, SERVICE, POD = Kind("", "v1", "ConfigMap"), Kind("", "v1", "Service"), Kind("", "v1", "Pod")
DEPLOYMENT, JOB = Kind("apps", "v1", "Deployment"), Kind("batch", "v1", "Job")
STATEFUL_SET = Kind("apps", "v1", "StatefulSet")
SEED = b"seed"
CLAIM, VOLUME = Kind("", "v1", "PersistentVolumeClaim"), Kind("", "v1", "PersistentVolume")
FAILED = [{"type": "Failed", "status": "True", "message": "its pods failed"}]
OURS = {"manager": "pulumi-kubernetes", "operation": "Update", "fieldsV1": {"f:data": {"f:a": {}}}}
THEIRS = {"manager": "someone", "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
CLUSTER_WIDE = ("CustomResourceDefinition", "Namespace", "PersistentVolume", "StorageClass")


def selected(item: Object, selector: str) -> bool:
    """Return whether an object matches a field selector."""
    for field, _, wanted in (part.partition("=") for part in selector.split(",") if part):
        value: Any = item
        for step in field.split("."):
            value = value.get(step)
        if value != wanted:
            return False
    return True


class FakeApi:
    """A minimal API server: objects by path, `defaults` for each written object, refusals by method."""

    def __init__(self, warning: str = "") -> None:
        self.objects: dict[str, Object] = {}
        self.lists: dict[str, list[Object]] = {}
        self.defaults: Object = {}
        self.refusals: dict[str, Exception] = {}
        self.writes: list[tuple[str, str, dict[str, str]]] = []
        self.bodies: list[Any] = []
        self.warning = warning
        self.asked: list[str] = []
        self.refused_once: dict[str, list[Exception]] = {}
        self.canonical: dict[str, str] = {}
        self.now = 0.0
        self.forbidden = ""
        self.down: Exception | None = None

    def server_time(self) -> float:
        return self.now

    def has(self, live: Object) -> Object:
        """Add a namespaced object to the cluster."""
        group = f"/apis/{live['apiVersion']}" if "/" in live["apiVersion"] else "/api/v1"
        path = f"{group}/namespaces/{live['metadata']['namespace']}/{KINDS[group][live['kind']]}"
        self.objects[f"{path}/{live['metadata']['name']}"] = live
        return live

    def request(
        self, method: str, path: str, *, query: Any = None, body: Any = None, content_type: str = "", warn: Any = None
    ) -> Object:
        self.asked.append(f"{method} {path}")
        if self.down:
            raise self.down
        if path == self.forbidden:
            raise ApiError("forbidden", status=403, reason="Forbidden")
        if path in KINDS:
            entries = KINDS[path].items()
            return {"resources": [{"kind": k, "name": n, "namespaced": k not in CLUSTER_WIDE} for k, n in entries]}
        if path == "/apis":
            return {"groups": []}
        if self.refused_once.get(method):
            raise self.refused_once[method].pop(0)
        if method in self.refusals:
            raise self.refusals[method]
        return self._read(path, query or {}) if method == "GET" else self._write(method, path, query or {}, body, warn)

    def _read(self, path: str, query: dict[str, str]) -> Object:
        if path.rpartition("/")[2] in {name for names in KINDS.values() for name in names.values()}:
            found = [item for item in self.lists.get(path, []) if selected(item, query.get("fieldSelector", ""))]
            start = int(query.get("continue", 0))
            end = start + int(query.get("limit", len(found)))
            return {"items": found[start:end], "metadata": {"continue": str(end)} if end < len(found) else {}}
        if path not in self.objects:
            raise ApiError("gone", status=404, reason="NotFound")
        return self.objects[path]

    def _write(self, method: str, path: str, query: dict[str, str], body: Any, warn: Any) -> Object:
        self.writes.append((method, path, query))
        self.bodies.append(body)
        if method == "DELETE":
            return {"metadata": {"uid": "u1"}}
        if warn is not None and self.warning:
            warn(self.warning)
        if method == "POST":
            path = f"{path}/{body['metadata']['name']}"
        if "apiVersion" not in body:  # a merge patch, simplified for the tests
            body = {**self.objects[path], **body}
        written = {**self.defaults, **body, "metadata": {"uid": "u1", "generation": 1, **body["metadata"]}}
        written = {k: self._stored(v) for k, v in written.items()}
        if query.get("dryRun") != "All":
            self.objects[path] = written
        return written

    def _stored(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {k: self._stored(v) for k, v in value.items()}
        return self.canonical.get(value, value) if isinstance(value, str) else value


class FakeLog(EngineLog):
    """Records what the user would see."""

    def __init__(self) -> None:
        super().__init__()
        self.statuses: list[str] = []
        self.warnings: list[str] = []

    def status(self, text: str) -> None:
        self.statuses.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)


class Lifecycle:
    """The steps of a resource's life with one writer, and defaults for most arguments."""

    def __init__(self, api: FakeApi, settings: Settings) -> None:
        self.writer = Writer(settings, lambda: Cluster(cast("Api", api), "default"))
        self.cancelled, self.log = self.writer.cancelled, FakeLog()

    def check(self, kind: Kind, name: str, old: Object, new: Object, seed: bytes = SEED, **naming: Any) -> Object:
        operation = Operation(kind, inputs=new, old=old, log=self.log)
        return steps.check(self.writer, operation, Naming(name, seed, **naming))

    def diff(self, kind: Kind, old: Object, new: Object, state: Object, *, is_patch: bool = False) -> UpdatePlan:
        return plan_update(self.writer, Operation(replace(kind, is_patch=is_patch), "ns/a", new, old, state))

    def create(self, kind: Kind, inputs: Object, seconds: float = 0, *, is_patch: bool = False) -> steps.State:
        return steps.create(
            self.writer, Operation(replace(kind, is_patch=is_patch), inputs=inputs, timeout=seconds, log=self.log)
        )

    def update(self, kind: Kind, inputs: Object, state: Object, old: Object | None = None) -> steps.State:
        return steps.update(self.writer, Operation(kind, "ns/a", inputs, old or {}, state, log=self.log))

    def preview_update(self, kind: Kind, inputs: Object, state: Object, *ignored: str) -> Object:
        return steps.preview_update(self.writer, Operation(kind, "ns/a", inputs, {}, state, ignored, log=self.log))

    def preview_create(self, kind: Kind, inputs: Object) -> Object:
        return steps.preview_create(self.writer, Operation(kind, inputs=inputs))

    def read(self, kind: Kind, inputs: Object, state: Object | None = None) -> steps.State | None:
        return steps.read(self.writer, Operation(kind, "ns/a", inputs, state=state or {}, log=self.log))

    def delete(self, kind: Kind, inputs: Object, seconds: float = 0, **more: Any) -> None:
        operation = Operation(replace(kind, **more), "ns/a", inputs, state=inputs, timeout=seconds, log=self.log)
        steps.delete(self.writer, operation)


def declared(kind: Kind, **fields: Any) -> Object:
    metadata = {"name": "a", "namespace": "ns", **fields.pop("metadata", {})}
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata, **fields}


def status(**fields: Any) -> Object:
    return {"status": fields}


def condition(name: str, value: str = "True", **fields: str) -> Object:
    return {"type": name, "status": value, **fields}


def event(kind: str, name: str, reason: str, time: str, **more: str) -> Object:
    about = {"kind": kind, "name": name}
    return {"involvedObject": about, "type": "Warning", "reason": reason, "message": "m", "lastTimestamp": time} | more
