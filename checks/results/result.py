"""What a verification says: findings, what could not be checked, and the report that holds them. All plain data."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from checks.kube.reading import Permission, Reason
from checks.results.document import Document

SCHEMA = "cortex.dev/verify/v2"
"""Name and version of the JSON report. A change that breaks a reader of it raises the version."""

Value = str | int | float | bool | None


class Severity(StrEnum):
    """How bad a finding is: `error` is not as declared, `warning` works but should be looked at."""

    ERROR = "error"
    WARNING = "warning"


class Status(StrEnum):
    """The outcome of a row or of the whole verification.

    A check is `skipped` where the declaration, or the place of the verification, says that something cannot be checked
    there: it neither passes nor is unknown, and its facts `skipped` say why.
    """

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Remedy(StrEnum):
    """Who puts a finding right: `pulumi up --refresh`, `cortex repair`, or a person as the hint says."""

    PULUMI = "pulumi"
    REPAIR = "repair"
    PERSON = "person"


CLUSTER = "Cluster"
"""The kind of a Ref to the cluster as a whole, which is named by the context."""


class Ref(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Kubernetes object; `namespace` is empty for cluster-wide ones."""

    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    @property
    def space(self) -> str:
        """Give the namespace that it is in, or that it is; empty for other cluster-wide objects."""
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
    """A finding that the declaration accepts: why, and until the end of which day (ISO date, UTC)."""

    finding: Finding
    reason: str
    until: str


class Unknown(msgspec.Struct, frozen=True):
    """Something that could not be checked: `what` was tried, and why it failed. It is never a pass."""

    what: str
    reason: Reason
    message: str
    permission: Permission | None = None


class Fact(msgspec.Struct, frozen=True):
    """Something observed on the way: of which subject, its name (which ends in its unit), its value."""

    subject: str
    name: str
    value: Value


class Counts(msgspec.Struct, frozen=True):
    """How many assertions held, and how many were left out."""

    passed: int = 0
    skipped: int = 0


class Result(msgspec.Struct, frozen=True, rename="camel"):
    """What one judge says.

    `passed` counts the assertions that held; `skipped` counts those left out because another row's finding explains
    them; `byNamespace` has both for each namespace, and under "" what concerns none or several; `seconds` is how long
    reading its objects and judging them took; `omitted` counts the entries that the report leaves out: warnings when
    only errors were asked for, or what a published report has no room for. `suppressed` are findings that the
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
"""Name of the fact that says why something of a row was left out."""

PENDING_DELETION = "pending_deletion"
"""Name of the fact that an undeclared object, its subject, is left out, since the deployment is still to delete it."""


def reasons(facts: Iterable[Fact]) -> tuple[str, ...]:
    """Give the reasons for which something of a row was left out."""
    return tuple(str(fact.value) for fact in facts if fact.name == SKIPPED)


def outcome(
    passed: int,
    findings: Sequence[Finding],
    unknowns: Sequence[Unknown],
    facts: Iterable[Fact],
    suppressed: Sequence[Suppressed] = (),
) -> Status:
    """Tell the status of a row."""
    if findings:
        return Status.FAIL
    if unknowns:
        return Status.UNKNOWN
    if reasons(facts):
        return Status.SKIPPED
    # What was only skipped is explained elsewhere, but not ok.
    return Status.PASS if passed or suppressed else Status.UNKNOWN


class Selection(msgspec.Struct, frozen=True):
    """The part of a verification that was asked for: checks and namespaces by name, and the least severity shown.

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
        """Tell whether part of the declaration is not looked at."""
        return bool(self.checks or self.namespaces)

    def has_check(self, name: str) -> bool:
        """Return whether a check was asked for."""
        return not self.checks or name in self.checks


EVERYTHING = Selection()


class Report(Document, frozen=True, rename="camel", kw_only=True):
    """A whole verification. `declaration` is the declaration's hash, `started` is in RFC 3339, UTC.

    A verification inside the cluster knows no stack: `stack` is empty, and `context` is the declared one. If it could
    not read the declaration, `declaration` is empty too, and `context` is `in-cluster`. `failOn` is the severity from
    which on findings give exit code 1, `selection` what was asked for.
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
        """Give the findings of all rows."""
        return tuple(finding for result in self.results for finding in result.findings)

    @property
    def suppressed(self) -> tuple[Suppressed, ...]:
        """Give the suppressed findings of all rows."""
        return tuple(entry for result in self.results for entry in result.suppressed)

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        """Give what could not be checked, each once, though several rows may miss it."""
        return tuple(dict.fromkeys(unknown for result in self.results for unknown in result.unknowns))

    @property
    def skipped(self) -> tuple[tuple[str, str], ...]:
        """Give what could not be checked here by declaration: the row's title, and why."""
        return tuple((result.title, why) for result in self.results for why in reasons(result.facts))

    @property
    def pending_deletion(self) -> tuple[str, ...]:
        """Name what was left out because the deployment under way is still to delete it."""
        return tuple(fact.subject for result in self.results for fact in result.facts if fact.name == PENDING_DELETION)

    @property
    def gap(self) -> str:
        """Say why nothing is known although nothing is listed as unknown; empty where that is not so."""
        if self.status not in (Status.UNKNOWN, Status.SKIPPED) or self.unknowns:
            return ""
        if skipped := sum(result.skipped for result in self.results):
            return f"assertions skipped: {skipped}, and no error in this report explains why"
        return "nothing was checked: the selection covers nothing that can be checked here"

    def fails(self, finding: Finding) -> bool:
        """Tell whether the finding gives exit code 1."""
        return self.fail_on is Severity.WARNING or finding.severity is Severity.ERROR
