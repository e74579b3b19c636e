"""`cortex repair`: its plan, its JSON, its exit codes."""

import json

import pytest

from checks.repair import actions
from tests.checks.cli.project import Project
from tests.checks.fake_api import FakeApi
from tests.checks.reports import validate

QUOTA = "cortex-mcp-quota"


@pytest.fixture
def drift(api: FakeApi) -> None:
    """A figure too many, a changed one, and an undeclared claim."""
    hard = api.world.one("resourcequotas", "cortex-mcp")["spec"]["hard"]
    hard.update({"services": "5", "pods": "7"})
    stray = {"name": "stray", "labels": {"cortex.dev/component": "stray"}}
    api.world.add("persistentvolumeclaims", "cortex-mcp", {"metadata": stray})


def test_nothing_to_repair(project: Project) -> None:
    out, err = project.cortex("repair", "test", "--dry-run", code=0)
    assert out.splitlines()[-1] == "Nothing to repair."
    assert err == ""


@pytest.mark.usefixtures("drift")
def test_the_plan_says_what_who_and_what_is_left(project: Project, api: FakeApi) -> None:
    out, _ = project.cortex("repair", "test", "--dry-run", code=1)
    assert f"ResourceQuota cortex-mcp/{QUOTA}\n  remove spec.hard.services  quota.hard\n    from     5\n" in out
    assert "To be fixed by `pulumi up --refresh --stack test`: 1 finding" in out
    assert "do       kubectl --context test --namespace cortex-mcp delete persistentvolumeclaim stray" in out
    assert out.splitlines()[-1] == "Plan: 1 change; 2 findings not repaired here."
    assert (api.patched, api.deleted) == ([], [])


@pytest.mark.usefixtures("drift")
def test_json_follows_its_schema(project: Project) -> None:
    out, _ = project.cortex("repair", "test", "--dry-run", "--format", "json", code=1)
    report = json.loads(out)
    validate(report, actions.SCHEMA)
    (action,) = report["actions"]
    assert (action["verb"], action["from"], action["to"]) == ("remove", "5", None)
    assert [entry["because"] for entry in report["left"]] == ["data", "pulumi"]


@pytest.mark.usefixtures("drift")
def test_a_read_only_account_changes_nothing(project: Project, api: FakeApi) -> None:
    api.denied = {("patch", "resourcequotas")}
    out, _ = project.cortex("repair", "test", "--yes", code=3)
    lacks = 'the account lacks the verb "patch" on "resourcequotas" in namespace cortex-mcp: grant it'
    assert f"Nothing was changed\n  {lacks}\n" in out
    assert (api.patched, api.deleted) == ([], [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "there is no terminal to ask on: give --yes"),
        (("--yes", "--dry-run"), "--dry-run writes nothing"),
        (("--format", "json"), "--format json does not ask"),
        (("--yes", "--only", "nothing"), "--only: 'nothing' is not a check: choose from connection, namespaces"),
        (("--yes", "--object", "ConfigMap cortex-mcp/none"), "findings are about ResourceQuota"),
    ],
)
@pytest.mark.usefixtures("drift")
def test_bad_usage_is_one_sentence(project: Project, arguments: tuple[str, ...], message: str) -> None:
    out, err = project.cortex("repair", "test", *arguments, code=2)
    assert out == ""
    assert message in err
    assert len(err.splitlines()) == 1


def test_an_unreachable_server_is_unknown(project: Project) -> None:
    project.connect({"server": "http://127.0.0.1:1"}, {})
    out, _ = project.cortex("repair", "test", "--yes", code=3)
    assert "Could not be checked" in out
    assert out.splitlines()[-1] == "The cluster could not be checked: see above."
