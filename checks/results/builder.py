"""Collect the assertions, findings, unknowns and facts of a check."""

from collections import Counter
from typing import TypeVar

from checks.kube.reading import Permission, Read, ReadFailure, Reading, Reason
from checks.results.catalogue import finding
from checks.results.result import SKIPPED, Counts, Fact, Finding, Ref, Remedy, Result, Unknown, Value, outcome, reasons

T = TypeVar("T")


class ResultBuilder:
    """Builds the result of a check."""

    def __init__(self, name: str, title: str) -> None:
        self._name, self._title = name, title
        self._passed: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()
        self._findings: list[Finding] = []
        self._unknowns: dict[Unknown, None] = {}
        self._facts: list[Fact] = []
        self._seconds = 0.0

    def use(self, reading: Reading[T]) -> Read[T] | None:
        """Return a reading if it succeeded, else None, and add its failure as unknown."""
        self.took(reading.seconds)
        if isinstance(reading, ReadFailure):
            self.unknown(reading.what, reading.reason, reading.message, reading.permission)
            return None
        return reading

    def took(self, seconds: float) -> None:
        """Add the time of a reading; readings run concurrently, so the longest counts."""
        self._seconds = max(self._seconds, seconds)

    def passed(self, count: int = 1, namespace: str = "") -> None:
        """Add assertions that held, about objects of a namespace or of none."""
        self._passed[namespace] += count

    def skipped(self, namespace: str = "") -> None:
        """Add an assertion that is skipped because another finding explains it."""
        self._skipped[namespace] += 1

    def equal(
        self, code: str, obj: Ref, message: str, expected: Value, actual: Value, remedy: Remedy | None = None
    ) -> bool:
        """Assert that two values are equal; if not, add a finding with the message."""
        truth = expected == actual
        return self.holds(truth, code, obj, message, expected=expected, actual=actual, remedy=remedy)

    def holds(
        self,
        truth: bool,
        code: str,
        obj: Ref,
        message: str,
        *,
        expected: Value = None,
        actual: Value = None,
        remedy: Remedy | None = None,
    ) -> bool:
        """Assert a condition; if it is false, add a finding with the message."""
        if truth:
            self.passed(namespace=obj.space)
        else:
            self.fault(code, obj, message, expected=expected, actual=actual, remedy=remedy)
        return truth

    def fault(
        self,
        code: str,
        obj: Ref,
        message: str,
        *,
        expected: Value = None,
        actual: Value = None,
        remedy: Remedy | None = None,
    ) -> None:
        """Add a finding; its remedy is that of its code unless another one is given."""
        self._findings.append(finding(code, obj, message, expected=expected, actual=actual, remedy=remedy))

    def unknown(self, what: str, reason: Reason, message: str, permission: Permission | None = None) -> None:
        """Add something that could not be checked."""
        self._unknowns[Unknown(what, reason, message, permission)] = None

    def fact(self, subject: str, name: str, value: Value) -> None:
        """Add an observation."""
        self._facts.append(Fact(subject, name, value))

    def skip(self, why: str) -> None:
        """Add the reason why a part of the check is skipped: the result cannot be a pass then."""
        self.fact(self._name, SKIPPED, why)

    def build(self) -> Result:
        """Return the result. A check without any assertion is unknown, not a pass."""
        passed, skipped = self._passed.total(), self._skipped.total()
        if not (passed or skipped or self._findings or self._unknowns or reasons(self._facts)):
            self.unknown(self._title, Reason.BUG, "the check asserted nothing: this is a bug in cortex")
        unknowns = tuple(self._unknowns)
        spaces = sorted({*self._passed, *self._skipped})
        return Result(
            name=self._name,
            title=self._title,
            status=outcome(passed, self._findings, unknowns, self._facts),
            passed=passed,
            skipped=skipped,
            findings=tuple(self._findings),
            unknowns=unknowns,
            facts=tuple(self._facts),
            seconds=self._seconds,
            by_namespace={name: Counts(self._passed[name], self._skipped[name]) for name in spaces},
        )
