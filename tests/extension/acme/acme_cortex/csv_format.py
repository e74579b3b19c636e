"""The findings as CSV."""

import csv
from pathlib import Path
from typing import TextIO

from checks import Report
from checks.plain_text import clean


def write(report: Report, out: TextIO, project: Path | None) -> None:
    """Write one line for each finding."""
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(["severity", "code", "object", "message"])
    for finding in report.findings:
        lines.writerow([finding.severity, finding.code, clean(str(finding.object)), clean(finding.message)])
