"""A small report with one of everything, and what each format makes of it: golden/report.*.

Renew the files with `python -m tests.checks.formats.sample`.
"""

import json
from dataclasses import replace as replace_source
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from checks.formats import sarif
from checks.formats.formats import formats
from checks.formats.source import Source, read
from checks.kube.reading import Permission, Reason
from checks.results.catalogue import finding
from checks.results.result import (
    SCHEMA,
    SKIPPED,
    Fact,
    Finding,
    Ref,
    Report,
    Result,
    Selection,
    Severity,
    Status,
    Suppressed,
    Unknown,
)
from tests.checks.written import written

FOLDER = Path(__file__).with_name("golden")
STACK = FOLDER / "Pulumi.test.yaml"

IMAGE = finding(
    "server.image",
    Ref("Deployment", "time-mcp-server", "cortex-mcp"),
    "the image is not as declared",
    expected="registry.test/time:1",
    actual="registry.test/time:2",
)
OWNER = finding("namespace.annotation", Ref("Namespace", "cortex-mcp"), "cortex.dev/owner is missing", expected="me")
NODES = finding("node.count", Ref("Cluster", "test"), "the cluster has 1 nodes, not 2", expected=2, actual=1)
FORBIDDEN = Unknown(
    "list pods in namespace cortex-mcp",
    Reason.FORBIDDEN,
    'the account lacks the verb "list" on "pods" in namespace cortex-mcp: grant it',
    Permission("list", "pods", "cortex-mcp"),
)


def result(name: str, title: str, status: Status, **parts: Any) -> Result:
    """Return a result; what is not given is empty."""
    empty: dict[str, Any] = {"passed": 0, "skipped": 0, "findings": (), "unknowns": (), "facts": (), "seconds": 0.012}
    return Result(name=name, title=title, status=status, **(empty | parts))


REPORT = Report(
    schema=SCHEMA,
    stack="test",
    context="test",
    server="https://10.0.0.1:6443",
    declaration="d" * 64,
    started="2026-11-24T01:00:00Z",
    seconds=0.4,
    status=Status.FAIL,
    exit_code=1,
    results=(
        result(
            "connection",
            "API server, nodes, CoreDNS",
            Status.PASS,
            passed=4,
            suppressed=(Suppressed(NODES, "the second node is being repaired", "2026-12-01"),),
        ),
        result("namespaces", "Namespaces, quotas, limits", Status.FAIL, passed=138, findings=(OWNER,)),
        result("servers", "MCP servers", Status.FAIL, passed=80, findings=(IMAGE,), unknowns=(FORBIDDEN,)),
        result("mcp", "MCP endpoints", Status.PASS, passed=9, skipped=1, seconds=1.25),
        result(
            "network", "NetworkPolicies", Status.SKIPPED, facts=(Fact("network", SKIPPED, "nothing enforces them"),)
        ),
    ),
)
HEALTHY = replace(
    REPORT, status=Status.PASS, exit_code=0, results=(result("servers", "MCP servers", Status.PASS, passed=82),)
)


def selected(report: Report, *results: str, namespaces: tuple[str, ...] = ()) -> Report:
    """Give a report of a selection."""
    return replace(report, selection=Selection(results, namespaces, Severity.WARNING))


def with_finding(found: Finding) -> Report:
    """Give a report of one finding."""
    return replace(REPORT, results=(result("servers", "MCP servers", Status.FAIL, passed=1, findings=(found,)),))


def as_format(name: str, report: Report) -> str:
    """Return the report in a format, as in a file."""
    write = formats()[name].load()
    return written(lambda report, out: write(report, out, None), report)


def as_sarif(report: Report, source: Source | None) -> str:
    """Write SARIF without its rules, which are the whole catalogue."""
    document = json.loads(sarif.render(report, source))
    del document["runs"][0]["tool"]["driver"]["rules"]
    for result in document["runs"][0]["results"]:
        # They move when a code joins the catalogue.
        del result["ruleIndex"]
    return json.dumps(document, indent=2) + "\n"


def rendered() -> dict[str, str]:
    """Give every format of the sample by its file's name."""
    return {
        "report.txt": as_format("text", REPORT),
        "report.xml": as_format("junit", REPORT),
        "report.md": as_format("markdown", REPORT),
        "report.html": as_format("html", REPORT),
        "report.sarif": as_sarif(REPORT, replace_source(read("test", FOLDER), uri="Pulumi.test.yaml")),
    }


if __name__ == "__main__":
    for name, content in rendered().items():
        (FOLDER / name).write_text(content, encoding="utf-8")
