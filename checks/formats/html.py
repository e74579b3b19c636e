"""The report as one HTML page that needs nothing else: no script, no font, no picture from elsewhere."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from checks.formats import summary
from checks.formats.cells import clean
from checks.results.result import Report

TEMPLATE = Path(__file__).with_name("page.html")


def render(report: Report) -> str:
    """Give the page. Everything that a cluster sent is escaped and made harmless."""
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
