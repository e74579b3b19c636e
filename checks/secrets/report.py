"""What `cortex secrets list` shows, as text; `cortex config list` shares its table."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol, TextIO

from checks.formats import text
from checks.formats.table import table
from checks.results.result import Finding, Suppressed, Unknown
from checks.secrets.inventory import SecretsReport
from checks.times import age

WORDS = {True: "yes", False: "no", None: "-"}


class Inventory(Protocol):
    """What the reports of `cortex secrets list` and `cortex config list` have in common."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings."""

    @property
    def suppressed(self) -> tuple[Suppressed, ...]:
        """The findings that the declaration accepts."""

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        """What could not be checked."""


def write(report: SecretsReport, out: TextIO) -> None:
    """Write the Secrets as a table, and what is wrong; coloured if `out` is a terminal."""
    lines = [
        (each.namespace, each.name, keys(each.keys, each.present), since(each.changed), each.used_by, each.as_deployed)
        for each in report.secrets
    ]
    out.write(inventory("AS DEPLOYED", lines))
    write_details(report, out)


def inventory(heading: str, lines: Sequence[tuple[str, str, str, str, Sequence[str], bool | None]]) -> str:
    """Return a table of Secrets or ConfigMaps: namespace, name, keys, age, users, and an answer below `heading`."""
    headings = ("NAMESPACE", "NAME", "KEYS", "AGE", "USED BY", heading)
    return table(headings, [(*start, ", ".join(users), WORDS[answer]) for *start, users, answer in lines])


def write_details(report: Inventory, out: TextIO) -> None:
    """Write findings, suppressed findings and unknowns; coloured if `out` is a terminal."""
    text.write_parts(text.details(report.findings, report.suppressed, report.unknowns), out)


def keys(keys: Sequence[str], present: bool | None) -> str:
    """Return keys on one line."""
    return ", ".join(keys) if keys else {True: "none", False: "(missing)", None: "(not read)"}[present]


def since(time: str | None) -> str:
    """Return how long ago a time was, such as 3d; empty if it is unknown."""
    return age(datetime.fromisoformat(time), datetime.now(UTC)) if time else ""
