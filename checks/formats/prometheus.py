"""The report as metrics in the text format of Prometheus, for node_exporter's textfile collector."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TextIO

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from checks.results.result import Report, Severity


def write(report: Report, out: TextIO, _project: Path | None = None) -> None:
    """Write the report as metrics."""
    out.write(render(report))


def render(report: Report) -> str:
    """Return the counts, each with the label `context`, since one machine may collect those of many clusters."""
    registry = CollectorRegistry()

    def gauge(name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"cortex_verify_{name}", text, ["context", *labels], registry=registry)

    passed = gauge("passed", "Assertions that held.", "check")
    findings = gauge("findings", "Differences between the declaration and the cluster.", "check", "severity")
    suppressed = gauge("suppressed", "Differences that the declaration suppresses.", "check")
    unknown = gauge("unknown", "What could not be checked.", "check")
    for result in report.results:
        passed.labels(report.context, result.name).set(result.passed)
        unknown.labels(report.context, result.name).set(len(result.unknowns))
        suppressed.labels(report.context, result.name).set(len(result.suppressed))
        for severity in _severities(report):
            count = sum(finding.severity is severity for finding in result.findings)
            findings.labels(report.context, result.name, severity.value).set(count)
    codes = gauge("finding_codes", "Differences by their code.", "check", "code")
    for result in report.results:
        for finding_code, count in Counter(finding.code for finding in result.findings).items():
            codes.labels(report.context, result.name, finding_code).set(count)
    _facts(report, gauge)
    code = gauge("exit_code", "0 as declared, 1 findings, 3 something could not be checked.")
    code.labels(report.context).set(report.exit_code)
    started = gauge("timestamp_seconds", "When the verification began, in seconds since 1970.")
    started.labels(report.context).set(datetime.fromisoformat(report.started).timestamp())
    gauge("duration_seconds", "How long the verification took.").labels(report.context).set(report.seconds)
    if str(report.selection):
        selection = gauge("selection_info", "Present, and 1, if only a part was verified.", "selection")
        selection.labels(report.context, str(report.selection)).set(1)
    return generate_latest(registry).decode()


def _facts(report: Report, gauge: Callable[..., Gauge]) -> None:
    """Add what the checks observed: how MCP servers answer, and how long certificate and credential are valid."""
    facts = {(result.name, fact.subject, fact.name): fact.value for result in report.results for fact in result.facts}
    answers = gauge(
        "mcp_answers", "1 if an MCP server answered, also if only with a request for credentials.", "server"
    )
    latency = gauge("mcp_latency_seconds", "How long an MCP server took to list its tools.", "server")
    days = gauge("validity_days", "Days until the API server's certificate, or the credential, expires.", "of")
    for (check, subject, name), value in facts.items():
        match check, name:
            case "mcp", "outcome":
                answers.labels(report.context, subject).set(value in ("answered", "gated"))
            case "mcp", "latency_ms" if isinstance(value, float | int):
                latency.labels(report.context, subject).set(value / 1000)
            case "connection", "certificate_days" | "days" if isinstance(value, float | int):
                of = "certificate" if name == "certificate_days" else "credential"
                days.labels(report.context, of).set(value)


def _severities(report: Report) -> tuple[Severity, ...]:
    """Return the severities that the report shows: the count of hidden findings would be a false 0."""
    return (Severity.ERROR,) if report.selection.severity is Severity.ERROR else tuple(Severity)
