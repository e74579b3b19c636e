"""Derive the status and the exit code of a verification from its results."""

from checks.results.result import Result, Severity, Status

OK, FINDINGS, UNKNOWN = 0, 1, 3
"""Exit codes. 2 is bad usage."""


def status(results: tuple[Result, ...]) -> Status:
    """Return the status of all results: fail before unknown before pass; skipped only if every result is."""
    statuses = {result.status for result in results}
    if Status.FAIL in statuses:
        return Status.FAIL
    if Status.UNKNOWN in statuses or _unexplained(results):
        return Status.UNKNOWN
    return Status.PASS if Status.PASS in statuses else Status.SKIPPED


def exit_code(results: tuple[Result, ...], fail_on: Severity) -> int:
    """Return the exit code.

    1 if a finding reaches the threshold, even if something could not be checked.
    Else 3 if anything is unknown, or nothing was checked, or an assertion was skipped and no error explains it.
    Else 0. Suppressed findings explain skipped assertions, but reach no threshold.
    """
    findings = [finding for result in results for finding in result.findings]
    failing = (Severity.ERROR, Severity.WARNING) if fail_on is Severity.WARNING else (Severity.ERROR,)
    if any(finding.severity in failing for finding in findings):
        return FINDINGS
    unknown = _unexplained(results) or status(results) in (Status.UNKNOWN, Status.SKIPPED)
    return UNKNOWN if unknown else OK


def _unexplained(results: tuple[Result, ...]) -> bool:
    # A warning, such as a slow API server, does not explain a skipped assertion.
    explained = any(
        result.suppressed or any(finding.severity is Severity.ERROR for finding in result.findings)
        for result in results
    )
    skipped = any(result.skipped for result in results) and not explained
    return not results or skipped or any(result.unknowns for result in results)
