"""The part of a verification that somebody asked for: refuses what does not exist, and cuts rows down to the rest."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from checks.errors import UsageError
from checks.results import suppressions
from checks.results.result import Finding, Result, Selection, Severity, Unknown, outcome, reasons
from stacks.model.declaration import Declaration


def validate(selection: Selection, declaration: Declaration, checks: Sequence[str]) -> None:
    """Check that the selected checks exist, and that the selected namespaces are declared.

    Raises:
        UsageError: the selection names something that there is not.
    """
    _known("--only", "check", selection.checks, [*checks, suppressions.NAME])
    _known("--namespace", "declared namespace", selection.namespaces, declaration.namespaces)


def _known(option: str, what: str, wanted: Iterable[str], known: Iterable[str]) -> None:
    if strangers := [name for name in wanted if name not in known]:
        raise UsageError(f"{option}: {strangers[0]!r} is not a {what}: choose from {', '.join(known)}")


def narrowed(results: Sequence[Result], selection: Selection) -> tuple[Result, ...]:
    """Keep what concerns the chosen namespaces; a row that has nothing of them is left out.

    What was left out or could not be checked for an unknown namespace may concern a chosen one, and stays.
    """
    if not selection.namespaces:
        return tuple(results)
    cut = (_narrowed(result, frozenset(selection.namespaces)) for result in results)
    return tuple(result for result in cut if _says_something(result))


def _says_something(result: Result) -> bool:
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
    """Leave out findings below the wanted severity, and count them; no row becomes better by that."""
    return tuple(_shown(result, selection.severity) for result in results)


def _shown(result: Result, least: Severity) -> Result:
    findings = tuple(finding for finding in result.findings if _reaches(finding, least))
    suppressed = tuple(entry for entry in result.suppressed if _reaches(entry.finding, least))
    hidden = len(result.findings) - len(findings) + len(result.suppressed) - len(suppressed)
    return replace(result, findings=findings, suppressed=suppressed, omitted=result.omitted + hidden)


def _reaches(finding: Finding, least: Severity) -> bool:
    return least is Severity.WARNING or finding.severity is Severity.ERROR
