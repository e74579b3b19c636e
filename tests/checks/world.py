"""A healthy cluster for a small declaration, as the API server's JSON: tests break one thing in it and judge."""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from checks.api import Kind, Read, Reading, Unread
from checks.credentials import Credential, Means
from checks.findings import Finding, Reason, Row
from checks.mcp_probe import Answer, Outcome
from checks.objects import Binding, ConfigMap, Role, Version
from checks.parts import dns, rights
from checks.parts.api_server import ApiServer, Certificate, Transport
from checks.parts.dns import Dns
from checks.parts.rights import Rights
from checks.rbac.policy import Policy
from checks.rbac.requests import Account, Request
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
from stacks.objects import declared as stack_objects

if TYPE_CHECKING:
    from checks.rbac.questions import Question

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


async def known(name: str) -> None:
    """Resolve every name, as a pod's DNS does when it is well."""


NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def groups(declaration: Declaration) -> frozenset[str]:
    """Give the API groups that a declaration needs."""
    return frozenset(each.api_version for each in stack_objects(declaration) if "/" in each.api_version)


def healthy_api_server(declaration: Declaration) -> ApiServer:
    """Give an API server with nothing to object to."""
    return ApiServer(
        at=NOW,
        transport=Transport.VERIFIED,
        latencies=Read(tuple(n / 1000 for n in range(1, 21)), 0.1),
        groups=Read(groups(declaration), 0.01),
        skew=0.0,
        certificate=Certificate("CN=test-ca", NOW + timedelta(days=365)),
        credential=Credential(Means.CERTIFICATE, NOW + timedelta(days=365)),
    )


class World:
    """The cluster's objects, by kind and namespace, free to be changed; `unread` overrides what can be read."""

    def __init__(self, declaration: Declaration) -> None:
        self.declaration = declaration
        self.objects: dict[tuple[str, str], list[Json]] = {}
        self.unread: dict[tuple[str, str], Unread] = {}
        self.mcp: dict[str, Answer] = {}
        for number in range(declaration.cluster.nodes):
            self.add("nodes", "", _node(f"node-{number}"))
        self.add("pods", "kube-system", _pod("coredns-1", "kube-system", {"k8s-app": "kube-dns"}, {}))
        self.dns: dict[str, Reading[dns.Answer]] = {"coredns-1": Read(dns.Answer(), 0.01)}
        self.api_server = healthy_api_server(declaration)
        self._policy()
        for name in declaration.namespaces:
            self._namespace(name)
        for kind in declaration.servers:
            self._server(kind)
        meta = {"name": names.DECLARATION_CONFIG_MAP, "namespace": names.SYSTEM_NAMESPACE}
        data = {names.DECLARATION_KEY: declaration.canonical()}
        annotations = {names.DECLARATION_HASH: declaration.digest()}
        self.add("configmaps", names.SYSTEM_NAMESPACE, {"metadata": {**meta, "annotations": annotations}, "data": data})

    def add(self, plural: str, namespace: str, obj: Json) -> None:
        """Add an object."""
        self.objects.setdefault((plural, namespace), []).append(json.loads(json.dumps(obj)))

    def one(self, plural: str, namespace: str, prefix: str = "") -> Json:
        """Give the first object whose name begins so."""
        return next(o for o in self.objects[plural, namespace] if o["metadata"]["name"].startswith(prefix))

    def every(self, plural: str) -> list[Json]:
        """Give the objects of a kind in all namespaces."""
        return [obj for (kind, _), objects in self.objects.items() if kind == plural for obj in objects]

    def allows(self, account: Account, request: Request) -> bool:
        """Decide as the API server's authorizer does, by the roles and bindings that are there."""
        roles = [msgspec.convert(obj, Role) for plural in ("roles", "clusterroles") for obj in self.every(plural)]
        kinds = ("rolebindings", "clusterrolebindings")
        bindings = [msgspec.convert(obj, Binding) for plural in kinds for obj in self.every(plural)]
        return any(grant.allows(request) for grant in Policy(tuple(roles), tuple(bindings)).grants(account))

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
            api_server=self.api_server,
            nodes=self._read(NODES),
            dns=Dns(self._read(PODS, "kube-system"), dict(self.dns)),
            rights=self._rights(),
            namespaces=self._read(NAMESPACES),
            declaration=self._declaration(),
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

    def _rights(self) -> Rights:
        kinds = (rights.ROLES, rights.CLUSTER_ROLES)
        bindings = (rights.ROLE_BINDINGS, rights.CLUSTER_ROLE_BINDINGS)
        known = tuple(msgspec.convert(obj, Role) for obj in self.every("clusterroles"))
        asked = rights.about(self.declaration, known)
        refused = self.unread.get(("subjectaccessreviews", ""))
        answers: dict[Question, Reading[bool]] = {
            question: refused or Read(self.allows(question.account, question.request), 0.01) for question in asked
        }
        return Rights(
            tuple(self._read_all(kind) for kind in kinds), tuple(self._read_all(kind) for kind in bindings), answers
        )

    def _read_all(self, kind: Kind[T]) -> Reading[tuple[T, ...]]:
        if (kind.plural, "") in self.unread:
            return self.unread[kind.plural, ""]
        return Read(tuple(msgspec.convert(obj, kind.item) for obj in self.every(kind.plural)), 0.01)

    def _declaration(self) -> Reading[ConfigMap | None]:
        reading = self._read(CONFIG_MAPS, names.SYSTEM_NAMESPACE)
        if isinstance(reading, Unread):
            return reading
        return Read(next(iter(reading.value), None), reading.seconds)

    def _policy(self) -> None:
        for each in stack_objects(self.declaration):
            if each.kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"):
                self.add(f"{each.kind.lower()}s", each.namespace, each.document())
        self.role("view", [{"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get", "list", "watch"]}])
        self.role("system:discovery", [{"nonResourceURLs": ["/api"], "verbs": ["get"]}])
        everyone = {"kind": "Group", "name": "system:authenticated"}
        self.bind("system:discovery", "system:discovery", everyone)

    def role(self, name: str, rules: list[Json]) -> None:
        """Add a ClusterRole."""
        self.add("clusterroles", "", {"metadata": {"name": name}, "rules": rules})

    def bind(self, name: str, role: str, subject: Json, namespace: str = "") -> None:
        """Bind a ClusterRole, in a namespace or in the whole cluster."""
        meta = {"name": name, **({"namespace": namespace} if namespace else {})}
        obj = {"metadata": meta, "roleRef": {"kind": "ClusterRole", "name": role}, "subjects": [subject]}
        self.add("rolebindings" if namespace else "clusterrolebindings", namespace, obj)

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
        self.add("resourcequotas", name, {"metadata": meta, "spec": {"hard": declared.quota.hard()}})
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
