"""`cortex access risks`: each way to more permissions is listed with binding, role and rule."""

import json

import pytest

from checks.rbac import risks
from tests.checks.cli.project import Project
from tests.checks.fake_api import FakeApi, status
from tests.checks.rbac.test_who_can import EVE, GROUPS, MANAGER, TEAM, bind, rule
from tests.checks.reports import validate
from tests.checks.world import Json

RBAC = "rbac.authorization.k8s.io"
EACH: list[tuple[str, Json]] = [
    ("secrets", rule("get", "secrets")),
    ("exec", rule("create", "pods/exec")),
    ("pods", rule("create", "pods")),
    ("pods", rule("patch", "deployments", "apps")),
    ("tokens", rule("create", "serviceaccounts/token")),
    ("impersonate", rule("impersonate", "users")),
    ("bind", rule("bind", "clusterroles", RBAC)),
    ("escalate", rule("escalate", "roles", RBAC)),
]


def found(project: Project, code: int = 0) -> dict[str, list[Json]]:
    """Return the risks of each subject."""
    out, _ = project.cortex("access", "risks", "test", "--format", "json", code=code)
    report = json.loads(out)
    validate(report, risks.SCHEMA)
    return {each["subject"]["name"]: each["risks"] for each in report["subjects"]}


@pytest.mark.parametrize(("risk", "given"), EACH)
@pytest.mark.parametrize("namespace", ["", "cortex-mcp"])
def test_each_risk_is_found_where_it_is(project: Project, api: FakeApi, risk: str, given: Json, namespace: str) -> None:
    bind(api, "stray", EVE, [rule("get", "pods"), given], namespace)
    (one,) = found(project)["eve"]
    assert (one["risk"], one.get("namespace", "")) == (risk, namespace)
    assert one["way"]["role"] == "ClusterRole stray"
    assert given["resources"][0] in one["way"]["rule"]
    assert one["way"]["declared"] is False


def test_a_namespace_of_others_is_left_out(project: Project, api: FakeApi) -> None:
    bind(api, "stray", EVE, [rule("get", "secrets")], "other")
    assert "eve" not in found(project)


@pytest.mark.parametrize("group", GROUPS)
def test_an_account_is_named_with_the_group_by_which_it_has_a_risk(project: Project, api: FakeApi, group: str) -> None:
    bind(api, "stray", {"kind": "Group", "name": group}, [rule("impersonate", "users")])
    (one,) = [each for each in found(project)["cortex-resource-manager"] if each["risk"] == "impersonate"]
    assert one["way"] == {
        "binding": "ClusterRoleBinding stray",
        "role": "ClusterRole stray",
        "rule": "impersonate users",
        "declared": False,
        "group": group,
    }
    out, _ = project.cortex("access", "risks", "test", code=0)
    assert f"  ClusterRoleBinding stray → ClusterRole stray, as a member of group {group}  undeclared\n" in out


def test_harmless_permissions_are_no_risk(project: Project, api: FakeApi) -> None:
    bind(api, "stray", EVE, [rule("get list watch", "pods services"), {"nonResourceURLs": ["*"], "verbs": ["*"]}])
    assert "eve" not in found(project)


def test_each_binding_counts_though_another_one_includes_it(project: Project, api: FakeApi) -> None:
    bind(api, "first", EVE, [rule("get", "secrets")])
    bind(api, "second", EVE, [rule("list", "secrets")])
    bind(api, "third", EVE, [rule("get", "secrets", names="db")], "cortex-mcp")
    assert [(each["way"]["binding"], each.get("only", [])) for each in found(project)["eve"]] == [
        ("ClusterRoleBinding first", []),
        ("ClusterRoleBinding second", []),
        ("RoleBinding cortex-mcp/third", ["db"]),
    ]


def test_the_text_says_what_is_declared_and_groups_what_is_kubernetes_own(project: Project, api: FakeApi) -> None:
    bind(api, "cluster-admin", {"kind": "Group", "name": "system:masters"}, [rule("*", "*", "*")])
    bind(api, "stray", TEAM, [rule("get", "secrets", names="db")], "cortex-mcp")
    out, err = project.cortex("access", "risks", "test", code=0)
    lines = out.splitlines()
    where = lines.index("Group team")
    assert lines[where + 1 : where + 3] == [
        "  RoleBinding cortex-mcp/stray → ClusterRole stray  undeclared",
        "    read Secrets (db) in namespace cortex-mcp: get secrets (only db)",
    ]
    manager = lines.index("ServiceAccount cortex-system/cortex-resource-manager")
    assert lines[manager + 1].endswith("  declared")
    assert lines[-2:] == ["Kubernetes' own subjects with its own roles (1)", "  Group system:masters"]
    assert err == ""


def test_a_subject_that_was_added_to_a_declared_binding_is_undeclared(project: Project, api: FakeApi) -> None:
    binding = api.world.one("rolebindings", "cortex-mcp", "cortex-resource-manager-binding")
    binding["subjects"].append(EVE)
    shown = found(project)
    assert {each["way"]["declared"] for each in shown["eve"]} == {False}
    assert {each["way"]["declared"] for each in shown[MANAGER["name"]]} == {True}


def test_a_system_subject_with_more_than_its_own_is_shown(project: Project, api: FakeApi) -> None:
    jobs = {"kind": "ServiceAccount", "name": "job-controller", "namespace": "kube-system"}
    bind(api, "system:controller:job-controller", jobs, [rule("create", "pods")])
    assert "  ServiceAccount kube-system/job-controller" in project.cortex("access", "risks", "test", code=0)[0]
    bind(api, "stray", jobs, [rule("get", "secrets")])
    assert "\nServiceAccount kube-system/job-controller\n" in project.cortex("access", "risks", "test", code=0)[0]


def test_accounts_that_cannot_be_read_are_unknown(project: Project, api: FakeApi) -> None:
    for path in ("/api/v1/serviceaccounts", "/api/v1/namespaces/cortex-mcp/serviceaccounts"):
        api.faults[path] = [status(403, "no")]
    out, _ = project.cortex("access", "risks", "test", code=3)
    assert 'the account lacks the verb "list" on "serviceaccounts"' in out


def test_what_cannot_be_read_is_unknown(project: Project, api: FakeApi) -> None:
    api.faults[f"/apis/{RBAC}/v1/clusterroles"] = [status(403, "no")]
    out, _ = project.cortex("access", "risks", "test", code=3)
    assert 'lacks the verb "list" on "clusterroles.rbac.authorization.k8s.io"' in out


def test_the_stacks_namespaces_are_enough(project: Project, api: FakeApi) -> None:
    bind(api, "stray", EVE, [rule("get", "secrets")], "cortex-mcp")
    for kind in ("roles", "rolebindings"):
        api.faults[f"/apis/{RBAC}/v1/{kind}"] = [status(403, "no")]
    assert "eve" in found(project)


def test_an_unreachable_cluster_is_unknown(project: Project) -> None:
    project.connect({"server": "http://127.0.0.1:1"}, {})
    out, _ = project.cortex("access", "risks", "test", code=3)
    assert "the API server cannot be reached" in out
    assert "nobody" not in out
