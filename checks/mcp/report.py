"""What `cortex mcp list` shows, as text: the outcome for each MCP server, then the report of the check `mcp`."""

from typing import TextIO

from checks.formats import text
from checks.formats.table import table
from checks.results.result import Report, Value

HEADINGS = ("SERVER", "OUTCOME", "PROTOCOL", "TOOLS", "LATENCY MS")


def write(report: Report, out: TextIO) -> None:
    """Write the report; coloured if `out` is a terminal."""
    servers: dict[str, dict[str, Value]] = {}
    for result in report.results:
        for fact in result.facts:
            servers.setdefault(fact.subject, {})[fact.name] = fact.value
    lines = [
        (kind, *(facts.get(name) for name in ("outcome", "protocol", "tools", "latency_ms")))
        for kind, facts in servers.items()
    ]
    if lines:
        out.write(table(HEADINGS, lines) + "\n")
    text.write(report, out)
