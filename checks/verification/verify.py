"""Takes a snapshot, lets every judge judge it, and draws the conclusion."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import perf_counter

from msgspec import structs

from checks.declaration import deployed
from checks.declaration.check import CHECK as DECLARATION
from checks.kube.connection import Connection
from checks.kube.reading import ReadFailure, Reason
from checks.results import suppressions
from checks.results.builder import ResultBuilder
from checks.results.catalogue import for_stack
from checks.results.conclusion import exit_code, status
from checks.results.result import EVERYTHING, SCHEMA, Report, Result, Selection, Severity
from checks.results.selection import narrowed, shown, validate
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from checks.snapshot.take import take
from checks.times import rfc3339
from checks.verification import pending_deletion
from checks.verification.checks import checks
from stacks.errors import DeclarationError
from stacks.model.declaration import Declaration

Clock = Callable[[], datetime]
"""Tells the time, in UTC: by it a verification is dated, and suppressions end."""


def now() -> datetime:
    """Tell the time."""
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

    While a deployment is under way (`deploying`), what it is still to delete is left out, and named.

    Raises:
        UsageError: the selection names a row or namespace that there is not.
        DeclarationError: a suppression names a code that there is not.
    """
    begun = _Begun(clock(), perf_counter())
    known = checks()
    validate(selection, declaration, [check.name for check in known])
    wanted = [check for check in known if selection.has_check(check.name)]
    if faults := list(suppressions.faults(declaration.suppressions)):
        raise DeclarationError("\n".join(f"Pulumi.{stack}.yaml: {fault}" for fault in faults))
    snapshot = await take(declaration, connection, wanted)
    if deploying and not snapshot.unreachable:
        snapshot = pending_deletion.without(declaration, snapshot)
    results = run(wanted, declaration, snapshot)
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
    builder = ResultBuilder(DECLARATION.name, DECLARATION.title)
    builder.use(declaration)
    return _report(begun, connection, fail_on, (builder.build(),), selection, stack="", digest="")


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
        started=rfc3339(begun.at),
        seconds=round(perf_counter() - begun.seconds, 3),
        status=status(results),
        exit_code=exit_code(results, fail_on),
        results=shown(results, selection),
        fail_on=fail_on,
        selection=selection,
    )


def run(checks: Iterable[Check], declaration: Declaration, snapshot: Snapshot) -> tuple[Result, ...]:
    """Return the result of each check."""
    return tuple(check.run(declaration, snapshot) for check in checks)
