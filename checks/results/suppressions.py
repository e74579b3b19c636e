"""Apply the declared suppressions to findings, and check the suppressions themselves."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

from msgspec.structs import replace

from checks.results.builder import ResultBuilder
from checks.results.result import Finding, Ref, Result, Suppressed, outcome
from stacks.model.declaration import Declaration
from stacks.model.suppression import Suppression

NAME, TITLE = "suppressions", "Suppressions"

Suppressions = Sequence[Suppression]


def apply_suppressions(results: Sequence[Result], suppressions: Suppressions, today: date) -> tuple[Result, ...]:
    """Return the results, in which the findings that are accepted today are suppressed."""
    active = [suppression for suppression in suppressions if not suppression.ended(today)]
    return tuple(_suppressed(result, active) for result in results)


def accepted(declaration: Declaration, result: Result) -> Result:
    """Return a result without the findings that the declaration accepts today, as in a verification."""
    (after,) = apply_suppressions((result,), declaration.suppressions, datetime.now(UTC).date())
    return after


def _suppressed(result: Result, active: Suppressions) -> Result:
    covered = {finding: next(_covering(finding, active), None) for finding in result.findings}
    findings = tuple(finding for finding in result.findings if covered[finding] is None)
    suppressed = tuple(
        Suppressed(finding, by.reason, by.until.isoformat()) for finding, by in covered.items() if by is not None
    )
    status = outcome(result.passed, findings, result.unknowns, result.facts, suppressed)
    return replace(result, findings=findings, suppressed=suppressed, status=status)


def _covering(finding: Finding, suppressions: Suppressions) -> Iterator[Suppression]:
    return (one for one in suppressions if one.covers(finding.code, str(finding.object)))


def check_suppressions(suppressions: Suppressions, results: Sequence[Result], today: date, *, complete: bool) -> Result:
    """Check that no suppression has expired and, if all findings are known (`complete`), that each is still needed."""
    builder = ResultBuilder(NAME, TITLE)
    found = [
        finding for result in results for finding in [*result.findings, *(entry.finding for entry in result.suppressed)]
    ]
    for suppression in suppressions:
        ref = Ref("Suppression", " ".join(part for part in (suppression.code, _object(suppression)) if part))
        message = f"the suppression expired on {suppression.until}: {suppression.reason}"
        lasts = builder.holds(
            not suppression.ended(today),
            "suppression.expired",
            ref,
            message,
            expected=f"{today} or later",
            actual=str(suppression.until),
        )
        if lasts and complete:
            used = any(suppression.covers(finding.code, str(finding.object)) for finding in found)
            message = f"it matches no finding: {suppression.reason}"
            builder.holds(used, "suppression.unused", ref, message, expected="a finding", actual="none")
    return builder.build()


def _object(suppression: Suppression) -> str:
    return "" if suppression.object == "*" else f"on {suppression.object}"
