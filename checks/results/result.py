"""The data of a verification: findings, unknowns, results and the report."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from checks.kube.reading import Permission, ReadFailure, Reason
from checks.results.document import Document

SCHEMA = "cortex.dev/verify/v2"
"""Name and version of the JSON report. An incompatible change increases the version."""

Value = str | int | float | bool | None


class Severity(StrEnum):
    """The severity of a finding: `error` is not as declared, `warning` works, but needs attention."""

    ERROR = "error"
    WARNING = "warning"


class Status(StrEnum):
    """The status of a result or of the whole verification.

    A check is `skipped` if the declaration, or the place of the verification, excludes something from it: it neither
    passes nor is it unknown, and its facts `skipped` have the reasons.
    """

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Remedy(StrEnum):
    """What fixes a finding: `pulumi up --refresh`, `cortex repair`, or a person, following the hint."""

    PULUMI = "pulumi"
    REPAIR = "repair"
    PERSON = "person"


CLUSTER = "Cluster"
"""The kind of a Ref to the whole cluster, whose name is the context."""


class Ref(msgspec.Struct, frozen=True, omit_defaults=True):
    """A reference to a Kubernetes object; `namespace` is empty for cluster-scoped ones."""

    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    @property
    def space(self) -> str:
        """Return its namespace, or its name if it is a namespace; empty for other cluster-scoped objects."""
        return self.name if self.kind == "Namespace" else self.namespace


class Finding(msgspec.Struct, frozen=True):
    """One difference between the declaration and the cluster. Code, severity and hint come from the catalogue."""

    code: str
    severity: Severity
    object: Ref
    message: str
    expected: Value
    actual: Value
    hint: str
    remedy: Remedy


class Suppressed(msgspec.Struct, frozen=True):
    """A finding that the declaration accepts, with the reason and the last day (ISO date, UTC)."""

    finding: Finding
    reason: str
    until: str


class Unknown(msgspec.Struct, frozen=True):
    """Something that could not be checked: what was tried, and why it failed. It never counts as a pass."""

    what: str
    reason: Reason
    message: str
    permission: Permission | None = None

    @classmethod
    def of(cls, failure: ReadFailure) -> "Unknown":
        """Return what a failed read leaves unknown."""
        return cls(failure.what, failure.reason, failure.message, failure.permission)


class Fact(msgspec.Struct, frozen=True):
    """An observation: its subject, its name (which ends in its unit), and its value."""

    subject: str
    name: str
    value: Value


class Counts(msgspec.Struct, frozen=True):
    """The numbers of assertions that held and that were skipped."""

    passed: int = 0
    skipped: int = 0


class Result(msgspec.Struct, frozen=True, rename="camel"):
    """The result of a check.

    `passed` counts the assertions that held; `skipped` counts those that were skipped because a finding of another
    check explains them; `byNamespace` has both for each namespace, and under "" those about no namespace or several;
    `seconds` is how long reading took; `omitted` counts the entries that the report does not contain: warnings if only
    errors were requested, or what exceeds the size of a published report. `suppressed` are findings that the
    declaration accepts: they count for neither the status nor the exit code.
    """

    name: str
    title: str
    status: Status
    passed: int
    skipped: int
    findings: tuple[Finding, ...]
    unknowns: tuple[Unknown, ...]
    facts: tuple[Fact, ...]
    seconds: float
    omitted: int = 0
    suppressed: tuple[Suppressed, ...] = ()
    by_namespace: dict[str, Counts] = {}


SKIPPED = "skipped"
"""Name of the fact with the reason why a part of a check was skipped."""

PENDING_DELETION = "pending_deletion"
"""Name of the fact that an undeclared object, its subject, is not checked because the deployment will delete it."""


def reasons(facts: Iterable[Fact]) -> tuple[str, ...]:
    """Return the reasons why parts of a check were skipped."""
    return tuple(str(fact.value) for fact in facts if fact.name == SKIPPED)


def outcome(
    passed: int,
    findings: Sequence[Finding],
    unknowns: Sequence[Unknown],
    facts: Iterable[Fact],
    suppressed: Sequence[Suppressed] = (),
) -> Status:
    """Return the status of a result."""
    if findings:
        return Status.FAIL
    if unknowns:
        return Status.UNKNOWN
    if reasons(facts):
        return Status.SKIPPED
    # Assertions that were only skipped are explained by another check, but did not pass.
    return Status.PASS if passed or suppressed else Status.UNKNOWN


class Selection(msgspec.Struct, frozen=True):
    """The selected part of a verification: checks and namespaces by name, and the lowest severity shown.

    No checks, or no namespaces, means all of them.
    """

    checks: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    severity: Severity = Severity.WARNING

    def __str__(self) -> str:
        parts = [f"only {what} {', '.join(named)}" for what, named in self._named() if named]
        return "; ".join([*parts, *(["only errors"] if self.severity is Severity.ERROR else [])])

    def _named(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return ("checks", self.checks), ("namespaces", self.namespaces)

    @property
    def narrow(self) -> bool:
        """Return whether a part of the declaration is not checked."""
        return bool(self.checks or self.namespaces)

    def has_check(self, name: str) -> bool:
        """Return whether a check is selected."""
        return not self.checks or name in self.checks


EVERYTHING = Selection()


class Report(Document, frozen=True, rename="camel", kw_only=True):
    """The report of a verification. `declaration` is the declaration's hash, `started` is in RFC 3339, UTC.

    In an in-cluster verification `stack` is empty, and `context` is the declared one. If it could not read the
    declaration, `declaration` is empty too, and `context` is `in-cluster`. `failOn` is the lowest severity with exit
    code 1, `selection` the selected part.
    """

    server: str
    declaration: str
    started: str
    seconds: float
    status: Status
    results: tuple[Result, ...]
    fail_on: Severity = Severity.ERROR
    selection: Selection = Selection()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return the findings of all results."""
        return tuple(finding for result in self.results for finding in result.findings)

    @property
    def suppressed(self) -> tuple[Suppressed, ...]:
        """Return the suppressed findings of all results."""
        return tuple(entry for result in self.results for entry in result.suppressed)

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        """Return the unknowns of all results, each once."""
        return tuple(dict.fromkeys(unknown for result in self.results for unknown in result.unknowns))

    @property
    def skipped(self) -> tuple[tuple[str, str], ...]:
        """Return the skipped parts of checks: the check's title and the reason."""
        return tuple((result.title, why) for result in self.results for why in reasons(result.facts))

    @property
    def pending_deletion(self) -> tuple[str, ...]:
        """Return the objects that are not checked because the running deployment will delete them."""
        return tuple(fact.subject for result in self.results for fact in result.facts if fact.name == PENDING_DELETION)

    @property
    def gap(self) -> str:
        """Return why the status is unknown or skipped without any unknown; empty if that is not the case."""
        if self.status not in (Status.UNKNOWN, Status.SKIPPED) or self.unknowns:
            return ""
        if skipped := sum(result.skipped for result in self.results):
            return f"assertions skipped: {skipped}, and no error in this report explains why"
        return "nothing was checked: the selection covers nothing that can be checked here"

    def fails(self, finding: Finding) -> bool:
        """Return whether the finding leads to exit code 1."""
        return self.fail_on is Severity.WARNING or finding.severity is Severity.ERROR
