"""What all reports for people say in the same words: the conclusion, times and values."""

from checks.formats.cells import clean
from checks.results.result import Report, Severity, Status, Value


def shown(value: Value) -> str:
    """Write an expected or actual value."""
    return "(absent)" if value is None else clean(str(value))


def title(report: Report) -> str:
    """Name the verification by the command that made it."""
    return f"cortex verify {report.stack or '--in-cluster'}"


def place(report: Report) -> str:
    """Say which cluster was verified, by which context."""
    return clean(f"context {report.context}, {report.server}")


def conclusion(report: Report) -> str:
    """Sum the report up in a sentence."""
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
    codes = "; `cortex explain CODE` tells more" if report.findings else ""
    return f"{lead}: {', '.join(parts)}{accepted}, in {time(report.seconds)} (exit {report.exit_code}{codes})."


def time(seconds: float) -> str:
    """Write a duration."""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def count(number: int, one: str, more: str) -> str:
    """Write a number with its noun."""
    return f"{number} {one if number == 1 else more}"
