"""What a verification says: findings, what could not be checked, and the report that holds them. All plain data."""

from enum import StrEnum

import msgspec

SCHEMA = "cortex.dev/verify/v1"
"""Name and version of the JSON report. A change that breaks a reader of it raises the version."""

Value = str | int | float | bool | None


class Severity(StrEnum):
    """How bad a finding is: `error` is not as declared, `warning` works but should be looked at."""

    ERROR = "error"
    WARNING = "warning"


class Reason(StrEnum):
    """Why something could not be checked."""

    FORBIDDEN = "forbidden"
    UNAUTHORIZED = "unauthorized"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    UNDECODABLE = "undecodable"
    FAILED = "failed"
    GATED = "gated"
    UNJUDGED = "unjudged"


class Status(StrEnum):
    """The outcome of a row or of the whole verification.

    A row is `left-out` where the declaration, or the place of the verification, says that something cannot be checked
    there: it is neither ok nor unknown, and its facts `left_out` say why.
    """

    OK = "ok"
    FINDINGS = "findings"
    UNKNOWN = "unknown"
    LEFT_OUT = "left-out"


class Ref(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Kubernetes object; `namespace` is empty for cluster-wide ones."""

    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class Finding(msgspec.Struct, frozen=True):
    """One difference between the declaration and the cluster. Code, severity and hint come from the catalogue."""

    code: str
    severity: Severity
    object: Ref
    message: str
    expected: Value
    actual: Value
    hint: str


class Permission(msgspec.Struct, frozen=True, omit_defaults=True):
    """The right that a forbidden request needs."""

    verb: str
    resource: str
    namespace: str = ""


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


class Row(msgspec.Struct, frozen=True):
    """What one judge says.

    `passed` counts the assertions that held; `skipped` counts those left out because another row's finding explains
    them; `seconds` is how long reading its objects and judging them took; `omitted` counts the findings and unknowns
    that a published report has no room for.
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


class Report(msgspec.Struct, frozen=True, rename="camel"):
    """A whole verification. `declaration` is the declaration's hash, `started` is in RFC 3339, UTC.

    A verification inside the cluster knows no stack: `stack` is empty, and `context` is the declared one. If it could
    not read the declaration, `declaration` is empty too, and `context` is `in-cluster`.
    """

    schema: str
    stack: str
    context: str
    server: str
    declaration: str
    started: str
    seconds: float
    status: Status
    exit_code: int
    rows: tuple[Row, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Give the findings of all rows."""
        return tuple(finding for row in self.rows for finding in row.findings)

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        """Give what could not be checked, each once, though several rows may miss it."""
        return tuple(dict.fromkeys(unknown for row in self.rows for unknown in row.unknowns))
