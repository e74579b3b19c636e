"""What `cortex secrets` found, as a table for people; `cortex config` uses the same table."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from io import StringIO
from typing import Protocol

from rich.console import Console
from rich.table import Table

from checks.formats.cells import suppressed
from checks.results.result import Finding, Suppressed, Unknown
from checks.secrets.inventory import SecretsReport

_CONTROL = dict.fromkeys([*range(32), *range(127, 160)], " ")
"""Whatever a cluster sends must not steer the terminal."""

WIDTH = 160
"""Columns after which keys go on in the next line."""

WORDS = {True: "yes", False: "no", None: "-"}


def secrets_text(report: SecretsReport) -> str:
    """Give the Secrets as a table."""
    results = [
        (s.namespace, s.name, keys(s.keys, s.present), age(s.changed), listed(s.used_by), WORDS[s.as_deployed])
        for s in report.secrets
    ]
    out = StringIO()
    console = Console(file=out, highlight=False, soft_wrap=True, markup=False, width=WIDTH)
    table(console, ("NAMESPACE", "NAME", "KEYS", "AGE", "USED BY", "AS DEPLOYED"), results)
    rest(console, report)
    return out.getvalue()


def table(console: Console, headings: Sequence[str], results: Iterable[Sequence[str]]) -> None:
    """Print a table."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in headings:
        table.add_column(heading, no_wrap=heading != "KEYS", overflow="fold")
    for result in results:
        table.add_row(*map(clean, result))
    console.print(table, soft_wrap=False)


class _Report(Protocol):
    """What all inventories end with."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings."""

    @property
    def suppressed(self) -> tuple[Suppressed, ...]:
        """The findings that the declaration accepts."""

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        """What could not be checked."""


def rest(console: Console, report: "_Report") -> None:
    """Print findings, suppressed findings and unknowns."""
    for finding in report.findings:
        console.print(f"\n{finding.severity.value} {finding.code}  {clean(f'{finding.object}: {finding.message}')}")
        console.print(f"    remedy   {finding.remedy.value}")
        console.print(f"    hint     {finding.hint}")
    for line in suppressed(report.suppressed):
        console.print(f"\n{line}")
    for unknown in report.unknowns:
        console.print(f"\nunknown {unknown.reason.value}  {clean(f'{unknown.what}: {unknown.message}')}")


def keys(keys: Sequence[str], present: bool | None) -> str:
    """Return keys in one line."""
    return ", ".join(keys) if keys else {True: "none", False: "(missing)", None: "(not read)"}[present]


def listed(users: Sequence[str]) -> str:
    """Return names in one line."""
    return ", ".join(users) or "-"


def age(since: str | None) -> str:
    """Return how long ago a time was, such as 3d."""
    if since is None:
        return "-"
    passed = datetime.now(UTC) - datetime.fromisoformat(since)
    hours = passed.total_seconds() / 3600
    return f"{passed.days}d" if passed.days else f"{hours:.0f}h" if hours >= 1 else f"{hours * 60:.0f}m"


def clean(text: str) -> str:
    """Return a text whose control characters cannot steer the terminal."""
    return text.translate(_CONTROL)
