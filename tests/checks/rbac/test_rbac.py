"""Undeclared bindings, decisions of other authorizers and privilege escalations are found."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from checks.kube.models import PolicyRule
from checks.kube.reading import Permission, Read, ReadFailure, Reason
from checks.rbac.check import CHECK, access
from checks.rbac.collect import ANSWERS, about, policy_of
from checks.rbac.escalation import ESCALATIONS
from checks.rbac.questions import Question
from checks.rbac.requests import Account, Request, allows
from checks.results.catalogue import catalogue
from checks.results.result import Finding, Status
from stacks.loader import load
from tests.checks.collecting import with_collected
from tests.checks.world import SETTINGS, Json, World, declared
from tests.conftest import ROOT

LOCAL_IMAGES = ("cortex", "kube-state-metrics", "kubernetes-mcp-server", "mcp-server-time")

TIME = {**SETTINGS["servers"]["time"], "kubernetes": {"namespaces": ["cortex-mcp"]}}
FULL: Json = {
    "servers": {**SETTINGS["servers"], "time": TIME},
    "resourceManager": {},
    "kubeStateMetrics": {"image": "registry.test/ksm:1", "namespace": "cortex-system"},
    "verifier": {"image": "registry.test/cortex:1"},
    "agent": {"image": "registry.test/cortex:1", "actions": ["cordon", "restart"]},
}
MANAGER = {"kind": "ServiceAccount", "name": "cortex-resource-manager", "namespace": "cortex-system"}
SERVER = {"kind": "ServiceAccount", "name": "time-mcp-server", "namespace": "cortex-mcp"}
READ_PODS = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
READ_SECRETS = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}


@pytest.fixture
def world() -> World:
    return World(declared(**FULL))


def judged(world: World) -> list[Finding]:
    """Return the findings about access alone: the field comparison is tested in test_check.py."""
    return list(replace(CHECK, check=access).run(world.declaration, world.snapshot()).findings)


def codes(world: World) -> list[tuple[str, str]]:
    return sorted((finding.code, str(finding.object)) for finding in judged(world))


def bound(role: str, subject: Json, namespace: str = "") -> Callable[[World], None]:
    def change(world: World) -> None:
        world.role("reader", READ_PODS)
        world.role("cluster-admin", [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}])
        world.bind("stray", role, subject, namespace)

    return change


def rule_added(name: str, rule: Json) -> Callable[[World], None]:
    def change(world: World) -> None:
        world.one("clusterroles", "", name)["rules"].append(rule)

    return change


def no_view(world: World) -> None:
    world.remove("clusterroles", "", "view")


def unbound(world: World) -> None:
    world.remove("clusterrolebindings", "", "kube-state-metrics")


def group(name: str) -> Json:
    return {"kind": "Group", "name": name}


USER = {"kind": "User", "name": "system:serviceaccount:cortex-mcp:time-mcp-server"}
STRAY = "ClusterRoleBinding stray"

DRIFTS: list[tuple[list[tuple[str, str]], Callable[[World], None]]] = [
    ([("rbac.undeclared-binding", STRAY)], bound("cluster-admin", MANAGER)),
    ([("rbac.undeclared-binding", STRAY)], bound("reader", SERVER)),
    ([("rbac.undeclared-binding", STRAY)], bound("reader", USER)),
    ([("rbac.undeclared-binding", "RoleBinding other/stray")], bound("reader", SERVER, "other")),
    # The stack has six accounts; each is told, for each may need it or not.
    ([("rbac.group-binding", STRAY)] * 6, bound("reader", group("system:authenticated"))),
    ([("rbac.group-binding", STRAY)] * 6, bound("reader", group("system:serviceaccounts"))),
    ([("rbac.group-binding", STRAY)] * 2, bound("reader", group("system:serviceaccounts:cortex-mcp"))),
    (
        [("rbac.escalation", "ClusterRole cortex-resource-manager-role")],
        rule_added("cortex-resource-manager-role", READ_SECRETS),
    ),
    ([("rbac.escalation", "ClusterRole view")], rule_added("view", READ_SECRETS)),
    ([("rbac.role-missing", "ClusterRole view")], no_view),
    ([("rbac.denied", "ServiceAccount cortex-system/kube-state-metrics")], unbound),
]


@pytest.mark.parametrize(("found", "drift"), DRIFTS)
def test_drift_gives_exactly_its_findings(
    world: World, found: list[tuple[str, str]], drift: Callable[[World], None]
) -> None:
    drift(world)
    assert codes(world) == found


def other_authorizer(world: World) -> Question:
    """Let the API server allow what no role does."""
    asked = about(world.declaration, ())
    return next(q for q in asked if q.account.name == "cortex-verifier" and not q.expected)


def test_other_authorizer_is_found(world: World) -> None:
    question = other_authorizer(world)
    snapshot = world.snapshot()
    known = snapshot.get(ANSWERS)
    answers = {**known, question: Read(value=True, seconds=0.01)}
    (finding,) = CHECK.run(world.declaration, with_collected(snapshot, ANSWERS, answers)).findings
    assert (finding.code, str(finding.object)) == ("rbac.allowed", "ServiceAccount cortex-system/cortex-verifier")
    assert "list secrets cluster-wide, which no role grants" in finding.message


def test_every_code_is_provoked_here() -> None:
    provoked = {code for found, _ in DRIFTS for code, _ in found} | {"rbac.allowed"}
    by_field = {"rbac.missing", "rbac.rules", "rbac.subjects", "rbac.role", "rbac.token"}
    assert provoked == {code for code in catalogue() if code.startswith("rbac.")} - by_field


def test_healthy_cluster_is_ok_and_tells_the_ways_by_design(world: World) -> None:
    result = CHECK.run(world.declaration, world.snapshot())
    assert result.status is Status.PASS
    ways = {(fact.subject, fact.name) for fact in result.facts}
    manager = "cortex-system/cortex-resource-manager"
    assert ways == {(manager, "pods"), (manager, "endpoints"), (manager, "declaration")}
    sentences = [str(fact.value) for fact in result.facts if fact.name == "pods"]
    assert sentences == [
        "may create pods or their controllers in namespace cortex-mcp, cortex-system, "
        "so it can read the Secrets and use the ServiceAccounts of the namespace"
    ]


@pytest.mark.parametrize(("role", "open_"), [("edit", False), ("admin", False), ("tools", True)])
def test_borrowed_role_is_no_measure_of_itself(role: str, *, open_: bool) -> None:
    time = {**TIME, "kubernetes": {"namespaces": ["cortex-mcp"], "clusterRole": role}}
    world = World(declared(**{**FULL, "servers": {"time": time}}))
    world.role(role, READ_PODS)
    assert codes(world) == []
    rule_added(role, READ_SECRETS)(world)
    assert codes(world) == ([("rbac.escalation", f"ClusterRole {role}")] if open_ else [])


def test_undeclared_binding_says_what_it_opens(world: World) -> None:
    bound("cluster-admin", MANAGER)(world)
    (finding,) = judged(world)
    assert "it may read Secrets cluster-wide, so it can use the credentials in them; " in finding.message
    assert finding.message.endswith(f"; and {len(ESCALATIONS) - 3} more escalations")


def test_escalation_says_where_and_what_follows(world: World) -> None:
    rule_added("cortex-resource-manager-role", READ_SECRETS)(world)
    (finding,) = judged(world)
    assert finding.message == (
        "the account cortex-system/cortex-resource-manager may read Secrets in namespace cortex-mcp, cortex-system, "
        "so it can use the credentials in them; the declaration does not grant this"
    )


def test_escalation_by_name_names_the_objects(world: World) -> None:
    rule_added("cortex-resource-manager-role", {**READ_SECRETS, "resourceNames": ["db"]})(world)
    (finding,) = judged(world)
    assert "may read Secrets (db) in namespace cortex-mcp" in finding.message


def test_declared_secrets_are_no_escalation() -> None:
    secrets = {"db": {"namespace": "cortex-mcp", "keys": {"password": {"pulumi": "db-password"}}}}
    manager = {"readableSecrets": {"cortex-mcp": ["db"]}}
    world = World(declared(**{**FULL, "resourceManager": manager, "secrets": secrets}))
    assert judged(world) == []
    role = world.one("roles", "cortex-mcp", "cortex-resource-manager-secrets")
    role["rules"][0]["resourceNames"].append("other")
    assert [code for code, _ in codes(world)] == ["rbac.escalation"]


@pytest.mark.parametrize("manager", [{"scope": "cluster"}, {"execIn": ["cortex-mcp"]}])
def test_seeds_way_is_by_design(manager: Json) -> None:
    world = World(declared(**{**FULL, "resourceManager": manager}))
    result = CHECK.run(world.declaration, world.snapshot())
    assert result.status is Status.PASS
    assert {"secrets", "exec"} & {fact.name for fact in result.facts}


def test_denied_shows_a_few_and_counts_the_rest(world: World) -> None:
    unbound(world)
    (finding,) = judged(world)
    assert finding.message.startswith("the API server does not allow the account to watch ")
    assert finding.message.endswith("; and 7 more")


def test_unreadable_policy_and_reviews_are_unknown(world: World) -> None:
    world.deny("rolebindings", "")
    permission = Permission("create", "subjectaccessreviews.authorization.k8s.io")
    world.unread["subjectaccessreviews", ""] = ReadFailure("ask", Reason.FORBIDDEN, "no", permission)
    result = CHECK.run(world.declaration, world.snapshot())
    assert (result.status, result.findings) == (Status.UNKNOWN, ())
    assert [unknown.what for unknown in result.unknowns] == ["list rolebindings in ", "ask"]
    assert result.unknowns[1].permission == permission


def test_stack_without_accounts_is_as_declared() -> None:
    world = World(declared(servers={}))
    assert CHECK.run(world.declaration, world.snapshot()).status is Status.PASS


def test_questions_of_the_local_stack_are_few_and_about_every_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = {f"cortex.local/{name}": f"cortex.local/{name}:test" for name in LOCAL_IMAGES}
    (tmp_path / "images.json").write_text(json.dumps(lock))
    monkeypatch.setenv("CORTEX_IMAGES", str(tmp_path / "images.json"))
    declaration = load("local", ROOT)
    live = policy_of(World(declaration).snapshot())
    assert live is not None
    asked = about(declaration, live.roles)
    assert len(asked) < 200
    denied = {question.account.name for question in asked if not question.expected}
    granted = {question.account.name for question in asked if question.expected}
    assert denied == {*granted, "time-mcp-server"}, "a server without access to the API is granted nothing"
    assert granted == {
        "cortex-agent",
        "cortex-resource-manager",
        "cortex-verifier",
        "kube-state-metrics",
        "kubernetes-mcp-server",
    }


def test_no_question_is_asked_twice_or_both_ways(world: World) -> None:
    asked = about(world.declaration, ())
    assert len({(question.account, question.request) for question in asked}) == len(asked)


RULE = PolicyRule(verbs=["get"], api_groups=["apps"], resources=["deployments", "*/scale"])


@pytest.mark.parametrize(
    ("rule", "request_", "allowed"),
    [
        (RULE, Request("get", "apps", "deployments"), True),
        (RULE, Request("list", "apps", "deployments"), False),
        (RULE, Request("get", "", "deployments"), False),
        (RULE, Request("get", "apps", "statefulsets/scale"), True),
        (RULE, Request("get", "apps", "deployments/status"), False),
        (PolicyRule(verbs=["*"], api_groups=["*"], resources=["*"]), Request("bind", "x", "y/z"), True),
        (
            PolicyRule(verbs=["get"], api_groups=[""], resources=["pods"], resource_names=["a"]),
            Request("get", "", "pods", name="a"),
            True,
        ),
        (
            PolicyRule(verbs=["get"], api_groups=[""], resources=["pods"], resource_names=["a"]),
            Request("get", "", "pods"),
            False,
        ),
        (PolicyRule(verbs=["get"]), Request("get", "", "pods"), False),
    ],
)
def test_rules_allow_as_the_authorizer_does(rule: PolicyRule, request_: Request, *, allowed: bool) -> None:
    assert allows(rule, request_) is allowed


@pytest.mark.parametrize(
    ("escalation", "namespace"),
    list(product(ESCALATIONS, ["", "cortex-system"])),
    ids=lambda each: getattr(each, "name", each or "cluster"),
)
def test_each_way_is_seen_where_it_is_open(world: World, escalation: object, namespace: str) -> None:
    assert escalation in ESCALATIONS
    for known in ESCALATIONS:
        if known is escalation:
            access = known.access[-1]
            rule = {"apiGroups": [access.group], "resources": [access.resources[-1]], "verbs": [access.verbs[-1]]}
            world.role("custom", [rule])
            world.bind("stray", "custom", SERVER, namespace)
            (finding,) = judged(world)
            assert (f"may {known.what}" in finding.message) is not (known.cluster and bool(namespace))


def test_account_names_itself_as_the_api_server_does() -> None:
    account = Account("cortex-mcp", "time-mcp-server")
    assert account.user == USER["name"]
    assert account.groups[1] == "system:serviceaccounts:cortex-mcp"
