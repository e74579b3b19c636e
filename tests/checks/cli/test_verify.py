"""`cortex verify`: what it shows, its exit codes, selections and suppressions."""

import json
from xml.etree import ElementTree

import pytest
import yaml

from checks.verification.checks import checks
from tests.checks.cli.project import LIGHT, Project
from tests.checks.fake_api import FakeApi, html, status
from tests.checks.reports import validate


def test_as_declared(project: Project) -> None:
    out, err = project.cortex("verify", "test", code=0)
    lines = out.splitlines()
    assert lines[0].startswith("cortex verify test  context test, http://127.0.0.1:")
    assert lines[2].split() == ["CHECK", "PASSED", "FINDINGS", "UNKNOWN", "TIME", "STATUS"]
    assert [line.split()[-1] for line in lines[3:16]] == ["pass"] * 13
    assert "assertions hold" in lines[-1]
    assert "\x1b" not in out
    assert err == ""


@pytest.mark.parametrize(
    ("args", "code", "sentence"),
    [
        ([], 0, "Not as declared: 0 errors, 2 warnings"),
        (["--only", "nothing"], 2, "--only: 'nothing' is not a check"),
        (["--context", "away"], 3, "the API server cannot be reached"),
    ],
)
def test_codes(project: Project, api: FakeApi, args: list[str], code: int, sentence: str) -> None:
    api.world.one("namespaces", "", "cortex-mcp")["metadata"]["annotations"].clear()
    config = yaml.safe_load(project.kubeconfig.read_text())
    config["clusters"].append({"name": "away", "cluster": {"server": "http://127.0.0.1:1"}})
    config["contexts"].append({"name": "away", "context": {"cluster": "away", "user": "u"}})
    project.kubeconfig.write_text(yaml.safe_dump(config))
    assert sentence in "".join(project.cortex("verify", "test", *args, code=code))


def test_the_process_ends_with_the_code(project: Project, api: FakeApi) -> None:
    api.world.one("namespaces", "", "cortex-mcp")["metadata"]["annotations"].clear()
    out, err = project.process("verify", "test", "--fail-on", "warning", code=1)
    assert "warning namespace.annotation" in out
    assert err == ""


def test_findings_are_shown_with_what_to_do(project: Project, api: FakeApi) -> None:
    api.world.remove("nodes", "", "node-1")
    api.world.one("resourcequotas", "cortex-mcp")["spec"]["hard"]["pods"] = "7"
    api.world.one("namespaces", "", "cortex-mcp")["metadata"]["annotations"]["cortex.dev/owner"] = "[red]\x1b[31m"
    out, _ = project.cortex("verify", "test", code=1)
    assert "error node.count  the cluster has 1 nodes, not 2" in out
    assert "ResourceQuota cortex-mcp/cortex-mcp-quota\n  error quota.hard  spec.hard.pods is not as declared" in out
    assert "    expected 50\n    actual   7\n    remedy   pulumi\n    hint     " in out
    assert "actual   [red] [31m" in out, "neither markup nor control characters of the cluster's texts take effect"
    assert "Not as declared: 2 errors, 1 warning, 0 unknown" in out


def test_warning_fails_only_when_asked(project: Project, api: FakeApi) -> None:
    api.world.one("namespaces", "", "cortex-mcp")["metadata"]["annotations"].clear()
    project.cortex("verify", "test", code=0)
    project.cortex("verify", "test", "--fail-on", "warning", code=1)


def test_json_follows_its_schema(project: Project, api: FakeApi) -> None:
    api.world.remove("nodes", "", "node-1")
    api.faults |= {path: [status(403, "no")] for path in ("/api/v1/pods", "/api/v1/namespaces/cortex-mcp/pods")}
    out, err = project.cortex("verify", "test", "--format", "json", code=1)
    report = json.loads(out)
    validate(report)
    assert (report["schema"], report["stack"], report["exitCode"]) == ("cortex.dev/verify/v2", "test", 1)
    assert [result["name"] for result in report["results"]] == [check.name for check in checks()]
    (finding,) = report["results"][0]["findings"]
    assert (finding["code"], finding["expected"], finding["actual"]) == ("node.count", 2, 1)
    permissions = [unknown["permission"] for unknown in report["results"][2]["unknowns"]]
    right = {"verb": "list", "resource": "pods"}
    assert permissions == [{**right, "namespace": "cortex-mcp"}, right]
    assert err == ""


def test_prometheus_format_counts_by_check(project: Project, api: FakeApi) -> None:
    api.world.remove("nodes", "", "node-1")
    api.faults |= {path: [status(403, "no")] for path in ("/api/v1/pods", "/api/v1/namespaces/cortex-mcp/pods")}
    out, err = project.cortex("verify", "test", "--format", "prometheus", code=1)
    lines = out.splitlines()
    assert 'cortex_verify_findings{check="connection",context="test",severity="error"} 1.0' in lines
    assert 'cortex_verify_unknown{check="servers",context="test"} 2.0' in lines
    assert 'cortex_verify_exit_code{context="test"} 1.0' in lines
    assert err == ""


def test_output_goes_into_the_file_whole(project: Project, api: FakeApi) -> None:
    target = project.folder / "report.json"
    target.write_text("old")
    out, _ = project.cortex("verify", "test", "--format", "json", "--output", str(target), code=0)
    assert out == ""
    assert json.loads(target.read_text())["status"] == "pass"
    assert [path.name for path in project.folder.glob(".report*")] == []


def test_unwritable_output(project: Project) -> None:
    _, err = project.cortex("verify", "test", "--output", str(project.folder / "no" / "where"), code=2)
    assert err.startswith("cortex: cannot write ")
    assert err.count("\n") == 1


def test_forbidden_is_unknown_and_names_the_permission(project: Project, api: FakeApi) -> None:
    api.faults["/api/v1/nodes"] = [status(403, "no")]
    out, _ = project.cortex("verify", "test", code=3)
    assert 'the account lacks the verb "list" on "nodes" cluster-wide: grant it' in out
    assert "Not known to be as declared: 0 errors, 0 warnings, 1 unknown" in out


def test_unreachable_and_undecodable_are_unknown(project: Project, api: FakeApi) -> None:
    api.faults["/version"] = [html()]
    out, _ = project.cortex("verify", "test", code=3)
    assert "undecodable" in out
    project.connect({"server": "http://127.0.0.1:1"}, {})
    out, _ = project.cortex("verify", "test", code=3)
    assert "the API server cannot be reached at 127.0.0.1:1: All connection attempts failed" in out
    assert [line.split()[-1] for line in out.splitlines()[3:16]] == ["unknown"] * 13


def test_formats_for_other_tools(project: Project, api: FakeApi) -> None:
    api.world.remove("nodes", "", "node-1")
    out, _ = project.cortex("verify", "test", "--format", "junit", code=1)
    assert ElementTree.fromstring(out).get("failures") == "1"
    out, _ = project.cortex("verify", "test", "--format", "sarif", code=1)
    (result,) = json.loads(out)["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], result["ruleId"]) == ("Pulumi.test.yaml", "node.count")
    line = (project.folder / "Pulumi.test.yaml").read_text().splitlines()[place["region"]["startLine"] - 1]
    assert line == "  cortex:cluster:"
    out, _ = project.cortex("verify", "test", "--format", "markdown", code=1)
    assert out.startswith("### ❌ `cortex verify test`\n")
    out, _ = project.cortex("verify", "test", "--format", "html", code=1)
    assert out.startswith("<!doctype html>\n")


def test_selection(project: Project, api: FakeApi) -> None:
    api.world.remove("nodes", "", "node-1")
    arguments = ["--only", "namespaces,declaration", "--only", "namespaces", "--namespace", "cortex-mcp"]
    out, _ = project.cortex("verify", "test", *arguments, "--severity", "error", code=0)
    lines = out.splitlines()
    assert lines[1] == "only checks namespaces, declaration; only namespaces cortex-mcp; only errors"
    assert [line.split("  ")[0] for line in lines[4:-2]] == ["Namespaces, quotas, limits"]


def test_suppression_in_the_stack_file(project: Project, api: FakeApi) -> None:
    api.world.remove("nodes", "", "node-1")
    entry = "{code: node.count, reason: being repaired, until: '9999-12-31'}"
    with (project.folder / "Pulumi.test.yaml").open("a") as file:
        file.write(f"  cortex:suppressions: [{entry}]\n")
    # The cluster has the declaration without it, which is a drift of its own.
    out, _ = project.cortex("verify", "test", code=1)
    assert "Suppressed\n  error node.count  Cluster test: the cluster has 1 nodes, not 2" in out
    assert "declaration.differs  the cluster runs another declaration: it differs in suppressions" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["verify", "test", "--only", "server"], "--only: 'server' is not a check: choose from connection, "),
        (["verify", "test", "--namespace", "default"], "--namespace: 'default' is not a declared namespace"),
        (["verify", "--in-cluster", "--publish", "--only", "mcp"], "--publish needs the whole result"),
        (["verify", "test", "--deploying"], "--deploying needs --in-cluster"),
        (["verify", "test", "--every", "5s"], "--every needs --watch"),
        (["verify", "test", "--watch", "--format", "html"], "--watch writes to standard output, as text or JSON"),
        (["verify", "test", "--watch", "--output", "x"], "--watch writes to standard output, as text or JSON"),
        (["verify", "test", "--watch", "--every", "soon"], "--every: 'soon' is not a duration"),
        (["watch", "nosuch"], "no stack 'nosuch'"),
        (["watch", "test", "--every", "0s"], "--every: the shortest wait is 1s"),
    ],
)
def test_mistakes_are_one_sentence(project: Project, arguments: list[str], sentence: str) -> None:
    out, err = project.cortex(*arguments, code=2)
    assert out == ""
    assert err.startswith(f"cortex: {sentence}")
    assert err.count("\n") == 1


def test_suppression_of_an_unknown_code(project: Project) -> None:
    entry = {"code": "server.imag", "reason": "mistyped", "until": "9999-12-31"}
    project.declare({**LIGHT, "suppressions": [entry]})
    out, err = project.cortex("verify", "test", code=2)
    assert out == ""
    place = "cortex: Pulumi.test.yaml: cortex:suppressions.0.code"
    assert err.startswith(f"{place}: no finding has the code 'server.imag': did you mean server.image")
    assert err.count("\n") == 1
