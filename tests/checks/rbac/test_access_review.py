"""`cortex access review`: a dated file, the difference to the last one, and nothing lost or overwritten."""

import json
import re
from collections.abc import Callable

import pytest

from checks.rbac import access_review
from tests.checks.cli.project import Project
from tests.checks.fake_api import FakeApi, status
from tests.checks.rbac.test_who_can import EVE, bind, rule
from tests.checks.reports import validate
from tests.checks.world import Json


def reviewed(project: Project, file: str, code: int) -> Json:
    """Make a review in a file, which is also what the command shows as JSON."""
    path = project.folder / file
    out, _ = project.cortex("access", "review", "test", "--output", str(path), "--format", "json", code=code)
    assert path.read_text() == out
    report: Json = json.loads(out)
    validate(report, access_review.SCHEMA)
    return report


def dated(project: Project, file: str, at: str) -> None:
    """Change when a review was made: reviews of one test are made within a second."""
    path = project.folder / file
    path.write_text(json.dumps({**json.loads(path.read_text()), "at": at}))


def test_first_review_has_who_has_what(project: Project) -> None:
    report = reviewed(project, "a.json", 0)
    assert (report["previous"], report["added"], report["removed"]) == (None, [], [])
    held = {(each["subject"]["name"], each["binding"]): each for each in report["access"]}
    manager = held["cortex-resource-manager", "RoleBinding cortex-mcp/cortex-mcp-manager-binding"]
    assert (manager["role"], manager["declared"]) == ("Role cortex-mcp/cortex-mcp-manager", True)
    assert "create, delete, get, list, watch pods, pods/log" in manager["rules"]
    assert report["namespaces"] == ["cortex-mcp", "cortex-system"]


def test_without_a_change_there_is_no_difference(project: Project) -> None:
    reviewed(project, "a.json", 0)
    assert reviewed(project, "b.json", 0)["previous"] == "a.json"


def test_changes_are_told_rule_by_rule(project: Project, api: FakeApi) -> None:
    bind(api, "old", EVE, [rule("get", "pods")])
    reviewed(project, "a.json", 0)
    api.world.remove("clusterrolebindings", "", "old")
    bind(api, "new", EVE, [rule("get", "secrets", names="db")], "cortex-mcp")
    api.world.one("roles", "cortex-mcp", "cortex-mcp-manager")["rules"].append(rule("create", "pods/exec"))
    out, _ = project.cortex("access", "review", "test", "--output", str(project.folder / "b.json"), code=1)
    assert out.splitlines()[2:] == [
        "- User eve: get pods; by ClusterRoleBinding old → ClusterRole old",
        "+ ServiceAccount cortex-system/cortex-resource-manager: create pods/exec; "
        "by RoleBinding cortex-mcp/cortex-mcp-manager-binding → Role cortex-mcp/cortex-mcp-manager",
        "+ User eve: get secrets (only db); by RoleBinding cortex-mcp/new → ClusterRole new",
        "Since a.json: 2 added, 1 removed.",
    ]


def test_an_account_is_named_with_the_group_by_which_it_has_something(project: Project, api: FakeApi) -> None:
    reviewed(project, "a.json", 0)
    group = "system:serviceaccounts:cortex-system"
    bind(api, "all", {"kind": "Group", "name": group}, [rule("watch", "secrets")], "cortex-mcp")
    out, _ = project.cortex("access", "review", "test", "--output", str(project.folder / "b.json"), code=1)
    by = "by RoleBinding cortex-mcp/all → ClusterRole all"
    assert out.splitlines()[2:] == [
        f"+ Group {group}: watch secrets; {by}",
        f"+ ServiceAccount cortex-system/cortex-resource-manager: watch secrets; {by}, as a member of group {group}",
        "Since a.json: 2 added, 0 removed.",
    ]


def test_what_kubernetes_grants_everybody_is_told_once(project: Project, api: FakeApi) -> None:
    """Each account has it, and it is the same on each cluster; a role of that name by another binding is told."""
    everybody = {"kind": "Group", "name": "system:authenticated"}
    bind(api, "system:basic-user", everybody, [rule("create", "selfsubjectreviews", "authentication.k8s.io")])
    api.world.bind("stray", "system:basic-user", everybody)
    held = [each["binding"] for each in reviewed(project, "a.json", 0)["access"] if "group" in each]
    assert held == ["ClusterRoleBinding stray"]


def test_the_newest_review_of_this_stack_is_the_last_one(project: Project, api: FakeApi) -> None:
    for name, at in (("b.json", "2026-01-01T00:00:00Z"), ("a.json", "2026-04-01T00:00:00Z")):
        reviewed(project, name, 0)
        dated(project, name, at)
    (project.folder / "c.json").write_text((project.folder / "a.json").read_text().replace('"test"', '"other"'))
    dated(project, "c.json", "2026-07-01T00:00:00Z")
    (project.folder / "package.json").write_text("{")
    (project.folder / "folder.json").mkdir()
    assert reviewed(project, "d.json", 0)["previous"] == "a.json"


def test_the_file_is_new_and_dated_in_the_project(project: Project) -> None:
    out, _ = project.cortex("access", "review", "test", code=0)
    (file,) = (project.folder / "access-reviews" / "test").iterdir()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d{6}Z\.json", file.name)
    assert str(file) in out


def test_a_review_is_never_overwritten(project: Project) -> None:
    before = reviewed(project, "a.json", 0)
    _, err = project.cortex("access", "review", "test", "--output", str(project.folder / "a.json"), code=2)
    assert err == f"cortex: {project.folder / 'a.json'} already exists: name a new file with --output\n"
    assert json.loads((project.folder / "a.json").read_text()) == before


@pytest.mark.parametrize("kind", ["clusterroles", "clusterrolebindings"])
def test_a_part_is_no_review(project: Project, api: FakeApi, kind: str) -> None:
    api.faults[f"/apis/rbac.authorization.k8s.io/v1/{kind}"] = [status(403, "no")]
    _, err = project.cortex("access", "review", "test", code=3)
    assert err.startswith("cortex: nothing was written, because the review lacks a part: list " + kind)
    assert not (project.folder / "access-reviews").exists()


@pytest.mark.parametrize("damage", [lambda text: text[:-20], lambda text: text.replace('"access"', '"acces"')])
def test_a_damaged_review_is_named(project: Project, damage: Callable[[str], str]) -> None:
    reviewed(project, "a.json", 0)
    file = project.folder / "a.json"
    file.write_text(damage(file.read_text()))
    _, err = project.cortex("access", "review", "test", "--output", str(project.folder / "b.json"), code=2)
    assert f"{file} is not a whole review" in err
    assert not (project.folder / "b.json").exists()


def test_a_folder_that_cannot_be_made_is_named(project: Project) -> None:
    (project.folder / "file").write_text("")
    _, err = project.cortex("access", "review", "test", "--output", str(project.folder / "file" / "a.json"), code=2)
    assert "cannot create" in err


def test_an_unreachable_cluster_gives_no_review(project: Project) -> None:
    project.connect({"server": "http://127.0.0.1:1"}, {})
    _, err = project.cortex("access", "review", "test", code=3)
    assert "the API server cannot be reached" in err
    assert not (project.folder / "access-reviews").exists()
