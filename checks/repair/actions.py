"""What a repair does, what it leaves, and what came of it: plain data, as the JSON report has it."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from checks.kube.reading import Permission
from checks.repair.author import Author
from checks.results.document import Document
from checks.results.result import Finding, Ref, Severity, Unknown, Value

SCHEMA = "cortex.dev/repair/v1"


class Verb(StrEnum):
    """What is done: a field is removed or set back to its declared value, or the whole object is deleted."""

    REMOVE = "remove"
    REPLACE = "replace"
    DELETE = "delete"


class Outcome(StrEnum):
    """What came of an action."""

    PLANNED = "planned"
    DONE = "done"
    GONE = "gone"
    """Somebody else put it right meanwhile."""
    CHANGED = "changed"
    """It is not any more what was planned for, so it was left as it is."""
    BACK = "back"
    """It was done, and somebody set or made it again."""
    FAILED = "failed"
    """The API server refused."""
    UNKNOWN = "unknown"
    """The API server went away before it answered."""
    NOT_DONE = "not-done"
    """The API server had gone away."""


class Because(StrEnum):
    """Why a repair leaves a finding: whose it is."""

    PULUMI = "pulumi"
    PERSON = "person"
    DATA = "data"
    """The object may hold data."""
    OWNER = "owner"
    """A controller owns the object."""
    WRITER = "writer"
    """A controller would set the field again."""


class Action(msgspec.Struct, frozen=True, rename="camel"):
    """One change. `field` is null where the object is deleted; `from` and `to` are null where nothing is there."""

    verb: Verb
    object: Ref
    field: str | None
    from_: Value = msgspec.field(name="from")
    to: Value
    author: Author | None
    """Who set the field or made the object; null if nobody says so."""
    codes: tuple[str, ...]
    outcome: Outcome = Outcome.PLANNED
    message: str = ""

    @property
    def is_put_right(self) -> bool:
        """Check whether nothing is left of it."""
        return self.outcome in (Outcome.DONE, Outcome.GONE)


class Left(msgspec.Struct, frozen=True):
    """A finding that a repair leaves, and what to do about it."""

    code: str
    severity: Severity
    object: Ref
    message: str
    because: Because
    todo: str


class Report(Document, frozen=True, rename="camel", kw_only=True):
    """What `cortex repair --format json` writes.

    `gone` are findings that were no longer true when the plan was made, `missing` the rights that the plan needs and
    the account lacks, `after` what was left when all had been written.
    """

    server: str
    dry_run: bool
    actions: tuple[Action, ...]
    left: tuple[Left, ...]
    gone: tuple[str, ...] = ()
    missing: tuple[Permission, ...] = ()
    unknowns: tuple[Unknown, ...] = ()


def left(finding: Finding, because: Because, todo: str) -> Left:
    """Return the entry of a finding that is left."""
    return Left(finding.code, finding.severity, finding.object, finding.message, because, todo)


def codes(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the codes of findings, each once."""
    return tuple(dict.fromkeys(finding.code for finding in findings))
