"""The part of a verification that somebody asked for: refuses what does not exist, and cuts rows down to the rest."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from checks.errors import UsageError
from checks.results import suppressions
from checks.results.result import Finding, Row, Selection, Severity, Unknown, outcome, reasons
from checks.verification.judges import JUDGES
from stacks.model.declaration import Declaration


def validate(selection: Selection, declaration: Declaration) -> None:
    """Refuse rows that no judge gives, and namespaces that are not declared.

    Raises:
        UsageError: the selection names something that there is not.
    """
    _known("--only", "row", selection.rows, [*JUDGES, suppressions.NAME])
    _known("--namespace", "declared namespace", selection.namespaces, declaration.namespaces)


def _known(option: str, what: str, wanted: Iterable[str], known: Iterable[str]) -> None:
    if strangers := [name for name in wanted if name not in known]:
        raise UsageError(f"{option}: {strangers[0]!r} is no {what}: choose from {', '.join(known)}")


def narrowed(rows: Sequence[Row], selection: Selection) -> tuple[Row, ...]:
    """Keep what concerns the chosen namespaces; a row that has nothing of them is left out.

    What was left out or could not be checked for an unknown namespace may concern a chosen one, and stays.
    """
    if not selection.namespaces:
        return tuple(rows)
    cut = (_narrowed(row, frozenset(selection.namespaces)) for row in rows)
    return tuple(row for row in cut if _says_something(row))


def _says_something(row: Row) -> bool:
    entries = bool(row.findings or row.suppressed or row.unknowns or reasons(row.facts))
    return entries or bool(row.passed or row.skipped)


def _narrowed(row: Row, spaces: frozenset[str]) -> Row:
    findings = tuple(finding for finding in row.findings if finding.object.space in spaces)
    suppressed = tuple(entry for entry in row.suppressed if entry.finding.object.space in spaces)
    unknowns = tuple(unknown for unknown in row.unknowns if _space(unknown) in spaces | {""})
    passed = sum(counts.passed for space, counts in row.by_namespace.items() if space in spaces)
    skipped = sum(counts.skipped for space, counts in row.by_namespace.items() if space in spaces | {""})
    return replace(
        row,
        status=outcome(passed, findings, unknowns, row.facts, suppressed),
        passed=passed,
        skipped=skipped,
        findings=findings,
        suppressed=suppressed,
        unknowns=unknowns,
        by_namespace={space: counts for space, counts in row.by_namespace.items() if space in spaces},
    )


def _space(unknown: Unknown) -> str:
    return unknown.permission.namespace if unknown.permission else ""


def shown(rows: Sequence[Row], selection: Selection) -> tuple[Row, ...]:
    """Leave out findings below the wanted severity, and count them; no row becomes better by that."""
    return tuple(_shown(row, selection.severity) for row in rows)


def _shown(row: Row, least: Severity) -> Row:
    findings = tuple(finding for finding in row.findings if _reaches(finding, least))
    suppressed = tuple(entry for entry in row.suppressed if _reaches(entry.finding, least))
    hidden = len(row.findings) - len(findings) + len(row.suppressed) - len(suppressed)
    return replace(row, findings=findings, suppressed=suppressed, omitted=row.omitted + hidden)


def _reaches(finding: Finding, least: Severity) -> bool:
    return least is Severity.WARNING or finding.severity is Severity.ERROR
