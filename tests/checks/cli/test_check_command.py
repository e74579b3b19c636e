"""Commands that show a part of a verification say what `cortex verify --only` says."""

import io
import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from checks.drift.compare import compare
from checks.mcp.report import write
from checks.results.result import Fact, Status
from checks.verification.checks import checks
from tests.checks.cli.project import Project
from tests.checks.fake_api import FakeApi
from tests.checks.formats.sample import REPORT, result
from tests.checks.reports import validate

DRIFT = ["namespaces", "servers", "rbac", "network", "secrets", "config", "objects"]


@pytest.mark.parametrize(
    ("command", "results"),
    [("mcp list", ["mcp"]), ("namespaces", ["namespaces"]), ("network", ["network"]), ("drift", DRIFT)],
)
def test_command_shows_its_checks(command: str, results: list[str], tmp_path: Path, api: FakeApi) -> None:
    project = Project(tmp_path, api.url)
    # Of a network without servers, drift only compares the policies.
    out, err = project.cortex(*command.split(), "test", "--format", "json", code=0)
    report = json.loads(out)
    validate(report)
    assert ([each["name"] for each in report["results"]], err) == (results, "")
    out, _ = project.cortex(*command.split(), "test", code=0)
    assert "As declared: " in out


def test_findings_give_the_exit_code(tmp_path: Path, api: FakeApi) -> None:
    api.world.one("resourcequotas", "cortex-mcp")["spec"]["hard"]["pods"] = "7"
    project = Project(tmp_path, api.url)
    for command in ("namespaces", "drift"):
        out, _ = project.cortex(*command.split(), "test", code=1)
        assert "error quota.hard" in out
    project.cortex("network", "test", code=0)


def test_drift_has_every_check_that_compares_objects() -> None:
    comparing = {check.name for check in checks() if getattr(check.check, "__globals__", {}).get("compare") is compare}
    assert {*DRIFT} - {"secrets"} == comparing


def test_mcp_shows_how_each_talk_went() -> None:
    facts = (
        Fact("time", "outcome", "answered"),
        Fact("time", "protocol", "2026-07-28"),
        Fact("time", "latency_ms", 5.0),
        Fact("time", "tools", 2),
        Fact("talos", "outcome", "gated"),
    )
    out = io.StringIO()
    write(replace(REPORT, results=(result("mcp", "MCP endpoints", Status.PASS, facts=facts),)), out)
    assert [line.split() for line in out.getvalue().splitlines()[:4]] == [
        ["SERVER", "OUTCOME", "PROTOCOL", "TOOLS", "LATENCY", "MS"],
        ["time", "answered", "2026-07-28", "2", "5.0"],
        ["talos", "gated", "-", "-", "-"],
        [],
    ]
