"""What `cortex config` found, as a table for people."""

from io import StringIO

from rich.console import Console

from checks.config.inventory import ConfigReport
from checks.secrets.report import WIDTH, WORDS, age, clean, keys, listed, rest, table


def config_text(report: ConfigReport) -> str:
    """Give the ConfigMaps as a table, and which declaration is deployed."""
    results = [
        (c.namespace, c.name, keys(c.keys, c.present), age(c.created), listed(c.used_by), WORDS[c.as_declared])
        for c in report.config_maps
    ]
    out = StringIO()
    console = Console(file=out, highlight=False, soft_wrap=True, markup=False, width=WIDTH)
    table(console, ("NAMESPACE", "NAME", "KEYS", "AGE", "USED BY", "AS DECLARED"), results)
    same = "the same" if report.deployed == report.declaration else report.deployed or "none that could be read"
    console.print(f"\nDeclaration here {report.declaration[:12]}, deployed: {clean(same[:60])}")
    rest(console, report)
    return out.getvalue()
