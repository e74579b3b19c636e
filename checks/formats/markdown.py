"""The report in GitHub's and GitLab's Markdown, for comments on pull requests.

Texts from a cluster are written as code, where markup and mentions have no effect.
"""

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TextIO

from checks.formats import summary
from checks.plain_text import clean
from checks.results.result import Finding, Report, Result, Severity, Status

MOST_CHARACTERS = 60_000
"""GitHub refuses comments of more than 65,536 characters."""

_STATUS = {
    Status.PASS: "✅ pass",
    Status.FAIL: "❌ fail",
    Status.UNKNOWN: "❓ unknown",
    Status.SKIPPED: "⏭️ skipped",
}
_SEVERITY = {Severity.ERROR: "❌", Severity.WARNING: "⚠️"}


def write(report: Report, out: TextIO, _project: Path | None = None) -> None:
    """Write the report as Markdown."""
    out.write(render(report))


def render(report: Report) -> str:
    """Return the Markdown; entries that would make it too long for a comment are only counted."""
    text, left = "\n".join(_head(report)) + "\n", 0
    for entry in _entries(report):
        if left or len(text) + len(entry) > MOST_CHARACTERS:
            left += 1
        else:
            text += f"\n{entry}"
    return text + (f"\n{left} more entries do not fit into a comment.\n" if left else "")


def _head(report: Report) -> Iterator[str]:
    yield f"### {_STATUS[report.status].split()[0]} {code(summary.title(report))}"
    yield ""
    yield f"**{summary.conclusion(report)}** {code(summary.place(report))}"
    if selection := str(report.selection):
        yield f"\n> [!NOTE]\n> {selection}"
    if report.gap:
        yield f"\n> [!WARNING]\n> {report.gap}"
    yield "\n| check | passed | findings | suppressed | unknown | time | status |"
    yield "|---|--:|--:|--:|--:|--:|---|"
    yield from map(_row, report.results)


def _row(result: Result) -> str:
    counts = (result.passed, len(result.findings), len(result.suppressed), len(result.unknowns))
    cells = [result.title, *(str(count) if count else "-" for count in counts), summary.time(result.seconds)]
    return f"| {' | '.join(cells)} | {_STATUS[result.status]} |"


def _entries(report: Report) -> Iterator[str]:
    for finding in sorted(report.findings, key=lambda f: (f.severity, str(f.object), f.code)):
        sign = _SEVERITY[finding.severity]
        yield _details(f"{sign} {finding.severity}", finding, f"What to do ({finding.remedy}): {finding.hint}.")
    for unknown in report.unknowns:
        heading = f"❓ {unknown.reason} {html(unknown.what)}"
        yield _folded(heading, f"{block(unknown.message)}\n")
    for title, why in report.skipped:
        yield f"⏭️ skipped: {title}: {code(why)}\n"
    for entry in report.suppressed:
        note = f"Suppressed until {entry.until}: {code(entry.reason)}"
        yield _details("suppressed", entry.finding, note)


def _details(lead: str, finding: Finding, note: str) -> str:
    expected, actual = summary.shown(finding.expected), summary.shown(finding.actual)
    facts = block(finding.message, f"expected  {expected}", f"actual    {actual}")
    return _folded(f"{lead} {html(finding.code)} {html(str(finding.object))}", f"{facts}\n\n{note}\n")


def _folded(heading: str, content: str) -> str:
    return f"<details><summary>{heading}</summary>\n\n{content}\n</details>\n"


def html(text: str) -> str:
    """Return a text as code inside an HTML element, where Markdown has no effect."""
    return f"<code>{escape(clean(text))}</code>"


def code(text: str) -> str:
    """Return a text as a code span; its fence is longer than any run of backticks in it."""
    fence = _fence(text, 1)
    space = " " if text.startswith("`") or text.endswith("`") or not text.strip() else ""
    return f"{fence}{space}{clean(text)}{space}{fence}"


def block(*lines: str) -> str:
    """Return texts as a code block, one line each."""
    fence = _fence("\n".join(lines), 3)
    return "\n".join([f"{fence}text", *map(clean, lines), fence])


def _fence(text: str, least: int) -> str:
    return "`" * max([least, *(len(run) + 1 for run in re.findall("`+", text))])
