"""`cortex access who-can`: who may do something, by which binding, and what the API server says of it."""

import json
from typing import Any

import pytest

from checks.rbac import who_can
from tests.checks.cli.project import Project
from tests.checks.fake_api import Answer, FakeApi, status
from tests.checks.reports import validate
from tests.checks.world import Json

REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
EVE: Json = {"kind": "User", "name": "eve"}
TEAM: Json = {"kind": "Group", "name": "team"}
GROUPS = ["system:serviceaccounts:cortex-system", "system:serviceaccounts", "system:authenticated"]
"""The groups of the resource manager's account."""
MANAGER: Json = {"kind": "ServiceAccount", "name": "cortex-resource-manager", "namespace": "cortex-system"}


def rule(verbs: str, resources: str, group: str = "", names: str = "") -> Json:
    more = {"resourceNames": names.split()} if names else {}
    return {"apiGroups": [group], "resources": resources.split(), "verbs": verbs.split(), **more}


def bind(api: FakeApi, name: str, subject: Json, rules: list[Json], namespace: str = "") -> None:
    """Bind a new role of this name."""
    api.world.role(name, rules)
    api.world.bind(name, name, subject, namespace)


def asked(project: Project, *args: str, code: int = 0) -> Json:
    out, _ = project.cortex("access", "who-can", "test", *args, "--format", "json", code=code)
    report: Json = json.loads(out)
    validate(report, who_can.SCHEMA)
    return report


def subjects(project: Project, *args: str) -> dict[str, Any]:
    """Return the names of the subjects, with the objects to which they are limited."""
    return {each["subject"]["name"]: each["only"] for each in asked(project, *args)["subjects"]}


def test_subjects_are_shown_with_binding_role_and_rule(project: Project, api: FakeApi) -> None:
    bind(api, "readers", EVE, [rule("get list", "secrets configmaps")])
    out, err = project.cortex("access", "who-can", "test", "get", "secrets", "-n", "cortex-mcp", code=0)
    lines = [line.split("  ") for line in out.splitlines()]
    assert lines[0] == ["cortex access who-can test: get secrets in namespace cortex-mcp"]
    assert [part.strip() for part in lines[2] if part] == [
        "User eve",
        "yes",
        "all objects",
        "ClusterRoleBinding readers → ClusterRole readers: get, list configmaps, secrets",
    ]
    assert err == ""


@pytest.mark.parametrize(
    ("given", "request_", "found"),
    [
        (rule("*", "*", "*"), ("get", "secrets"), {"eve": []}),
        (rule("*", "*", "*"), ("*", "*"), {"eve": []}),
        (rule("get", "secrets"), ("*", "*"), {}),
        (rule("get", "*"), ("get", "pods/exec"), {"eve": []}),
        (rule("create", "*/exec"), ("create", "pods/exec"), {"eve": []}),
        (rule("create", "pods"), ("create", "pods/exec"), {}),
        (rule("create", "pods/exec"), ("create", "pods"), {}),
        (rule("get", "secrets", names="db tls"), ("get", "secrets"), {"eve": ["db", "tls"]}),
        (rule("get", "secrets", names="db tls"), ("get", "secrets", "--name", "db"), {"eve": ["db", "tls"]}),
        (rule("get", "secrets", names="db"), ("get", "secrets", "--name", "other"), {}),
        (rule("create", "secrets", names="db"), ("create", "secrets"), {}),
        (rule("get", "roles", "rbac.authorization.k8s.io"), ("get", "roles"), {"eve": []}),
        (rule("get", "roles", "rbac.authorization.k8s.io"), ("get", "roles.rbac.authorization.k8s.io"), {"eve": []}),
        (rule("get", "roles"), ("get", "roles"), {}),
        (rule("impersonate", "users"), ("impersonate", "users"), {"eve": []}),
        (rule("bind", "clusterroles", "rbac.authorization.k8s.io"), ("bind", "clusterroles"), {"eve": []}),
        ({"nonResourceURLs": ["*"], "verbs": ["get"]}, ("get", "secrets"), {}),
    ],
)
def test_rules_count_as_the_authorizer_reads_them(
    project: Project, api: FakeApi, given: Json, request_: tuple[str, ...], found: dict[str, list[str]]
) -> None:
    bind(api, "given", EVE, [given])
    shown = subjects(project, *request_)
    assert {name: only for name, only in shown.items() if name == "eve"} == found


def test_a_binding_in_a_namespace_is_for_that_namespace(project: Project, api: FakeApi) -> None:
    bind(api, "local", EVE, [rule("get", "secrets")], "cortex-mcp")
    assert "eve" in subjects(project, "get", "secrets", "-n", "cortex-mcp")
    assert "eve" not in subjects(project, "get", "secrets", "-n", "cortex-system")
    assert "eve" not in subjects(project, "get", "secrets")


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("namespace", ["", "cortex-mcp"])
def test_an_account_is_named_with_the_group_by_which_it_has_it(
    project: Project, api: FakeApi, group: str, namespace: str
) -> None:
    bind(api, "all", {"kind": "Group", "name": group}, [rule("watch", "secrets")], namespace)
    where = ("-n", namespace) if namespace else ()
    found = {each["subject"]["name"]: each for each in asked(project, "watch", "secrets", *where)["subjects"]}
    assert set(found) == {group, "cortex-resource-manager"}
    assert "group" not in found[group]["ways"][0]
    (way,) = found["cortex-resource-manager"]["ways"]
    binding = "RoleBinding cortex-mcp/all" if namespace else "ClusterRoleBinding all"
    assert (way["group"], way["binding"], way["declared"]) == (group, binding, False)
    out, _ = project.cortex("access", "who-can", "test", "watch", "secrets", *where, code=0)
    assert f"{binding} → ClusterRole all: watch secrets, as a member of group {group}" in out


def test_the_group_of_another_namespace_is_not_that_of_an_account(project: Project, api: FakeApi) -> None:
    group = "system:serviceaccounts:other"
    bind(api, "all", {"kind": "Group", "name": group}, [rule("watch", "secrets")])
    assert subjects(project, "watch", "secrets") == {group: []}


def test_declared_bindings_are_told_from_others(project: Project, api: FakeApi) -> None:
    bind(api, "stray", MANAGER, [rule("create", "pods")])
    (manager,) = asked(project, "create", "pods", "-n", "cortex-mcp")["subjects"]
    assert {way["binding"]: way["declared"] for way in manager["ways"]} == {
        "RoleBinding cortex-mcp/cortex-resource-manager-binding": True,
        "RoleBinding cortex-mcp/cortex-mcp-manager-binding": True,
        "ClusterRoleBinding stray": False,
    }


def test_the_api_server_has_the_last_word(project: Project, api: FakeApi) -> None:
    bind(api, "team", TEAM, [rule("get", "secrets")])
    answer = {"status": {"allowed": False}}
    api.faults[REVIEWS] = [Answer(201, json.dumps(answer).encode())]
    (team,) = asked(project, "get", "secrets")["subjects"]
    assert (team["subject"]["name"], team["confirmed"]) == ("team", False)


def test_what_another_authorizer_allows_an_account_is_shown(project: Project, api: FakeApi) -> None:
    api.faults[REVIEWS] = [Answer(201, json.dumps({"status": {"allowed": True}}).encode())]
    out, _ = project.cortex("access", "who-can", "test", "get", "secrets", code=0)
    (line,) = [line for line in out.splitlines() if "cortex-resource-manager" in line]
    assert line.endswith("no role: another authorizer allows it")


def test_without_the_permission_to_review_nothing_is_confirmed(project: Project, api: FakeApi) -> None:
    bind(api, "team", TEAM, [rule("get", "secrets")])
    api.faults[REVIEWS] = [status(403, "no")]
    report = asked(project, "get", "secrets", code=3)
    assert [(each["subject"]["name"], each["confirmed"]) for each in report["subjects"]] == [("team", None)]
    assert report["unknowns"][0]["permission"]["resource"] == "subjectaccessreviews.authorization.k8s.io"
    assert api.requests[REVIEWS] == 1


def test_bindings_that_cannot_be_read_are_unknown(project: Project, api: FakeApi) -> None:
    path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
    api.faults[path] = [status(403, "no")]
    report = asked(project, "get", "secrets", code=3)
    assert report["unknowns"][0]["permission"] == {
        "verb": "list",
        "resource": "clusterrolebindings.rbac.authorization.k8s.io",
    }


def test_bindings_of_the_namespace_alone_are_enough(project: Project, api: FakeApi) -> None:
    bind(api, "local", EVE, [rule("get", "secrets")], "cortex-mcp")
    for kind in ("roles", "rolebindings"):
        api.faults[f"/apis/rbac.authorization.k8s.io/v1/{kind}"] = [status(403, "no")]
    assert "eve" in subjects(project, "get", "secrets", "-n", "cortex-mcp")
    asked(project, "get", "secrets", "-n", "kube-system", code=3)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("get", "secret"), "the cluster serves no resource 'secret': did you mean 'secrets'?"),
        (("get", "pods.apps"), "the cluster serves no resource 'pods.apps': see `kubectl api-resources`"),
        (("gett", "secrets"), "the resource secrets has no verb 'gett', and no role names it: did you mean 'get'?"),
        (("get", "nodes", "-n", "cortex-mcp"), "--namespace: nodes are not in namespaces: leave it out"),
    ],
)
def test_what_makes_no_sense_is_refused(project: Project, args: tuple[str, ...], message: str) -> None:
    _, err = project.cortex("access", "who-can", "test", *args, code=2)
    assert message in err


def test_a_namespace_is_in_itself(project: Project, api: FakeApi) -> None:
    bind(api, "local", EVE, [rule("get", "namespaces")], "cortex-mcp")
    assert "eve" in subjects(project, "get", "namespaces", "-n", "cortex-mcp")


def test_an_unreachable_cluster_says_nothing(project: Project) -> None:
    project.connect({"server": "http://127.0.0.1:1"}, {})
    _, err = project.cortex("access", "who-can", "test", "get", "secrets", code=3)
    assert err.startswith(
        "cortex: the API server did not say which resources it serves: the API server cannot be reached"
    )
