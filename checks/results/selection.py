"""Validate a selection, and reduce results to the selected part."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from checks.errors import UsageError
from checks.results.result import Finding, Result, Selection, Severity, Unknown, outcome, reasons
from checks.results.suppressions import NAME as SUPPRESSIONS
from stacks.model.declaration import Declaration


def validate(selection: Selection, declaration: Declaration, checks: Sequence[str]) -> None:
    """Check that the selected checks exist, and that the selected namespaces are declared.

    Raises:
        UsageError: the selection names something that does not exist.
    """
    _known("--only", "check", selection.checks, [*checks, SUPPRESSIONS])
    spaces = (*declaration.namespaces, *declaration.existing_namespaces)
    _known("--namespace", "declared namespace", selection.namespaces, spaces)


def _known(option: str, what: str, wanted: Iterable[str], known: Iterable[str]) -> None:
    if unknown := [name for name in wanted if name not in known]:
        raise UsageError(f"{option}: {unknown[0]!r} is not a {what}: choose from {', '.join(known)}")


def narrowed(results: Sequence[Result], selection: Selection) -> tuple[Result, ...]:
    """Return the results for the selected namespaces, without those that have nothing about them.

    Unknowns and skipped assertions without a namespace are kept, because they may be about a selected one.
    """
    if not selection.namespaces:
        return tuple(results)
    cut = (_narrowed(result, frozenset(selection.namespaces)) for result in results)
    return tuple(result for result in cut if _is_relevant(result))


def _is_relevant(result: Result) -> bool:
    entries = bool(result.findings or result.suppressed or result.unknowns or reasons(result.facts))
    return entries or bool(result.passed or result.skipped)


def _narrowed(result: Result, spaces: frozenset[str]) -> Result:
    findings = tuple(finding for finding in result.findings if finding.object.space in spaces)
    suppressed = tuple(entry for entry in result.suppressed if entry.finding.object.space in spaces)
    unknowns = tuple(unknown for unknown in result.unknowns if _space(unknown) in spaces | {""})
    passed = sum(counts.passed for space, counts in result.by_namespace.items() if space in spaces)
    skipped = sum(counts.skipped for space, counts in result.by_namespace.items() if space in spaces | {""})
    return replace(
        result,
        status=outcome(passed, findings, unknowns, result.facts, suppressed),
        passed=passed,
        skipped=skipped,
        findings=findings,
        suppressed=suppressed,
        unknowns=unknowns,
        by_namespace={space: counts for space, counts in result.by_namespace.items() if space in spaces},
    )


def _space(unknown: Unknown) -> str:
    return unknown.permission.namespace if unknown.permission else ""


def shown(results: Sequence[Result], selection: Selection) -> tuple[Result, ...]:
    """Return the results without findings below the selected severity, which are counted; statuses do not change."""
    return tuple(_shown(result, selection.severity) for result in results)


def _shown(result: Result, least: Severity) -> Result:
    findings = tuple(finding for finding in result.findings if _reaches(finding, least))
    suppressed = tuple(entry for entry in result.suppressed if _reaches(entry.finding, least))
    hidden = len(result.findings) - len(findings) + len(result.suppressed) - len(suppressed)
    return replace(result, findings=findings, suppressed=suppressed, omitted=result.omitted + hidden)


def _reaches(finding: Finding, least: Severity) -> bool:
    return least is Severity.WARNING or finding.severity is Severity.ERROR
