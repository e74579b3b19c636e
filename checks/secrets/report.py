"""What `cortex secrets` and `cortex config` found, as a table for people."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from io import StringIO

from rich.console import Console
from rich.table import Table

from checks.formats.cells import suppressed
from checks.secrets.inventory import ConfigReport, SecretsReport

_CONTROL = dict.fromkeys([*range(32), *range(127, 160)], " ")
"""Whatever a cluster sends must not steer the terminal."""

_WIDTH = 160
"""Columns after which keys go on in the next line."""

_WORDS = {True: "yes", False: "no", None: "-"}


def secrets_text(report: SecretsReport) -> str:
    """Give the Secrets as a table."""
    results = [
        (s.namespace, s.name, _keys(s.keys, s.present), _age(s.changed), _listed(s.used_by), _WORDS[s.as_deployed])
        for s in report.secrets
    ]
    out = StringIO()
    console = Console(file=out, highlight=False, soft_wrap=True, markup=False, width=_WIDTH)
    _table(console, ("NAMESPACE", "NAME", "KEYS", "AGE", "USED BY", "AS DEPLOYED"), results)
    _rest(console, report)
    return out.getvalue()


def config_text(report: ConfigReport) -> str:
    """Give the ConfigMaps as a table, and which declaration is deployed."""
    results = [
        (c.namespace, c.name, _keys(c.keys, c.present), _age(c.created), _listed(c.used_by), _WORDS[c.as_declared])
        for c in report.config_maps
    ]
    out = StringIO()
    console = Console(file=out, highlight=False, soft_wrap=True, markup=False, width=_WIDTH)
    _table(console, ("NAMESPACE", "NAME", "KEYS", "AGE", "USED BY", "AS DECLARED"), results)
    same = "the same" if report.deployed == report.declaration else report.deployed or "none that could be read"
    console.print(f"\nDeclaration here {report.declaration[:12]}, deployed: {_clean(same[:60])}")
    _rest(console, report)
    return out.getvalue()


def _table(console: Console, headings: Sequence[str], results: Iterable[Sequence[str]]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in headings:
        table.add_column(heading, no_wrap=heading != "KEYS", overflow="fold")
    for result in results:
        table.add_row(*map(_clean, result))
    console.print(table, soft_wrap=False)


def _rest(console: Console, report: SecretsReport | ConfigReport) -> None:
    for finding in report.findings:
        console.print(f"\n{finding.severity.value} {finding.code}  {_clean(f'{finding.object}: {finding.message}')}")
        console.print(f"    remedy   {finding.remedy.value}")
        console.print(f"    hint     {finding.hint}")
    for line in suppressed(report.suppressed):
        console.print(f"\n{line}")
    for unknown in report.unknowns:
        console.print(f"\nunknown {unknown.reason.value}  {_clean(f'{unknown.what}: {unknown.message}')}")


def _keys(keys: Sequence[str], present: bool | None) -> str:
    return ", ".join(keys) if keys else {True: "none", False: "(missing)", None: "(not read)"}[present]


def _listed(users: Sequence[str]) -> str:
    return ", ".join(users) or "-"


def _age(since: str | None) -> str:
    if since is None:
        return "-"
    passed = datetime.now(UTC) - datetime.fromisoformat(since)
    hours = passed.total_seconds() / 3600
    return f"{passed.days}d" if passed.days else f"{hours:.0f}h" if hours >= 1 else f"{hours * 60:.0f}m"


def _clean(text: str) -> str:
    return text.translate(_CONTROL)
