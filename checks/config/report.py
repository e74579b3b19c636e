"""What `cortex config list` shows, as text."""

from typing import TextIO

from checks.config.inventory import ConfigReport
from checks.plain_text import clean
from checks.secrets.report import inventory, keys, since, write_details


def write(report: ConfigReport, out: TextIO) -> None:
    """Write the ConfigMaps as a table, which declaration is deployed, and what is wrong."""
    lines = [
        (each.namespace, each.name, keys(each.keys, each.present), since(each.created), each.used_by, each.as_declared)
        for each in report.config_maps
    ]
    out.write(inventory("AS DECLARED", lines))
    same = "the same" if report.deployed == report.declaration else report.deployed or "none that could be read"
    out.write(f"\nDeclaration here {report.declaration[:12]}, deployed: {clean(same[:60])}\n")
    write_details(report, out)
