"""Sentences and values that all reports for people share."""

from checks.plain_text import clean
from checks.results.result import Report, Result, Severity, Status, Value

EXPLAIN = "`cortex explain CODE` tells more"


def shown(value: Value) -> str:
    """Return the text of an expected or actual value."""
    return "(absent)" if value is None else clean(str(value))


def title(report: Report) -> str:
    """Return the command that made the report."""
    return f"cortex verify {report.stack or '--in-cluster'}"


def place(report: Report) -> str:
    """Return the context and the address of the API server."""
    return clean(f"context {report.context}, {report.server}")


def conclusion(report: Report) -> str:
    """Return the conclusion in one sentence."""
    total = sum(result.passed for result in report.results)
    accepted = f", {len(report.suppressed)} suppressed" if report.suppressed else ""
    if report.status is Status.PASS:
        held = count(total, "assertion holds", "assertions hold")
        return f"As declared: {held}{accepted}, in {time(report.seconds)}."
    errors = sum(finding.severity is Severity.ERROR for finding in report.findings)
    hidden = sum(result.omitted for result in report.results)
    parts = [
        count(errors, "error", "errors"),
        count(len(report.findings) - errors, "warning", "warnings"),
        f"{len(report.unknowns)} unknown",
        *([f"{hidden} not shown"] if hidden else []),
    ]
    lead = "Not as declared" if report.status is Status.FAIL else "Not known to be as declared"
    codes = f"; {EXPLAIN}" if report.findings else ""
    return f"{lead}: {', '.join(parts)}{accepted}, in {time(report.seconds)} (exit {report.exit_code}{codes})."


def of_check(result: Result) -> str:
    """Return the conclusion of one check."""
    match result.status:
        case Status.PASS:
            return f"As declared: {count(result.passed, 'assertion holds', 'assertions hold')}."
        case Status.FAIL:
            return f"Not as declared ({EXPLAIN})."
        case Status.UNKNOWN:
            return "Not known to be as declared."
        case Status.SKIPPED:
            return "Not checked: the declaration rules it out."


def time(seconds: float) -> str:
    """Return a duration in seconds or milliseconds."""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def count(number: int, one: str, more: str) -> str:
    """Return a number with its noun."""
    return f"{number} {one if number == 1 else more}"
