"""Takes a snapshot, lets every judge judge it, and draws the conclusion."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import perf_counter

from msgspec import structs

from checks.declaration import check as declaration_judge
from checks.declaration import deployed
from checks.kube.client import ReadFailure
from checks.kube.connection import Connection
from checks.results import suppressions
from checks.results.builder import ResultBuilder
from checks.results.catalogue import for_stack
from checks.results.result import EVERYTHING, SCHEMA, Reason, Report, Result, Selection, Severity, Status
from checks.results.selection import narrowed, shown, validate
from checks.verification import pending_deletion
from checks.verification.judges import CHECKS
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
    connection: Connection,
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
    snapshot = await take(declaration, connection, selection)
    if deploying:
        snapshot = pending_deletion.without(declaration, snapshot)
    results = check(declaration, snapshot, selection)
    results = _with_suppressions(declaration, results, selection, begun)
    return _report(begun, connection, fail_on, narrowed(results, selection), selection, stack, declaration.digest())


async def verify_deployed(
    connection: Connection,
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
    declaration = await deployed.read(connection)
    if not isinstance(declaration, ReadFailure) and (faults := list(suppressions.faults(declaration.suppressions))):
        message = f"{deployed.PLACE}: {faults[0]}"
        declaration = ReadFailure("understand the deployed declaration", Reason.FAILED, message)
    if not isinstance(declaration, ReadFailure):
        inside = replace(connection, context=declaration.cluster.context)
        return await verify("", declaration, inside, fail_on, selection, clock, deploying=deploying)
    builder = ResultBuilder(declaration_judge.NAME, declaration_judge.TITLE)
    builder.use(declaration)
    return _report(begun, connection, fail_on, (builder.result(),), selection, stack="", digest="")


@dataclass(frozen=True)
class _Begun:
    """When a verification began, by the calendar and by the stop-watch."""

    at: datetime
    seconds: float


def _with_suppressions(
    declaration: Declaration, results: tuple[Result, ...], selection: Selection, begun: _Begun
) -> tuple[Result, ...]:
    declared, today = declaration.suppressions, begun.at.date()
    results = suppressions.apply(results, declared, today)
    if not declared or not selection.has_check(suppressions.NAME):
        return results
    complete = not selection.narrow and not any(result.unknowns or result.skipped for result in results)
    return *results, suppressions.check(declared, results, today, complete=complete)


def _report(
    begun: _Begun,
    connection: Connection,
    fail_on: Severity,
    results: tuple[Result, ...],
    selection: Selection,
    stack: str,
    digest: str,
) -> Report:
    if stack:
        results = tuple(
            structs.replace(result, findings=tuple(for_stack(f, stack) for f in result.findings)) for result in results
        )
    return Report(
        schema=SCHEMA,
        stack=stack,
        context=connection.context,
        server=connection.host,
        declaration=digest,
        started=begun.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        seconds=round(perf_counter() - begun.seconds, 3),
        status=status(results),
        exit_code=exit_code(results, fail_on),
        results=shown(results, selection),
        fail_on=fail_on,
        selection=selection,
    )


def accepted(declaration: Declaration, result: Result, clock: Clock = now) -> Result:
    """Take out of a row what the declaration accepts today, as a verification does."""
    (after,) = suppressions.apply((result,), declaration.suppressions, clock().date())
    return after


def check(declaration: Declaration, snapshot: Snapshot, selection: Selection = EVERYTHING) -> tuple[Result, ...]:
    """Let every judge whose row is wanted judge the snapshot."""
    return tuple(check(declaration, snapshot) for name, check in CHECKS.items() if selection.has_check(name))


def status(results: tuple[Result, ...]) -> Status:
    """Sum the rows up: findings before unknowns before ok; what was left out counts only where all was."""
    statuses = {result.status for result in results}
    if Status.FAIL in statuses:
        return Status.FAIL
    if Status.UNKNOWN in statuses or _unseen(results):
        return Status.UNKNOWN
    return Status.PASS if Status.PASS in statuses else Status.SKIPPED


def exit_code(results: tuple[Result, ...], fail_on: Severity) -> int:
    """Draw the exit code.

    1 if a finding reaches the threshold, whatever could not be checked: what is known to be wrong comes first.
    Else 3 if anything is unknown, or no row was judged, or something was skipped and no error explains it.
    Else 0. Suppressed findings explain, but reach no threshold.
    """
    findings = [finding for result in results for finding in result.findings]
    failing = (Severity.ERROR, Severity.WARNING) if fail_on is Severity.WARNING else (Severity.ERROR,)
    if any(finding.severity in failing for finding in findings):
        return FINDINGS
    unknown = _unseen(results) or status(results) in (Status.UNKNOWN, Status.SKIPPED)
    return UNKNOWN if unknown else OK


def _unseen(results: tuple[Result, ...]) -> bool:
    # A warning, such as a slow API server, is no reason why something cannot be judged.
    explained = any(
        result.suppressed or any(f.severity is Severity.ERROR for f in result.findings) for result in results
    )
    unexplained = any(result.skipped for result in results) and not explained
    return not results or unexplained or any(result.unknowns for result in results)
