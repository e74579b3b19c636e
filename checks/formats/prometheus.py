"""The report as metrics in the text format of Prometheus, for node_exporter's textfile collector."""

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
    code = gauge("exit_code", "0 as declared, 1 findings, 3 something could not be checked.")
    code.labels(report.context).set(report.exit_code)
    started = gauge("timestamp_seconds", "When the verification began, in seconds since 1970.")
    started.labels(report.context).set(datetime.fromisoformat(report.started).timestamp())
    gauge("duration_seconds", "How long the verification took.").labels(report.context).set(report.seconds)
    if str(report.selection):
        selection = gauge("selection_info", "Present, and 1, if only a part was verified.", "selection")
        selection.labels(report.context, str(report.selection)).set(1)
    return generate_latest(registry).decode()


def _severities(report: Report) -> tuple[Severity, ...]:
    """Return the severities that the report shows: the count of hidden findings would be a false 0."""
    return (Severity.ERROR,) if report.selection.severity is Severity.ERROR else tuple(Severity)
