"""The command `cortex mcp`."""

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from checks.cli.check_command import check_command

if TYPE_CHECKING:
    from checks.results.result import Report


def _write_text(report: "Report", out: TextIO, _project: Path | None) -> None:
    from checks.mcp.report import write

    write(report, out)


app = check_command(
    "Ask each MCP server for its tools over the protocol, and compare them with the declaration.",
    "mcp",
    write_text=_write_text,
)
