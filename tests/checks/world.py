"""A healthy cluster for a small declaration, as the API server's JSON: tests break one thing in it and judge."""

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from checks.connection import collect_dns as dns
from checks.connection.collect_api_server import API_SERVER
from checks.connection.collect_dns import DNS, Dns
from checks.connection.collect_encryption import ENCRYPTION, ApiServerPod
from checks.exposure.collect import OUTSIDE, Outside
from checks.health.collect import PROBES, probed
from checks.health.http_probe import Reply
from checks.kube.client import Kind
from checks.kube.listing import Listing
from checks.kube.models import Binding, Owned, Pod, Role, Version
from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.kube.resources import CLUSTER_WIDE, NAMESPACED, PODS, RARE, RESOURCES
from checks.mcp import collect as mcp
from checks.mcp.answer import Answer, Outcome, ServerAnswers
from checks.metrics.collect import METRICS
from checks.network.collect import ATTEMPTS
from checks.objects.collect import KINDS, UNMANAGED, Unmanaged
from checks.objects.files import FILES, Live
from checks.rbac import collect as rbac
from checks.rbac.policy import Policy
from checks.rbac.requests import Request
from checks.rbac.subjects import identity
from checks.results.result import Finding, Ref, Result
from checks.secrets.collect import READ_SECRETS, Secrets
from checks.secrets.rolled import Rolled
from checks.secrets.unused import UNUSED
from checks.servers.collect import DISCOVERY
from checks.snapshot.snapshot import Snapshot
from checks.talos.collect import TALOS, Observation
from checks.usage.collect import USAGE, Usage
from checks.verification.checks import checks
from checks.verification.verify import run
from stacks.loader import parse
from stacks.manifests.build import build
from stacks.manifests.files import group_of, is_from_file, plurals
from stacks.manifests.manifest import Hidden, Manifest, Value
from stacks.model import names
from stacks.model.declaration import Declaration
from tests.checks import healthy

if TYPE_CHECKING:
    from checks.kube.models.references import Reference
    from checks.rbac.questions import Question
    from checks.snapshot.reader import Collector
    from stacks.model.owner import Owner

T = TypeVar("T")

_KINDS: dict[str, Kind[Any]] = CLUSTER_WIDE | NAMESPACED | RARE
Json = dict[str, Any]

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""When every snapshot is taken."""
MADE = "2025-12-01T00:00:00Z"
"""When every object was made that says nothing else."""

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
    "configMaps": {"shared": {"namespace": "cortex-mcp", "data": {"level": "info"}}},
    "resourceManager": {},
}


def declared(**changes: object) -> Declaration:
    """Give the declaration of the tests, with whole sections replaced."""
    return _parsed(json.dumps({**SETTINGS, **changes}))


@cache  # Of equal declarations, the manifests are found at once if they are one.
def _parsed(settings: str) -> Declaration:
    return parse(json.loads(settings), "Pulumi.test.yaml")


async def known(name: str) -> None:
    """Resolve every name, as a pod's DNS does when it is well."""


class World:
    """The cluster's objects, by kind and namespace, free to be changed; `unread` overrides what can be read."""

    def __init__(self, declaration: Declaration) -> None:
        self.declaration = declaration
        self.objects: dict[tuple[str, str], list[Json]] = {}
        self.unread: dict[tuple[str, str], ReadFailure] = {}
        self.mcp: dict[str, Answer] = {}
        self.mcp_pods: dict[str, dict[str, Answer]] = {}
        self.anonymous = Answer(Outcome.GATED, "the server runs, but requires credentials (HTTP 401)", challenge=True)
        """What servers with an authorization answer to requests without credentials."""
        self.unread_token: ReadFailure | None = None
        self.client_refused = ""
        self.authorities: tuple[str, ...] = ()
        self.outside: Outside | None = {}
        """What servers answer at their addresses outside."""
        self.network = healthy.network(declaration)
        rolled: dict[Owner, Reading[Rolled | None]] = {
            owner: Read(Rolled(current=True, dangling=()), 0.01) for owner in declaration.running()
        }
        self.secrets = Secrets(NOW, rolled=rolled)
        self.unused: dict[str, Reading[tuple[Reference, ...]]] = {}
        self.replies: dict[str, dict[str, Reply | ReadFailure]] = {}
        for number in range(declaration.cluster.nodes):
            self.add("nodes", "", healthy.node(f"node-{number}"))
        for name in dict.fromkeys(["kube-system", *declaration.existing_namespaces]):
            self.add("namespaces", "", {"metadata": {"name": name}, "status": {"phase": "Active"}})
        self.add("pods", "kube-system", healthy.pod("coredns-1", "kube-system", {"k8s-app": "kube-dns"}, {}))
        self.dns: dict[str, Reading[dns.Answer]] = {"coredns-1": Read(dns.Answer(), 0.01)}
        self.api_server = healthy.api_server(declaration, NOW)
        self.encryption: Reading[tuple[ApiServerPod, ...]] = Read((ApiServerPod("kube-apiserver-0", encrypts=True),), 0)
        for obj in build(declaration):
            self.add(_plural(obj), obj.namespace, _clear(obj.document()))
        for quota in self.every("resourcequotas"):
            hard = quota["spec"]["hard"]
            quota["status"] = {"hard": hard, "used": dict.fromkeys(hard, "0")}
        for cron_job in self.every("cronjobs"):
            cron_job["spec"].setdefault("suspend", False)
        for deployment in self.every("deployments"):
            self._running(deployment)
        for stateful_set in self.every("statefulsets"):
            self._running(stateful_set)
        self._everybodys()
        for kind in declaration.servers:
            self._answering(kind)
        self.usage, self.tells_usage = Usage(None), False
        self.talos: Observation | None = None
        self.metrics = healthy.metrics(self, NOW) if declaration.kube_state_metrics else None

    def add(self, plural: str, namespace: str, obj: Json) -> None:
        """Add an object."""
        copy = json.loads(json.dumps(obj))
        copy["metadata"].setdefault("creationTimestamp", MADE)
        copy["metadata"].setdefault("managedFields", [{"manager": "pulumi-kubernetes", "fieldsV1": {}}])
        copy["metadata"].setdefault("resourceVersion", "1")
        copy["metadata"].setdefault("uid", f"uid of {plural} {namespace}/{copy['metadata']['name']}")
        if namespace:
            copy["metadata"].setdefault("namespace", namespace)
        self.objects.setdefault((plural, namespace), []).append(copy)

    def one(self, plural: str, namespace: str, prefix: str = "") -> Json:
        """Give the first object whose name begins so."""
        return next(o for o in self.objects[plural, namespace] if o["metadata"]["name"].startswith(prefix))

    def every(self, plural: str) -> list[Json]:
        """Give the objects of a kind in all namespaces."""
        return [obj for (kind, _), objects in self.objects.items() if kind == plural for obj in objects]

    def permits(self, user: str, groups: Collection[str], request: Request) -> bool:
        """Decide as the API server's authorizer does, by the roles and bindings that are there."""

        def is_meant(subject: Ref) -> bool:
            name, own = identity(subject)
            return name == user if name else own[0] in groups

        granted = self._policy().by_subject().items()
        return any(each.allows(request) for subject, grants in granted if is_meant(subject) for each in grants)

    def _policy(self) -> Policy:
        roles = [msgspec.convert(obj, Role) for plural in ("roles", "clusterroles") for obj in self.every(plural)]
        kinds = ("rolebindings", "clusterrolebindings")
        bindings = [msgspec.convert(obj, Binding) for plural in kinds for obj in self.every(plural)]
        return Policy(tuple(roles), tuple(bindings))

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
        self.unread[kind, namespace] = ReadFailure(f"list {kind} in {namespace}", reason, "denied")

    def snapshot(self) -> Snapshot:
        """Take the snapshot that a verification would take."""
        spaces = self.declaration.occupied_namespaces()
        unmanaged = {name: {space: self._labelled(kind, space) for space in spaces} for name, kind in KINDS.items()}
        manifests = build(self.declaration)
        listings = {kind: self._listing(kind, of, manifests) for kind, of in RESOURCES.items()}
        coredns = self._read(PODS, self.declaration.cluster.name_servers().namespace)
        collected: dict[Collector[Any], object] = {
            API_SERVER: self.api_server,
            DNS: Dns(coredns, dict(self.dns)),
            ENCRYPTION: self.encryption,
            rbac.ANSWERS: self._answers(),
            ATTEMPTS: self.network,
            READ_SECRETS: self.secrets,
            UNUSED: self.unused,
            mcp.ANSWERS: {kind: self._mcp(kind) for kind in self.mcp},
            OUTSIDE: self.outside,
            PROBES: self.replies,
            DISCOVERY: self._discovery(),
            METRICS: self.metrics,
            USAGE: self.usage,
            TALOS: self.talos,
            UNMANAGED: Unmanaged(unmanaged),
            FILES: {each.identity: self._live(each) for each in manifests if is_from_file(each)},
        }
        return Snapshot(Read(Version(git_version="v1.34.4"), 0.01), listings, collected, at=NOW)

    def _called(self, kind: str, answer: Answer) -> Answer:
        """Let the smoke calls succeed of which a test says nothing."""
        if answer.smoke_errors or answer.outcome is not Outcome.ANSWERED or kind not in self.declaration.servers:
            return answer
        return replace(answer, smoke_errors=(None,) * len(self.declaration.servers[kind].smoke_calls))

    def _mcp(self, kind: str) -> ServerAnswers:
        """Give the answers of an MCP server, which refuses anonymous requests if that is declared."""
        authorization = self.declaration.servers[kind].authorization if kind in self.declaration.servers else None
        answer = self._called(kind, self.mcp[kind])
        pods = {name: self._called(kind, each) for name, each in self.mcp_pods.get(kind, {}).items()}
        if authorization is None:
            return ServerAnswers(answer, pods)
        anonymous = self.anonymous if authorization.stored or answer.outcome is Outcome.ANSWERED else answer
        return ServerAnswers(
            answer if authorization.stored else anonymous,
            pods,
            anonymous,
            self.unread_token,
            self.client_refused,
            self.authorities,
        )

    def results(self) -> tuple[Result, ...]:
        """Judge the cluster."""
        return run(checks(), self.declaration, self.snapshot())

    def findings(self) -> list[Finding]:
        """Judge the cluster and give all findings."""
        return [finding for result in self.results() for finding in result.findings]

    def codes(self) -> list[str]:
        """Judge the cluster and give the findings' codes, sorted."""
        return sorted(finding.code for finding in self.findings())

    def _read(self, kind: Kind[T], namespace: str = "") -> Reading[tuple[T, ...]]:
        if (kind.plural, namespace) in self.unread:
            return self.unread[kind.plural, namespace]
        page = msgspec.json.encode({"items": self.objects.get((kind.plural, namespace), [])})
        return Read(tuple(msgspec.json.decode(page, type=kind.page()).items or ()), 0.01)

    def _listing(self, name: str, kind: Kind[Any], manifests: tuple[Manifest, ...]) -> Listing[Any]:
        """Return what a list of the whole cluster gives, or of each namespace where a test makes one unreadable."""
        spaces = {
            *self.declaration.occupied_namespaces(),
            *(each.namespace for each in manifests if each.kind == name),
        }
        return Listing(self._read_all(kind), {space: self._read(kind, space) for space in spaces if space})

    def _live(self, manifest: Manifest) -> Reading[Live]:
        """Return the object of a manifest, as the API server answers a request by name."""
        objects = self.objects.get((_plural(manifest), manifest.namespace), [])
        found = (obj for obj in objects if obj["metadata"]["name"] == manifest.name)
        return self.unread.get((_plural(manifest), manifest.namespace)) or Read(Live(next(found, None)), 0.01)

    def _labelled(self, kind: Kind[Owned], namespace: str) -> Reading[tuple[Owned, ...]]:
        """Give the objects that carry our label, as the API server's label selector would."""
        listing = self._read(kind, namespace)
        if isinstance(listing, ReadFailure):
            return listing
        return Read(tuple(obj for obj in listing.value if names.COMPONENT in obj.metadata.labels), listing.seconds)

    def _answers(self) -> dict["Question", Reading[bool]]:
        known = tuple(msgspec.convert(obj, Role) for obj in self.every("clusterroles"))
        refused = self.unread.get(("subjectaccessreviews", ""))
        policy = self._policy()
        grants = cache(lambda account: tuple(policy.grants(account)))
        return {
            asked: refused or Read(any(grant.allows(asked.request) for grant in grants(asked.account)), 0.01)
            for asked in rbac.about(self.declaration, known)
        }

    def _read_all(self, kind: Kind[T]) -> Reading[tuple[T, ...]]:
        if (kind.plural, "") in self.unread:
            return self.unread[kind.plural, ""]
        return Read(tuple(msgspec.convert(obj, kind.item) for obj in self.every(kind.plural)), 0.01)

    def _discovery(self) -> Reading[tuple[Pod, ...]]:
        """Return the pods of MCP servers in all namespaces."""
        found: list[Pod] = []
        for plural, namespace in self.objects:
            reading = self._read(PODS, namespace) if plural == "pods" else None
            if isinstance(reading, Read):
                found += [pod for pod in reading.value if pod.metadata.labels.get(names.APP) == names.MCP_SERVER_APP]
        return Read(tuple(found), 0.01)

    def _everybodys(self) -> None:
        """Add what each cluster has: roles that are nobody's in particular."""
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

    def _running(self, deployment: Json) -> None:
        """Let the pods of a Deployment or StatefulSet run."""
        meta, template = deployment["metadata"], deployment["spec"]["template"]["metadata"]
        replicas = deployment["spec"].get("replicas", 1)
        counts = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas"), replicas)
        meta["generation"] = 1
        deployment["status"] = {"observedGeneration": 1, **counts}
        for number in range(replicas):
            stateful = "serviceName" in deployment["spec"]
            name = f"{meta['name']}-{number}" if stateful else f"{meta['name']}-5d-{number}"
            pod = healthy.pod(name, meta["namespace"], template["labels"], template.get("annotations", {}))
            pod["metadata"]["ownerReferences"][0]["kind"] = "StatefulSet" if stateful else "ReplicaSet"
            self.add("pods", meta["namespace"], pod)

    def _answering(self, kind: str) -> None:
        """Let a server's endpoint answer."""
        server = self.declaration.servers[kind]
        tools = frozenset(tool for tools in server.capabilities.values() for tool in tools)
        self.replies[kind] = {path: Reply(200, "", 0.01) for path in probed(server)}
        self.mcp[kind] = Answer(
            Outcome.ANSWERED, definitions={key: {} for key in tools}, protocol="2026-07-28", latency_ms=5.0
        )


def _clear(value: Value) -> Any:
    """Give a declared value as the API server would, with something in place of what is hidden."""
    match value:
        case Hidden():
            return "c2VjcmV0"
        case dict():
            return {key: _clear(inner) for key, inner in value.items()}
        case list():
            return [_clear(inner) for inner in value]
    return value


def _plural(manifest: Manifest) -> str:
    if is_from_file(manifest):
        return plurals([manifest])[group_of(manifest), manifest.kind]
    return _KINDS[manifest.kind].plural if manifest.kind in _KINDS else "secrets"
