"""The report for people: a table of the checks, then every finding with what to do.

It is plain and stable when it does not go to a terminal.
"""

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import TextIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from checks.findings import Finding, Report, Row, Severity, Status, Unknown
from checks.reports.cells import clean
from checks.tally import LEFT_OUT

_STYLES = {Status.OK: "green", Status.FINDINGS: "bold red", Status.UNKNOWN: "bold yellow", Status.LEFT_OUT: "dim"}
_SEVERITIES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow"}


def write(report: Report, out: TextIO) -> None:
    """Write the report; coloured if `out` is a terminal."""
    console = Console(file=out, highlight=False, soft_wrap=True)
    for part in _parts(report):
        console.print(part, soft_wrap=not isinstance(part, Table))


def _parts(report: Report) -> Iterator[RenderableType]:
    yield head("verify", report.stack or "--in-cluster", report.context, report.server)
    yield Text()
    yield _table(report.rows)
    yield from details(report.rows)
    left_out = [(row.title, fact.value) for row in report.rows for fact in row.facts if fact.name == LEFT_OUT]
    if left_out:
        yield Text("\nLeft out", style="bold")
        for title, why in left_out:
            yield Text(f"  {title}: {clean(str(why))}")
    yield Text()
    yield _conclusion(report)


def head(command: str, stack: str, context: str, server: str) -> Text:
    """Give the first line of a command's report."""
    text = Text(f"cortex {command} {stack}", style="bold")
    return text.append(clean(f"  context {context}, {server}"), style="not bold dim")


def details(rows: tuple[Row, ...]) -> Iterator[RenderableType]:
    """Give every finding with what to do, and what could not be checked, each once."""
    findings = [finding for row in rows for finding in row.findings]
    unknowns = list(dict.fromkeys(unknown for row in rows for unknown in row.unknowns))
    if findings:
        yield Text("\nFindings", style="bold")
        ordered = sorted(findings, key=lambda f: (str(f.object), f.code))
        for obj, of_one in groupby(ordered, key=attrgetter("object")):
            yield Text(f"\n{clean(str(obj))}", style="bold")
            for finding in of_one:
                yield _finding(finding)
    if unknowns:
        yield Text("\nCould not be checked", style="bold")
        ordered_unknowns = sorted(unknowns, key=lambda u: (u.reason, u.message))
        for _, same in groupby(ordered_unknowns, key=lambda u: (u.reason, u.message)):
            yield _unknown(list(same))


def _table(rows: tuple[Row, ...]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("CHECK", no_wrap=True)
    for heading in ("PASSED", "FINDINGS", "UNKNOWN", "TIME"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("STATUS", no_wrap=True)
    for row in rows:
        counts = (row.passed, len(row.findings), len(row.unknowns))
        table.add_row(
            row.title,
            *(str(count) if count else "-" for count in counts),
            _time(row.seconds),
            Text(row.status.value, style=_STYLES[row.status]),
        )
    return table


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _finding(finding: Finding) -> Text:
    text = Text("  ").append(finding.severity.value, style=_SEVERITIES[finding.severity])
    text.append(f" {finding.code}", style="cyan").append(f"  {clean(finding.message)}")
    for name, value in (("expected", finding.expected), ("actual", finding.actual), ("hint", finding.hint)):
        shown = "(absent)" if value is None else clean(str(value))
        text.append(f"\n    {name:<8} ", style="dim").append(shown)
    return text


def _unknown(same: list[Unknown]) -> Text:
    first = same[0]
    text = Text("  ").append(first.reason.value, style="bold yellow").append(f"  {clean(first.message)}")
    shown = ", ".join(clean(unknown.what) for unknown in same[:4])
    more = f" and {len(same) - 4} more" if len(same) > 4 else ""
    return text.append("\n    while    ", style="dim").append(shown + more)


def _conclusion(report: Report) -> Text:
    if report.status is Status.OK:
        total = sum(row.passed for row in report.rows)
        sentence = f"As declared: {total} assertions hold, in {_time(report.seconds)}."
    else:
        errors = sum(finding.severity is Severity.ERROR for finding in report.findings)
        parts = [
            _count(errors, "error"),
            _count(len(report.findings) - errors, "warning"),
            f"{len(report.unknowns)} unknown",
        ]
        lead = "Not as declared" if report.findings else "Not known to be as declared"
        codes = "; `cortex explain CODE` tells more" if report.findings else ""
        sentence = f"{lead}: {', '.join(parts)}, in {_time(report.seconds)} (exit {report.exit_code}{codes})."
    return Text(sentence, style=_STYLES[report.status])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
