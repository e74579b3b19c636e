"""The report as one HTML page that loads nothing: it has no scripts, fonts or pictures."""

from pathlib import Path
from typing import TextIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from checks.formats import summary
from checks.plain_text import clean
from checks.results.result import Report

TEMPLATE = Path(__file__).with_name("page.html")


def write(report: Report, out: TextIO, _project: Path | None = None) -> None:
    """Write the report as an HTML page."""
    out.write(render(report))


def render(report: Report) -> str:
    """Return the page; all texts from a cluster are escaped and cleaned."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(clean=clean, shown=summary.shown, time=summary.time)
    return environment.get_template(TEMPLATE.name).render(
        report=report,
        title=summary.title(report),
        place=summary.place(report),
        conclusion=summary.conclusion(report),
        findings=sorted(report.findings, key=lambda f: (f.severity, str(f.object), f.code)),
    )
