"""What changes from one verification to the next; what can no longer be checked never counts as resolved."""

from collections.abc import Sequence

import msgspec

from checks.formats import summary
from checks.results.result import Finding, Report, Result, Status, Unknown

SCHEMA = "cortex.dev/watch/v2"
"""The name and the version of a line of JSON; an incompatible change raises the version."""


class Round(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One round of a watch, and what changed; in the first round all findings have appeared.

    `time` is in RFC 3339, UTC; `changed` are findings with a new message or value on the same object; `unseen` is what
    can no longer be checked, `seen` what can be checked again. A finding of a check with unknowns or skipped assertions
    is not `resolved` if it is absent. The status of a failed round is `unknown`, and `summary` says why.
    """

    schema: str = SCHEMA
    round: int
    time: str
    status: Status
    exit_code: int
    summary: str
    appeared: tuple[Finding, ...] = ()
    changed: tuple[Finding, ...] = ()
    resolved: tuple[Finding, ...] = ()
    unseen: tuple[Unknown, ...] = ()
    seen: tuple[Unknown, ...] = ()


class Rounds:
    """The findings and unknowns of the last round."""

    def __init__(self) -> None:
        self.count = 0
        self._remaining: dict[str, tuple[Finding, ...]] = {}
        self._unknowns: tuple[Unknown, ...] = ()

    def after(self, report: Report) -> Round:
        """Return the round of this report."""
        self.count += 1
        differences = [self._compare(result) for result in report.results]
        before, self._unknowns = self._unknowns, report.unknowns
        return Round(
            round=self.count,
            time=report.started,
            status=report.status,
            exit_code=report.exit_code,
            summary=summary.conclusion(report),
            appeared=tuple(finding for difference in differences for finding in difference.appeared),
            changed=tuple(finding for difference in differences for finding in difference.changed),
            resolved=tuple(finding for difference in differences for finding in difference.resolved),
            unseen=tuple(unknown for unknown in report.unknowns if unknown not in before),
            seen=tuple(unknown for unknown in before if unknown not in report.unknowns),
        )

    def failed(self, sentence: str, exit_code: int, time: str) -> Round:
        """Return a failed round: the findings of the round before it remain."""
        self.count += 1
        return Round(round=self.count, time=time, status=Status.UNKNOWN, exit_code=exit_code, summary=sentence)

    def _compare(self, result: Result) -> "_Difference":
        before = self._remaining.get(result.name, ())
        accepted = {entry.finding for entry in result.suppressed}
        gone = [finding for finding in before if finding not in result.findings and finding not in accepted]
        appeared: list[Finding] = []
        changed: list[Finding] = []
        for finding in (finding for finding in result.findings if finding not in before):
            twin = next((old for old in gone if (old.code, old.object) == (finding.code, finding.object)), None)
            if twin is None:
                appeared.append(finding)
            else:
                gone.remove(twin)
                changed.append(finding)
        unseen = bool(result.unknowns or result.skipped)
        self._remaining[result.name] = (*result.findings, *(gone if unseen else ()))
        return _Difference(appeared, changed, [] if unseen else gone)


class _Difference(msgspec.Struct):
    appeared: Sequence[Finding]
    changed: Sequence[Finding]
    resolved: Sequence[Finding]
