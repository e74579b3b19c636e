"""One round of a watch: as text a line and the changes, as JSON one line."""

from collections.abc import Iterator
from typing import TextIO

import msgspec
from rich.text import Text

from checks.formats import summary, text
from checks.plain_text import clean
from checks.results.result import Finding
from checks.watch.rounds import Round


def line(current: Round) -> str:
    """Return the round as one line of JSON."""
    return msgspec.json.encode(current).decode() + "\n"


def write(current: Round, out: TextIO) -> None:
    """Write the round as text; coloured if `out` is a terminal."""
    text.write_parts(_parts(current), out)


def _parts(current: Round) -> Iterator[Text]:
    status = Text(f"{current.status.value:<7}", style=text.STYLES[current.status])
    yield Text(f"{current.time[11:]}  ").append(status).append(f"  {clean(current.summary)}")
    for sign, findings in (("+", current.appeared), ("~", current.changed), ("-", current.resolved)):
        for finding in findings:
            yield _finding(sign, finding)
    for sign, unknowns in (("+", current.unseen), ("-", current.seen)):
        for entry in text.grouped(unknowns):
            yield Text(f"  {sign} unknown").append(entry)


def _finding(sign: str, finding: Finding) -> Text:
    line = Text(f"  {sign} ").append(finding.severity.value, style=text.SEVERITIES[finding.severity])
    line.append(f" {finding.code}", style="cyan").append(f"  {clean(str(finding.object))}: {clean(finding.message)}")
    if sign == "-":
        return line.append("  resolved", style="green")
    expected, actual = summary.shown(finding.expected), summary.shown(finding.actual)
    return line.append(f" (expected {expected}, actual {actual})", style="dim")
