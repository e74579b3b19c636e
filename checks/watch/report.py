"""A round of a watch: for people a line and what changed, for machines a line of JSON."""

from typing import TextIO

import msgspec
from rich.text import Text

from checks.formats import summary, text
from checks.formats.cells import clean
from checks.results.result import Finding
from checks.watch.rounds import Round


def line(told: Round) -> str:
    """Give the round as one line of JSON."""
    return msgspec.json.encode(told).decode() + "\n"


def write(told: Round, out: TextIO) -> None:
    """Write the round for people; coloured if `out` is a terminal."""
    to = text.console(out)
    status = Text(f"{told.status.value:<8}", style=text.STYLES[told.status])
    to.print(Text(f"{told.time[11:]}  ").append(status).append(f"  {clean(told.summary)}"))
    for sign, findings in (("+", told.appeared), ("~", told.changed), ("-", told.resolved)):
        for finding in findings:
            to.print(_finding(sign, finding))
    for sign, unknowns in (("+", told.unseen), ("-", told.seen)):
        for entry in text.unknowns(unknowns):
            to.print(Text(f"  {sign} unknown").append(entry))


def _finding(sign: str, finding: Finding) -> Text:
    line = Text(f"  {sign} ").append(finding.severity.value, style=text.SEVERITIES[finding.severity])
    line.append(f" {finding.code}", style="cyan").append(f"  {clean(str(finding.object))}: {clean(finding.message)}")
    if sign == "-":
        return line.append("  resolved", style="green")
    expected, actual = summary.shown(finding.expected), summary.shown(finding.actual)
    return line.append(f" (expected {expected}, actual {actual})", style="dim")
