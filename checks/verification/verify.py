"""Take a snapshot, run the checks, and report the results."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import perf_counter

from msgspec import structs

from checks.declaration.check import CHECK as DECLARATION
from checks.declaration.deployed import PLACE, read_deployed
from checks.kube.connection import Connection
from checks.kube.reading import ReadFailure, Reason
from checks.results.builder import ResultBuilder
from checks.results.catalogue import for_stack
from checks.results.conclusion import exit_code, status
from checks.results.result import EVERYTHING, SCHEMA, Report, Result, Selection, Severity
from checks.results.selection import narrowed, shown, validate
from checks.results.suppressions import NAME as SUPPRESSIONS
from checks.results.suppressions import apply_suppressions, check_suppressions
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from checks.snapshot.take import take
from checks.times import rfc3339
from checks.verification.checks import checks
from checks.verification.pending_deletion import without_pending_deletion
from stacks.model.declaration import Declaration
from stacks.validation import suppression_codes

Clock = Callable[[], datetime]
"""Returns the time in UTC, which dates a verification and ends suppressions."""


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


async def verify(
    stack: str,
    declaration: Declaration,
    connection: Connection,
    fail_on: Severity = Severity.ERROR,
    selection: Selection = EVERYTHING,
    clock: Clock = now,
    *,
    deploying: bool = False,
) -> Report:
    """Verify a cluster, or the selected part, against its declaration.

    During a deployment (`deploying`) the objects that it will delete are not checked, but listed in the report.

    Raises:
        UsageError: the selection names a check or namespace that does not exist.
    """
    start = _Start(clock(), perf_counter())
    known = checks()
    validate(selection, declaration, [check.name for check in known])
    wanted = [check for check in known if selection.has_check(check.name)]
    snapshot = await take(declaration, connection, wanted)
    if deploying and not snapshot.unreachable:
        snapshot = without_pending_deletion(declaration, snapshot)
    results = run(wanted, declaration, snapshot)
    results = _with_suppressions(declaration, results, selection, start)
    return _report(start, connection, fail_on, narrowed(results, selection), selection, stack, declaration.digest())


async def verify_deployed(
    connection: Connection,
    fail_on: Severity,
    selection: Selection = EVERYTHING,
    clock: Clock = now,
    *,
    deploying: bool = False,
) -> Report:
    """Verify a cluster against its deployed declaration; if that cannot be read, the result is unknown.

    `deploying` is as in `verify`.

    Raises:
        UsageError: the selection names a check or namespace that does not exist.
    """
    start = _Start(clock(), perf_counter())
    declaration = await read_deployed(connection)
    if not isinstance(declaration, ReadFailure) and (
        unknown := next(suppression_codes.faults(declaration.suppressions), None)
    ):
        message = f"{PLACE}: cortex:{unknown}"
        declaration = ReadFailure("validate the deployed declaration", Reason.FAILED, message)
    if not isinstance(declaration, ReadFailure):
        cluster = declaration.cluster
        inside = replace(connection, context=cluster.context, domain=cluster.service_domain())
        return await verify("", declaration, inside, fail_on, selection, clock, deploying=deploying)
    builder = ResultBuilder(DECLARATION.name, DECLARATION.title)
    builder.use(declaration)
    return _report(start, connection, fail_on, (builder.build(),), selection, stack="", digest="")


@dataclass(frozen=True)
class _Start:
    """When a verification began: its date, and a monotonic time."""

    at: datetime
    seconds: float


def _with_suppressions(
    declaration: Declaration, results: tuple[Result, ...], selection: Selection, start: _Start
) -> tuple[Result, ...]:
    declared, today = declaration.suppressions, start.at.date()
    results = apply_suppressions(results, declared, today)
    if not declared or not selection.has_check(SUPPRESSIONS):
        return results
    complete = not selection.narrow and not any(result.unknowns or result.skipped for result in results)
    return *results, check_suppressions(declared, results, today, complete=complete)


def _report(
    start: _Start,
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
        started=rfc3339(start.at),
        seconds=round(perf_counter() - start.seconds, 3),
        status=status(results),
        exit_code=exit_code(results, fail_on),
        results=shown(results, selection),
        fail_on=fail_on,
        selection=selection,
    )


def run(checks: Iterable[Check], declaration: Declaration, snapshot: Snapshot) -> tuple[Result, ...]:
    """Return the result of each check."""
    return tuple(check.run(declaration, snapshot) for check in checks)
