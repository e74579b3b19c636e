"""Publishes the result of a verification in the cluster, in a ConfigMap within the size limit of Kubernetes."""

from collections.abc import Sized

from msgspec.structs import replace

from checks.formats import prometheus
from checks.formats.json import render
from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.kube.reading import ReadFailure
from checks.kube.resources import CONFIG_MAPS
from checks.results.result import Report, Result, Severity
from stacks.model import names

MOST_BYTES = 900_000
"""The largest report that is published: a ConfigMap has at most 1 MiB, including the metrics and metadata."""

PLACE = f"ConfigMap {names.SYSTEM_NAMESPACE}/{names.VERIFICATION_CONFIG_MAP}"


async def publish(report: Report, connection: Connection) -> str | None:
    """Write the report and its metrics into the ConfigMap; return None, or a sentence that says why that failed."""
    async with connection.client() as client:
        written = await ApiClient(client).apply(
            CONFIG_MAPS,
            names.SYSTEM_NAMESPACE,
            names.VERIFICATION_CONFIG_MAP,
            manager=names.VERIFIER,
            document=config_map(report),
        )
    return (
        f"the result could not be written into {PLACE}: {written.message}" if isinstance(written, ReadFailure) else None
    )


def config_map(report: Report) -> dict[str, object]:
    """Return the ConfigMap: a summary, the report as JSON, and its metrics."""
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
            "report.json": render(fitting(report)),
            "metrics.prom": prometheus.render(report),
        },
    }


def fitting(report: Report, most: int = MOST_BYTES) -> Report:
    """Return the report with as many entries for each check as fit into so many bytes; errors before warnings."""
    each = max((len(part) for result in report.results for part in _lists(result)), default=0)
    shown = report
    while each and len(render(shown).encode()) > most:
        each //= 2
        shown = replace(report, results=tuple(_cut(result, each) for result in report.results))
    return shown


def _cut(result: Result, each: int) -> Result:
    errors_first = sorted(result.findings, key=lambda finding: finding.severity is not Severity.ERROR)
    shown = replace(
        result,
        findings=tuple(errors_first[:each]),
        unknowns=result.unknowns[:each],
        suppressed=result.suppressed[:each],
        facts=result.facts[:each],
    )
    return replace(shown, omitted=result.omitted + _entries(result) - _entries(shown))


def _entries(result: Result) -> int:
    return len(result.findings) + len(result.unknowns) + len(result.suppressed)


def _lists(result: Result) -> tuple[Sized, ...]:
    return result.findings, result.unknowns, result.suppressed, result.facts
