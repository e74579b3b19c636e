"""Takes a snapshot, lets every judge judge it, and draws the conclusion."""

from datetime import UTC, datetime
from time import perf_counter

from checks.access import Access
from checks.findings import SCHEMA, Report, Row, Severity, Status
from checks.judges import JUDGES
from checks.snapshot import Snapshot, take
from stacks.model import Declaration

OK, FINDINGS, UNKNOWN = 0, 1, 3
"""Exit codes. 2 is bad usage."""


async def verify(stack: str, declaration: Declaration, access: Access, fail_on: Severity) -> Report:
    """Verify a cluster against its declaration."""
    started, start = datetime.now(UTC), perf_counter()
    snapshot = await take(declaration, access)
    rows = judge(declaration, snapshot)
    return Report(
        schema=SCHEMA,
        stack=stack,
        context=access.context,
        server=access.host,
        declaration=declaration.digest(),
        started=started.isoformat(timespec="seconds").replace("+00:00", "Z"),
        seconds=round(perf_counter() - start, 3),
        status=status(rows),
        exit_code=exit_code(rows, fail_on),
        rows=rows,
    )


def judge(declaration: Declaration, snapshot: Snapshot) -> tuple[Row, ...]:
    """Let every judge judge the snapshot."""
    return tuple(judge(declaration, snapshot) for judge in JUDGES)


def status(rows: tuple[Row, ...]) -> Status:
    """Sum the rows up: findings before unknowns before ok."""
    statuses = {row.status for row in rows}
    return next((s for s in (Status.FINDINGS, Status.UNKNOWN) if s in statuses), Status.OK)


def exit_code(rows: tuple[Row, ...], fail_on: Severity) -> int:
    """Draw the exit code.

    1 if a finding reaches the threshold, whatever could not be checked: what is known to be wrong comes first.
    Else 3 if anything is unknown, or there are no rows, or something was left out and no finding explains it.
    Else 0.
    """
    findings = [finding for row in rows for finding in row.findings]
    failing = (Severity.ERROR, Severity.WARNING) if fail_on is Severity.WARNING else (Severity.ERROR,)
    if any(finding.severity in failing for finding in findings):
        return FINDINGS
    unexplained = any(row.skipped for row in rows) and not findings
    if not rows or unexplained or any(row.unknowns for row in rows):
        return UNKNOWN
    return OK
