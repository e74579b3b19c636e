"""The data of a repair: its actions with their outcomes, and the findings that it leaves."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from checks.kube.reading import Permission
from checks.repair.author import Author
from checks.results.document import Document
from checks.results.result import Finding, Ref, Severity, Unknown, Value

SCHEMA = "cortex.dev/repair/v1"


class Verb(StrEnum):
    """The kind of an action: remove a field, restore its declared value, or delete the whole object."""

    REMOVE = "remove"
    REPLACE = "replace"
    DELETE = "delete"


class Outcome(StrEnum):
    """The outcome of an action."""

    PLANNED = "planned"
    DONE = "done"
    GONE = "gone"
    """It had already been fixed."""
    CHANGED = "changed"
    """The field or object changed after the plan was made, so it was not touched."""
    BACK = "back"
    """The action succeeded, but the field or object was set or created again."""
    FAILED = "failed"
    """The API server rejected the request."""
    UNKNOWN = "unknown"
    """The API server became unreachable before it answered."""
    NOT_DONE = "not-done"
    """The action was not tried because the API server had become unreachable."""


class Because(StrEnum):
    """Why a repair leaves a finding."""

    PULUMI = "pulumi"
    PERSON = "person"
    DATA = "data"
    """The object can hold data."""
    OWNER = "owner"
    """A controller owns the object."""
    WRITER = "writer"
    """A controller would set the field again."""


class Action(msgspec.Struct, frozen=True, rename="camel"):
    """A change. `field` is null if the object is deleted; `from` and `to` are null if the field is unset."""

    verb: Verb
    object: Ref
    field: str | None
    from_: Value = msgspec.field(name="from")
    to: Value
    author: Author | None
    """Who set the field or created the object; null if that is not known."""
    codes: tuple[str, ...]
    outcome: Outcome = Outcome.PLANNED
    message: str = ""

    @property
    def is_fixed(self) -> bool:
        """Return whether the cause is fixed."""
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

    `gone` are findings that no longer applied when the plan was made, `missing` the permissions that the plan needs and
    the account lacks.
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
