"""Takes a snapshot, lets every judge judge it, and draws the conclusion."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import perf_counter

from checks import deployed
from checks.access import Access
from checks.api import Unread
from checks.findings import SCHEMA, Report, Row, Severity, Status
from checks.judges import JUDGES
from checks.judges import declaration as declaration_judge
from checks.snapshot import Snapshot, take
from checks.tally import Tally
from stacks.model import Declaration

OK, FINDINGS, UNKNOWN = 0, 1, 3
"""Exit codes. 2 is bad usage."""


async def verify(stack: str, declaration: Declaration, access: Access, fail_on: Severity) -> Report:
    """Verify a cluster against its declaration."""
    begun = _Begun()
    rows = judge(declaration, await take(declaration, access))
    return _report(begun, access, fail_on, rows, stack=stack, digest=declaration.digest())


async def verify_deployed(access: Access, fail_on: Severity) -> Report:
    """Verify a cluster against the declaration that it was deployed with; if that cannot be read, all is unknown."""
    begun = _Begun()
    declaration = await deployed.read(access)
    if not isinstance(declaration, Unread):
        return await verify("", declaration, replace(access, context=declaration.cluster.context), fail_on)
    tally = Tally(declaration_judge.NAME, declaration_judge.TITLE)
    tally.use(declaration)
    return _report(begun, access, fail_on, (tally.row(),), stack="", digest="")


@dataclass(frozen=True)
class _Begun:
    """When a verification began, by the calendar and by the stop-watch."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: float = field(default_factory=perf_counter)


def _report(
    begun: _Begun, access: Access, fail_on: Severity, rows: tuple[Row, ...], *, stack: str, digest: str
) -> Report:
    return Report(
        schema=SCHEMA,
        stack=stack,
        context=access.context,
        server=access.host,
        declaration=digest,
        started=begun.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        seconds=round(perf_counter() - begun.clock, 3),
        status=status(rows),
        exit_code=exit_code(rows, fail_on),
        rows=rows,
    )


def judge(declaration: Declaration, snapshot: Snapshot) -> tuple[Row, ...]:
    """Let every judge judge the snapshot."""
    return tuple(judge(declaration, snapshot) for judge in JUDGES)


def status(rows: tuple[Row, ...]) -> Status:
    """Sum the rows up: findings before unknowns before ok; what was left out counts only where all was."""
    statuses = {row.status for row in rows}
    return next((s for s in (Status.FINDINGS, Status.UNKNOWN, Status.OK) if s in statuses), Status.LEFT_OUT)


def exit_code(rows: tuple[Row, ...], fail_on: Severity) -> int:
    """Draw the exit code.

    1 if a finding reaches the threshold, whatever could not be checked: what is known to be wrong comes first.
    Else 3 if anything is unknown, or no row was judged, or something was skipped and no finding explains it.
    Else 0.
    """
    findings = [finding for row in rows for finding in row.findings]
    failing = (Severity.ERROR, Severity.WARNING) if fail_on is Severity.WARNING else (Severity.ERROR,)
    if any(finding.severity in failing for finding in findings):
        return FINDINGS
    unexplained = any(row.skipped for row in rows) and not findings
    judged = any(row.status is not Status.LEFT_OUT for row in rows)
    if not judged or unexplained or any(row.unknowns for row in rows):
        return UNKNOWN
    return OK
