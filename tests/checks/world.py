"""A healthy cluster for a small declaration, as the API server's JSON: tests break one thing in it and judge."""

import json
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from checks.api import Kind, Read, Reading, Unread
from checks.cluster_metrics import NEEDED, POD, ClusterMetrics, Replicas
from checks.findings import Finding, Reason, Row
from checks.mcp_probe import Answer, Outcome
from checks.objects import ConfigMap, Version
from checks.parts.metrics import Metrics
from checks.parts.usage import Usage
from checks.snapshot import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    EVENTS,
    LIMITS,
    NAMESPACES,
    NODES,
    PODS,
    QUOTAS,
    SERVICES,
    PerNamespace,
    Snapshot,
)
from checks.verify import judge
from stacks import names
from stacks.loader import parse
from stacks.model import Declaration

T = TypeVar("T")
Json = dict[str, Any]

SETTINGS: Json = {
    "cluster": {"context": "test", "environment": "testing", "nodes": 2},
    "namespaces": {
        "cortex-system": {"component": "system", "description": "Core"},
        "cortex-mcp": {"component": "mcp-servers", "description": "Servers"},
    },
    "servers": {
        "time": {
            "image": "registry.test/time:1",
            "version": "1.0",
            "transport": "stdio",
            "capabilities": {"time": ["get_current_time", "convert_time"]},
            "smoke": {"tool": "get_current_time", "arguments": {"timezone": "UTC"}},
        },
        "talos": {
            "image": "registry.test/talos:2",
            "version": "2.0",
            "transport": "http",
            "capabilities": {"talos": ["talos_health"], "cluster": ["talos_list"]},
        },
    },
}


def declared(**changes: Json) -> Declaration:
    """Give the declaration of the tests, with whole sections replaced."""
    return parse({**SETTINGS, **changes}, "Pulumi.test.yaml")


class World:
    """The cluster's objects, by kind and namespace, free to be changed; `unread` overrides what can be read."""

    def __init__(self, declaration: Declaration) -> None:
        self.declaration = declaration
        self.objects: dict[tuple[str, str], list[Json]] = {}
        self.unread: dict[tuple[str, str], Unread] = {}
        self.mcp: dict[str, Answer] = {}
        self.tells_usage = False
        self.usage = Usage(None)
        for number in range(declaration.cluster.nodes):
            self.add("nodes", "", _node(f"node-{number}"))
        self.add("pods", "kube-system", _pod("coredns-1", "kube-system", {"k8s-app": "kube-dns"}, {}))
        for name in declaration.namespaces:
            self._namespace(name)
        for kind in declaration.servers:
            self._server(kind)
        meta = {"name": names.DECLARATION_CONFIG_MAP, "namespace": names.SYSTEM_NAMESPACE}
        data = {names.DECLARATION_KEY: declaration.canonical()}
        annotations = {names.DECLARATION_HASH: declaration.digest()}
        self.add("configmaps", names.SYSTEM_NAMESPACE, {"metadata": {**meta, "annotations": annotations}, "data": data})
        self.metrics = told(self) if declaration.kube_state_metrics else None

    def add(self, plural: str, namespace: str, obj: Json) -> None:
        """Add an object."""
        self.objects.setdefault((plural, namespace), []).append(json.loads(json.dumps(obj)))

    def one(self, plural: str, namespace: str, prefix: str = "") -> Json:
        """Give the first object whose name begins so."""
        return next(o for o in self.objects[plural, namespace] if o["metadata"]["name"].startswith(prefix))

    def remove(self, plural: str, namespace: str, prefix: str = "") -> None:
        """Remove the first object whose name begins so."""
        self.objects[plural, namespace].remove(self.one(plural, namespace, prefix))

    def container(self, kind: str) -> Json:
        """Give the container of a server's Deployment."""
        deployment = self.one("deployments", self.declaration.servers[kind].namespace, kind)
        container: Json = deployment["spec"]["template"]["spec"]["containers"][0]
        return container

    def deny(self, kind: str, namespace: str, reason: Reason = Reason.FORBIDDEN) -> None:
        """Make a list unreadable."""
        self.unread[kind, namespace] = Unread(f"list {kind} in {namespace}", reason, "denied")

    def snapshot(self) -> Snapshot:
        """Take the snapshot that the checks would take."""
        return Snapshot(
            version=Read(Version(git_version="v1.34.4"), 0.01),
            nodes=self._read(NODES),
            dns=self._read(PODS, "kube-system"),
            namespaces=self._read(NAMESPACES),
            declaration=self._declaration(),
            metrics=self.metrics,
            usage=self.usage,
            quotas=self._each(QUOTAS),
            limits=self._each(LIMITS),
            deployments=self._each(DEPLOYMENTS),
            pods=self._each(PODS),
            services=self._each(SERVICES),
            warnings=self._each(EVENTS),
            mcp=dict(self.mcp),
        )

    def rows(self) -> tuple[Row, ...]:
        """Judge the cluster."""
        return judge(self.declaration, self.snapshot())

    def findings(self) -> list[Finding]:
        """Judge the cluster and give all findings."""
        return [finding for row in self.rows() for finding in row.findings]

    def codes(self) -> list[str]:
        """Judge the cluster and give the findings' codes, sorted."""
        return sorted(finding.code for finding in self.findings())

    def _read(self, kind: Kind[T], namespace: str = "") -> Reading[tuple[T, ...]]:
        if (kind.plural, namespace) in self.unread:
            return self.unread[kind.plural, namespace]
        page = json.dumps({"items": self.objects.get((kind.plural, namespace), [])})
        return Read(tuple(msgspec.json.decode(page, type=kind.page()).items), 0.01)

    def _each(self, kind: Kind[T]) -> PerNamespace[T]:
        return {name: self._read(kind, name) for name in self.declaration.namespaces}

    def _declaration(self) -> Reading[ConfigMap | None]:
        reading = self._read(CONFIG_MAPS, names.SYSTEM_NAMESPACE)
        if isinstance(reading, Unread):
            return reading
        return Read(next(iter(reading.value), None), reading.seconds)

    def _namespace(self, name: str) -> None:
        declared = self.declaration.namespaces[name]
        labels = {
            names.COMPONENT: declared.component,
            names.ENVIRONMENT: self.declaration.cluster.environment,
            **{f"{names.POD_SECURITY}{mode}": declared.pod_security for mode in ("enforce", "audit", "warn")},
        }
        annotations = {names.DESCRIPTION: declared.description, names.OWNER: declared.owner}
        self.add("namespaces", "", {"metadata": {"name": name, "labels": labels, "annotations": annotations}})
        meta = {"name": names.quota(name), "namespace": name}
        hard = declared.quota.hard()
        status = {"hard": hard, "used": dict.fromkeys(hard, "0")}
        self.add("resourcequotas", name, {"metadata": meta, "spec": {"hard": hard}, "status": status})
        limit = {"type": "Container", **declared.limits.model_dump(by_alias=True)}
        meta = {"name": names.limits(name), "namespace": name}
        self.add("limitranges", name, {"metadata": meta, "spec": {"limits": [limit]}})

    def _server(self, kind: str) -> None:
        server = self.declaration.servers[kind]
        name, namespace = names.server(kind), server.namespace
        labels = {
            **names.server_selector(kind),
            names.VERSION: server.version,
            names.PROTOCOL: server.transport,
            names.COMPONENT: names.MCP_SERVER_APP,
        }
        annotations = {
            names.CAPABILITIES: names.capabilities(server.capabilities),
            names.ENDPOINT: names.endpoint(kind, namespace, server.port, server.path),
        }
        probes = {
            f"{side}Probe": {
                "httpGet": {"path": probe["path"], "port": "http"},
                **{key: value for key, value in probe.items() if key != "path"},
            }
            for side, probe in server.probes.model_dump(by_alias=True).items()
        }
        ports = [{"name": "http", "containerPort": server.port}]
        container = {"name": name, "image": server.image, "ports": ports, **probes}
        template = {"metadata": {"labels": labels, "annotations": annotations}, "spec": {"containers": [container]}}
        status = {"observedGeneration": 1, **dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas"), 2)}
        meta = {"name": name, "namespace": namespace, "generation": 1, "labels": labels, "annotations": annotations}
        spec = {"replicas": server.replicas, "template": template}
        self.add("deployments", namespace, {"metadata": meta, "spec": spec, "status": status})
        for number in range(server.replicas):
            self.add("pods", namespace, _pod(f"{name}-5d-{number}", namespace, labels, annotations))
        service_ports = [{"name": "http", "port": server.port, "protocol": "TCP", "targetPort": "http"}]
        spec = {"ports": service_ports, "selector": names.server_selector(kind)}
        self.add("services", namespace, {"metadata": {"name": name, "namespace": namespace}, "spec": spec})
        tools = frozenset(tool for tools in server.capabilities.values() for tool in tools)
        self.mcp[kind] = Answer(Outcome.ANSWERED, tools=tools, protocol="2026-07-28", latency_ms=5.0)


def told(world: World) -> Metrics:
    """Give what a kube-state-metrics that is well would tell of the world."""
    replicas = {
        (namespace, item["metadata"]["name"]): Replicas(item["spec"]["replicas"], item["spec"]["replicas"])
        for (plural, namespace), items in world.objects.items()
        if plural == "deployments"
        for item in items
    }
    pods = sum(len(items) for (plural, _), items in world.objects.items() if plural == "pods")
    cluster = ClusterMetrics(
        at=datetime(2026, 1, 1, tzinfo=UTC),
        samples={**dict.fromkeys(NEEDED, 1), POD: pods},
        nodes={item["metadata"]["name"]: True for item in world.objects["nodes", ""]},
        phases={"Running": pods},
        deployments=replicas,
    )
    return Metrics(Read(cluster, 0.01), Read(None, 0.01), Read((), 0.01))


def _node(name: str) -> Json:
    return {"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}


def _pod(name: str, namespace: str, labels: Json, annotations: Json) -> Json:
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels, "annotations": annotations},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "main", "ready": True, "state": {"running": {}}}],
        },
    }
