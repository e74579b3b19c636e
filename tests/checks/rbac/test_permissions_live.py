"""What the stack's accounts may do is decided by a real API server, row by row, and our own evaluation agrees.

On a cluster without nodes: access needs none.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import anyio
import pytest

from checks.kube.client import ApiClient
from checks.kube.concurrent import read_each
from checks.kube.connection import Connection, from_kubeconfig
from checks.kube.reading import Read, Reading
from checks.rbac.access_review import read_review
from checks.rbac.collect import review
from checks.rbac.live import Live, live
from checks.rbac.requests import Account, Request
from checks.rbac.risks import risk_report
from checks.rbac.subjects import identity
from checks.rbac.who_can import who_can
from checks.results.result import Ref
from checks.target import Target
from stacks.manifests.build import build
from tests.checks.world import NOW, SETTINGS, Json, declared
from tests.conftest import Cluster, cluster_name, cortex, start

pytestmark = pytest.mark.live

TIME = {**SETTINGS["servers"]["time"], "kubernetes": {"namespaces": ["cortex-mcp"]}}
DECLARATION = declared(
    namespaces={**SETTINGS["namespaces"], "cortex-data": {"component": "data", "description": "Data"}},
    servers={"time": TIME},
    secrets={"db": {"namespace": "cortex-mcp", "existing": ["password"]}},
    resourceManager={"readableSecrets": {"cortex-mcp": ["db"]}, "execIn": ["cortex-mcp"]},
    kubeStateMetrics={"image": "registry.test/ksm:1", "namespace": "cortex-system"},
    verifier={"image": "registry.test/cortex:1"},
    agent={"image": "registry.test/cortex:1", "actions": ["cordon"]},
)
KINDS = ("Namespace", "ServiceAccount", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
ACCOUNTS = {
    "manager": Account("cortex-system", "cortex-resource-manager"),
    "verifier": Account("cortex-system", "cortex-verifier"),
    "agent": Account("cortex-system", "cortex-agent"),
    "metrics": Account("cortex-system", "kube-state-metrics"),
    "server": Account("cortex-mcp", "time-mcp-server"),
}
# Account, verb, resource with its group, namespace (- for cluster-wide) and name (- for none).
ALLOWED = """
manager list nodes - -
manager get namespaces - -
manager list persistentvolumes - -
manager list customresourcedefinitions.apiextensions.k8s.io - -
manager list nodes.metrics.k8s.io - -
manager create pods cortex-mcp -
manager delete pods cortex-system -
manager get pods/log cortex-mcp -
manager patch pods/status cortex-mcp -
manager update services cortex-mcp -
manager patch endpoints cortex-mcp -
manager create configmaps cortex-system -
manager get secrets cortex-mcp db
manager patch resourcequotas cortex-mcp -
manager create limitranges cortex-mcp -
manager delete persistentvolumeclaims cortex-mcp -
manager create deployments.apps cortex-mcp -
manager delete daemonsets.apps cortex-mcp -
manager create cronjobs.batch cortex-mcp -
manager watch events cortex-mcp -
manager create pods/exec cortex-mcp -
manager get pods/exec cortex-mcp -
verifier list nodes - -
verifier list clusterroles.rbac.authorization.k8s.io - -
verifier create subjectaccessreviews.authorization.k8s.io - -
verifier list pods cortex-mcp -
verifier list pods kube-system -
verifier get configmaps cortex-system cortex-declaration
verifier patch configmaps cortex-system cortex-verification
agent watch events cortex-mcp -
agent get leases.coordination.k8s.io cortex-system cortex-agent
agent patch nodes - -
metrics list pods - -
server list pods cortex-mcp -
"""
DENIED = """
manager create namespaces - -
manager patch namespaces - cortex-mcp
manager create persistentvolumes - -
manager create pods kube-system -
manager create pods default -
manager list secrets cortex-mcp -
manager get secrets cortex-mcp other
manager get secrets cortex-system db
manager delete resourcequotas cortex-mcp -
manager delete limitranges cortex-mcp -
manager create events cortex-mcp -
manager create pods/exec cortex-system -
manager create serviceaccounts/token cortex-mcp -
manager impersonate users - -
manager create rolebindings.rbac.authorization.k8s.io cortex-mcp -
manager bind clusterroles.rbac.authorization.k8s.io - -
manager escalate roles.rbac.authorization.k8s.io cortex-mcp -
verifier list secrets cortex-mcp -
verifier get secrets cortex-mcp db
verifier create pods cortex-mcp -
verifier create services/proxy cortex-mcp -
verifier patch configmaps cortex-system cortex-declaration
agent list secrets cortex-mcp -
agent delete pods cortex-mcp -
metrics list secrets - -
server get secrets cortex-mcp -
server create pods cortex-mcp -
server list pods cortex-system -
"""
EVE: Json = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "eve"}
TEAM: Json = {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "system:serviceaccounts:cortex-data"}
STRAYS = [
    ("stray-aggregated", "aggregated", EVE),
    ("stray-edit", "edit", TEAM),
]
WORKER: Json = {"name": "worker", "namespace": "cortex-data"}
ASKED: list[tuple[str, str, str, str]] = [
    ("get", "secrets", "cortex-mcp", ""),
    ("get", "secrets", "cortex-mcp", "db"),
    ("create", "pods", "cortex-system", ""),
    ("create", "pods/exec", "", ""),
    ("update", "deployments.apps/scale", "cortex-mcp", ""),
    ("create", "serviceaccounts/token", "", ""),
    ("impersonate", "users", "", ""),
    ("escalate", "clusterroles", "", ""),
    ("*", "*", "", ""),
]


class Row(NamedTuple):
    account: Account
    request: Request


def rows(table: str) -> list[Row]:
    found = []
    for line in table.split("\n"):
        if line:
            who, verb, kind, namespace, name = line.replace(" -", " ,").split(" ")
            resource, _, group = kind.partition(".")
            found.append(Row(ACCOUNTS[who], Request(verb, group, resource, namespace.strip(","), name.strip(","))))
    return found


@pytest.fixture(scope="module")
def bound() -> Iterator[Cluster]:
    """A cluster that has the stack's accounts, roles and bindings, and some of others."""
    name = cluster_name("access")
    try:
        cluster = start(name, ["--node", "kwok"])
        apply(cluster, [each.document() for each in build(DECLARATION) if each.kind in KINDS])
        apply(cluster, list(strays()))
        yield cluster
    finally:
        cortex("local", "down", "--name", name, "--delete")


@pytest.fixture
def target(bound: Cluster) -> Target:
    """The stack on that cluster."""
    return Target("test", DECLARATION, connection(bound))


def strays() -> Iterator[Json]:
    """Yield a role that another one is aggregated into, bindings of a user and of a group, and an account of that."""
    yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": WORKER}
    group = "rbac.authorization.k8s.io"
    part = {"apiGroups": [""], "resources": ["secrets", "pods/exec"], "verbs": ["*"]}
    label = {"test/part": "yes"}
    meta: Json = {"name": "aggregated-part", "labels": label}
    yield {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": meta, "rules": [part]}
    rule = {"clusterRoleSelectors": [{"matchLabels": label}]}
    whole: Json = {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": {"name": "aggregated"}}
    yield {**whole, "aggregationRule": rule, "rules": []}
    for name, role, subject in STRAYS:
        ref = {"apiGroup": group, "kind": "ClusterRole", "name": role}
        made: Json = {"apiVersion": f"{group}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name}}
        yield {**made, "roleRef": ref, "subjects": [subject]}


def apply(cluster: Cluster, documents: list[Json]) -> None:
    documents.sort(key=lambda each: each["kind"] != "Namespace")
    given = json.dumps({"apiVersion": "v1", "kind": "List", "items": documents})
    cluster.run("kubectl", "apply", "--server-side", "-f", "-", given=given)


def connection(cluster: Cluster) -> Connection:
    context = cluster.run("kubectl", "config", "current-context").stdout.strip()
    return from_kubeconfig(context, Path(cluster.env["KUBECONFIG"]))


async def decided(target: Target, asked: list[Row]) -> dict[Row, Reading[bool]]:
    """Return the decisions of the API server."""
    async with target.connection.client() as client:
        api = ApiClient(client)
        return await read_each(lambda row: review(api, row.account.user, row.account.groups, row.request), asked)


async def evaluated(target: Target) -> Live:
    """Return the live roles and bindings, once the controller has put the aggregated role together."""
    with anyio.fail_after(30):
        while True:
            known = await live(target, target.declaration.occupied_namespaces())
            if any(role.metadata.name == "aggregated" and role.rules for role in known.policy.roles):
                return known
            await anyio.sleep(0.1)


def test_there_are_sixty_rows() -> None:
    assert len({*rows(ALLOWED), *rows(DENIED)}) == len(rows(ALLOWED)) + len(rows(DENIED)) >= 60


@pytest.mark.parametrize(("table", "allowed"), [(ALLOWED, True), (DENIED, False)])
def test_the_api_server_decides_each_row_as_documented(target: Target, table: str, *, allowed: bool) -> None:
    decisions = anyio.run(decided, target, rows(table))
    assert [str(row) for row, answer in decisions.items() if not isinstance(answer, Read)] == []
    wrong = [row for row, answer in decisions.items() if isinstance(answer, Read) and answer.value is not allowed]
    assert [f"{row.account} {row.request}" for row in wrong] == []


def test_our_evaluation_of_each_row_is_the_api_servers(target: Target) -> None:
    asked = [*rows(ALLOWED), *rows(DENIED)]
    known = anyio.run(evaluated, target)
    decisions = anyio.run(decided, target, asked)
    # The roles of kube-system were not read: they are not the stack's.
    here = [row for row in asked if row.request.namespace != "kube-system"]
    ours = {row: any(grant.allows(row.request) for grant in known.policy.grants(row.account)) for row in here}
    assert ours == {row: answer.value for row, answer in decisions.items() if row in ours and isinstance(answer, Read)}


@pytest.mark.parametrize("asked", ASKED, ids=" ".join)
def test_the_api_server_confirms_every_subject_and_no_other(target: Target, asked: tuple[str, str, str, str]) -> None:
    anyio.run(evaluated, target)
    report = anyio.run(who_can, target, *asked)
    assert report.exit_code == 0
    named = {each.subject for each in report.subjects}
    assert [str(each.subject) for each in report.subjects if not (each.confirmed and each.ways)] == []
    assert Ref("Group", "system:masters") in named
    assert (Ref("User", "eve") in named) is (asked[1] in ("secrets", "pods/exec"))
    # `edit` is for the group of the account.
    assert (Ref("ServiceAccount", "worker", "cortex-data") in named) is (Ref(TEAM["kind"], TEAM["name"]) in named)
    # Nobody else may: every other subject of a binding is denied, too.
    others = [each for each in anyio.run(evaluated, target).policy.by_subject() if each not in named]

    async def denied() -> dict[Ref, Reading[bool]]:
        group = report.resource.partition(".")[2]
        request = Request(report.verb, group, report.resource.partition(".")[0], report.namespace, report.name)
        async with target.connection.client() as client:
            api = ApiClient(client)
            return await read_each(lambda each: review(api, *identity(each), request), others)

    allowed = [each for each, answer in anyio.run(denied).items() if not isinstance(answer, Read) or answer.value]
    assert allowed == []


def test_what_kubernetes_grants_its_own_is_grouped_and_all_else_shown(target: Target) -> None:
    anyio.run(evaluated, target)
    report = anyio.run(risk_report, target)
    shown = {str(each.subject) for each in report.subjects if not each.is_default}
    assert report.exit_code == 0
    assert shown == {
        "User eve",
        "Group system:serviceaccounts:cortex-data",
        # The members of that group.
        "ServiceAccount cortex-data/default",
        "ServiceAccount cortex-data/worker",
        "ServiceAccount cortex-system/cortex-resource-manager",
    }
    assert "Group system:masters" in {str(each.subject) for each in report.subjects if each.is_default}


def test_a_review_finds_what_changed_since_the_last_one(target: Target, bound: Cluster) -> None:
    anyio.run(evaluated, target)
    first = anyio.run(read_review, target, None, NOW)
    assert anyio.run(read_review, target, ("first.json", first), NOW).exit_code == 0
    namespaced = ("--namespace=cortex-mcp", "rolebinding", "late")
    bound.run("kubectl", "create", *namespaced, "--clusterrole=view", "--user=late")
    try:
        second = anyio.run(read_review, target, ("first.json", first), NOW)
        assert second.exit_code == 1
        assert {(str(each.subject), each.binding) for each in second.added} == {
            ("User late", "RoleBinding cortex-mcp/late")
        }
        assert second.removed == ()
    finally:
        bound.run("kubectl", "delete", *namespaced)
