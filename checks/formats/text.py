"""The report for people: a table of the checks, then every finding with its remedy.

Without a terminal it has no colours, and its layout does not depend on a width.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TextIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from checks.formats import summary
from checks.plain_text import clean, enumerated
from checks.results.result import Finding, Report, Result, Severity, Status, Suppressed, Unknown

STYLES = {Status.PASS: "green", Status.FAIL: "bold red", Status.UNKNOWN: "bold yellow", Status.SKIPPED: "dim"}
SEVERITIES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow"}


def write(report: Report, out: TextIO, _project: Path | None = None) -> None:
    """Write the report; coloured if `out` is a terminal."""
    write_parts(_parts(report), out)


def write_parts(parts: Iterable[RenderableType], out: TextIO) -> None:
    """Write texts and tables; coloured if `out` is a terminal."""
    console = Console(file=out, highlight=False, soft_wrap=True)
    for part in parts:
        console.print(part, soft_wrap=not isinstance(part, Table))


def _parts(report: Report) -> Iterator[RenderableType]:
    yield head("verify", report.stack or "--in-cluster", report.context, report.server)
    if selection := str(report.selection):
        yield Text(clean(selection), style="bold yellow")
    yield Text()
    yield _table(report.results)
    yield from details(report.findings, report.suppressed, report.unknowns)
    if report.skipped:
        yield Text("\nSkipped", style="bold")
        for title, why in report.skipped:
            yield Text(f"  {title}: {clean(why)}")
    if report.pending_deletion:
        yield Text("\nNot checked, because this deployment will delete it", style="bold")
        for name in report.pending_deletion:
            yield Text(f"  {clean(name)}")
    if report.gap:
        yield Text(f"\n{report.gap}", style="bold")
    yield Text()
    yield Text(summary.conclusion(report), style=STYLES[report.status])


def head(command: str, stack: str, context: str, server: str) -> Text:
    """Return the first line of a command's report."""
    text = Text(f"cortex {command} {stack}", style="bold")
    return text.append(clean(f"  context {context}, {server}"), style="not bold dim")


def details(
    findings: Sequence[Finding], suppressed: Sequence[Suppressed], unknowns: Sequence[Unknown]
) -> Iterator[Text]:
    """Yield every finding with its remedy, the suppressed ones, and what could not be checked."""
    yield from _findings(findings)
    yield from _suppressed(suppressed)
    if unknowns:
        yield Text("\nCould not be checked", style="bold")
        yield from grouped(unknowns)


def details_of(result: Result) -> Iterator[Text]:
    """Yield the details of one check."""
    return details(result.findings, result.suppressed, result.unknowns)


def conclusion(result: Result) -> Text:
    """Return the last line of a report that has the result of one check."""
    return Text("\n" + summary.of_check(result), style=STYLES[result.status])


def _table(results: tuple[Result, ...]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("CHECK", no_wrap=True)
    for heading in ("PASSED", "FINDINGS", "UNKNOWN", "TIME"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("STATUS", no_wrap=True)
    for result in results:
        counts = (result.passed, len(result.findings), len(result.unknowns))
        table.add_row(
            result.title,
            *(str(count) if count else "-" for count in counts),
            summary.time(result.seconds),
            Text(result.status.value, style=STYLES[result.status]),
        )
    return table


def _findings(findings: Sequence[Finding]) -> Iterator[Text]:
    if findings:
        yield Text("\nFindings", style="bold")
    ordered = sorted(findings, key=lambda f: (str(f.object), f.code))
    for obj, those in groupby(ordered, key=attrgetter("object")):
        yield Text(f"\n{clean(str(obj))}", style="bold")
        for finding in those:
            yield _finding(finding)


def _finding(finding: Finding) -> Text:
    text = Text("  ").append(finding.severity.value, style=SEVERITIES[finding.severity])
    text.append(f" {finding.code}", style="cyan").append(f"  {clean(finding.message)}")
    facts = {"expected": finding.expected, "actual": finding.actual, "remedy": finding.remedy, "hint": finding.hint}
    for name, value in facts.items():
        text.append(f"\n    {name:<8} ", style="dim").append(summary.shown(value))
    return text


def _suppressed(entries: Sequence[Suppressed]) -> Iterator[Text]:
    if entries:
        yield Text("\nSuppressed", style="bold")
    for entry in entries:
        finding = entry.finding
        text = Text(f"  {finding.severity.value} ").append(finding.code, style="cyan")
        text.append(f"  {clean(str(finding.object))}: {clean(finding.message)}")
        yield text.append(f"\n    until {entry.until}: ", style="dim").append(clean(entry.reason))


def grouped(entries: Sequence[Unknown]) -> Iterator[Text]:
    """Yield what could not be checked; entries with the same reason and message are one text."""
    ordered = sorted(entries, key=lambda u: (u.reason, u.message))
    for _, same in groupby(ordered, key=lambda u: (u.reason, u.message)):
        yield _unknown(list(same))


def _unknown(same: list[Unknown]) -> Text:
    first = same[0]
    text = Text("  ").append(first.reason.value, style="bold yellow").append(f"  {clean(first.message)}")
    return text.append("\n    while    ", style="dim").append(clean(enumerated((each.what for each in same), 4)))
