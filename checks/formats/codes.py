"""The report as its codes, one a line."""

from pathlib import Path
from typing import TextIO

from checks.results.result import Report


def write(report: Report, out: TextIO, _project: Path | None) -> None:
    """Write the code of each finding."""
    out.write(f"# {report.selection}\n")
    out.writelines(f"{finding.code}\n" for finding in report.findings)
