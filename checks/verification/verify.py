"""Takes a snapshot, lets every judge judge it, and draws the conclusion."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import perf_counter

from msgspec import structs

from checks.declaration import check as declaration_judge
from checks.declaration import deployed
from checks.kube.client import Unread
from checks.kube.connection import Access
from checks.results import suppressions
from checks.results.builder import Tally
from checks.results.catalogue import for_stack
from checks.results.result import EVERYTHING, SCHEMA, Reason, Report, Row, Selection, Severity, Status
from checks.results.selection import narrowed, shown, validate
from checks.verification import pending_deletion
from checks.verification.judges import JUDGES
from checks.verification.snapshot import Snapshot, take
from stacks.errors import DeclarationError
from stacks.model.declaration import Declaration

OK, FINDINGS, UNKNOWN = 0, 1, 3
"""Exit codes. 2 is bad usage."""

Clock = Callable[[], datetime]
"""Tells the time, in UTC: by it a verification is dated, and suppressions end."""


def now() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


async def verify(
    stack: str,
    declaration: Declaration,
    access: Access,
    fail_on: Severity,
    selection: Selection = EVERYTHING,
    clock: Clock = now,
    *,
    deploying: bool = False,
) -> Report:
    """Verify a cluster, or the selected part, against its declaration.

    While a deployment is under way (`deploying`), what it is still to delete is left out, and named.

    Raises:
        UsageError: the selection names a row or namespace that there is not.
        DeclarationError: a suppression names a code that there is not.
    """
    begun = _Begun(clock(), perf_counter())
    validate(selection, declaration)
    if faults := list(suppressions.faults(declaration.suppressions)):
        raise DeclarationError("\n".join(f"Pulumi.{stack}.yaml: {fault}" for fault in faults))
    snapshot = await take(declaration, access, selection)
    if deploying:
        snapshot = pending_deletion.left_out(declaration, snapshot)
    rows = judge(declaration, snapshot, selection)
    rows = _with_suppressions(declaration, rows, selection, begun)
    return _report(begun, access, fail_on, narrowed(rows, selection), selection, stack, declaration.digest())


async def verify_deployed(
    access: Access,
    fail_on: Severity,
    selection: Selection = EVERYTHING,
    clock: Clock = now,
    *,
    deploying: bool = False,
) -> Report:
    """Verify a cluster against the declaration that it was deployed with; if that cannot be read, all is unknown.

    `deploying` is that of `verify`.

    Raises:
        UsageError: the selection names a row or namespace that there is not.
    """
    begun = _Begun(clock(), perf_counter())
    declaration = await deployed.read(access)
    if not isinstance(declaration, Unread) and (faults := list(suppressions.faults(declaration.suppressions))):
        message = f"{deployed.PLACE}: {faults[0]}"
        declaration = Unread("understand the deployed declaration", Reason.FAILED, message)
    if not isinstance(declaration, Unread):
        inside = replace(access, context=declaration.cluster.context)
        return await verify("", declaration, inside, fail_on, selection, clock, deploying=deploying)
    tally = Tally(declaration_judge.NAME, declaration_judge.TITLE)
    tally.use(declaration)
    return _report(begun, access, fail_on, (tally.row(),), selection, stack="", digest="")


@dataclass(frozen=True)
class _Begun:
    """When a verification began, by the calendar and by the stop-watch."""

    at: datetime
    seconds: float


def _with_suppressions(
    declaration: Declaration, rows: tuple[Row, ...], selection: Selection, begun: _Begun
) -> tuple[Row, ...]:
    declared, today = declaration.suppressions, begun.at.date()
    rows = suppressions.apply(rows, declared, today)
    if not declared or not selection.has_row(suppressions.NAME):
        return rows
    complete = not selection.narrow and not any(row.unknowns or row.skipped for row in rows)
    return *rows, suppressions.judge(declared, rows, today, complete=complete)


def _report(
    begun: _Begun,
    access: Access,
    fail_on: Severity,
    rows: tuple[Row, ...],
    selection: Selection,
    stack: str,
    digest: str,
) -> Report:
    if stack:
        rows = tuple(structs.replace(row, findings=tuple(for_stack(f, stack) for f in row.findings)) for row in rows)
    return Report(
        schema=SCHEMA,
        stack=stack,
        context=access.context,
        server=access.host,
        declaration=digest,
        started=begun.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        seconds=round(perf_counter() - begun.seconds, 3),
        status=status(rows),
        exit_code=exit_code(rows, fail_on),
        rows=shown(rows, selection),
        fail_on=fail_on,
        selection=selection,
    )


def accepted(declaration: Declaration, row: Row, clock: Clock = now) -> Row:
    """Take out of a row what the declaration accepts today, as a verification does."""
    (after,) = suppressions.apply((row,), declaration.suppressions, clock().date())
    return after


def judge(declaration: Declaration, snapshot: Snapshot, selection: Selection = EVERYTHING) -> tuple[Row, ...]:
    """Let every judge whose row is wanted judge the snapshot."""
    return tuple(judge(declaration, snapshot) for name, judge in JUDGES.items() if selection.has_row(name))


def status(rows: tuple[Row, ...]) -> Status:
    """Sum the rows up: findings before unknowns before ok; what was left out counts only where all was."""
    statuses = {row.status for row in rows}
    if Status.FINDINGS in statuses:
        return Status.FINDINGS
    if Status.UNKNOWN in statuses or _unseen(rows):
        return Status.UNKNOWN
    return Status.OK if Status.OK in statuses else Status.LEFT_OUT


def exit_code(rows: tuple[Row, ...], fail_on: Severity) -> int:
    """Draw the exit code.

    1 if a finding reaches the threshold, whatever could not be checked: what is known to be wrong comes first.
    Else 3 if anything is unknown, or no row was judged, or something was skipped and no error explains it.
    Else 0. Suppressed findings explain, but reach no threshold.
    """
    findings = [finding for row in rows for finding in row.findings]
    failing = (Severity.ERROR, Severity.WARNING) if fail_on is Severity.WARNING else (Severity.ERROR,)
    if any(finding.severity in failing for finding in findings):
        return FINDINGS
    unknown = _unseen(rows) or status(rows) in (Status.UNKNOWN, Status.LEFT_OUT)
    return UNKNOWN if unknown else OK


def _unseen(rows: tuple[Row, ...]) -> bool:
    # A warning, such as a slow API server, is no reason why something cannot be judged.
    explained = any(row.suppressed or any(f.severity is Severity.ERROR for f in row.findings) for row in rows)
    unexplained = any(row.skipped for row in rows) and not explained
    return not rows or unexplained or any(row.unknowns for row in rows)
