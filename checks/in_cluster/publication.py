"""Leaves the result of a verification in the cluster, as a ConfigMap that is no larger than one may be."""

from collections.abc import Sized

from msgspec.structs import replace

from checks.formats import document
from checks.formats import prometheus as metrics
from checks.kube.client import Api, Unread
from checks.kube.connection import Access
from checks.results.result import Report, Row, Severity
from checks.verification.snapshot import CONFIG_MAPS
from stacks.model import names

MOST_BYTES = 900_000
"""Largest report that is published: a ConfigMap may hold 1 MiB, and metrics and metadata need their part."""

PLACE = f"ConfigMap {names.SYSTEM_NAMESPACE}/{names.VERIFICATION_CONFIG_MAP}"


async def publish(report: Report, access: Access) -> str | None:
    """Write the report and its metrics into the ConfigMap. Give None, or in a sentence why it shows an older result."""
    async with access.client() as client:
        written = await Api(client).apply(
            CONFIG_MAPS,
            names.SYSTEM_NAMESPACE,
            names.VERIFICATION_CONFIG_MAP,
            manager=names.VERIFIER,
            document=config_map(report),
        )
    return f"the result could not be written into {PLACE}: {written.message}" if isinstance(written, Unread) else None


def config_map(report: Report) -> dict[str, object]:
    """Give the ConfigMap: the result in short, the report as JSON, and its metrics."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": names.VERIFICATION_CONFIG_MAP,
            "namespace": names.SYSTEM_NAMESPACE,
            "labels": names.verifier_labels(),
            "annotations": {names.DECLARATION_HASH: report.declaration},
        },
        "data": {
            "status": report.status.value,
            "exit-code": str(report.exit_code),
            "time": report.started,
            "declaration": report.declaration,
            "report.json": document.render(fitting(report)),
            "metrics.prom": metrics.render(report),
        },
    }


def fitting(report: Report, most: int = MOST_BYTES) -> Report:
    """Give the report with as many entries a row as fit into so many bytes; errors stay before warnings."""
    each = max((len(part) for row in report.rows for part in _lists(row)), default=0)
    shown = report
    while each and len(document.render(shown).encode()) > most:
        each //= 2
        shown = replace(report, rows=tuple(_cut(row, each) for row in report.rows))
    return shown


def _cut(row: Row, each: int) -> Row:
    errors_first = sorted(row.findings, key=lambda finding: finding.severity is not Severity.ERROR)
    shown = replace(
        row,
        findings=tuple(errors_first[:each]),
        unknowns=row.unknowns[:each],
        suppressed=row.suppressed[:each],
        facts=row.facts[:each],
    )
    return replace(shown, omitted=row.omitted + _entries(row) - _entries(shown))


def _entries(row: Row) -> int:
    return len(row.findings) + len(row.unknowns) + len(row.suppressed)


def _lists(row: Row) -> tuple[Sized, ...]:
    return row.findings, row.unknowns, row.suppressed, row.facts
