"""The JSON Schemas of all reports, made from their types; `python -m checks.cli.schemas` renews the files."""

from pathlib import Path

import msgspec

from checks.formats.json import render
from checks.results.result import SCHEMA, Report

FOLDER = Path(__file__).parents[1] / "formats" / "schema"


def schema(name: str = SCHEMA) -> str:
    """Return the JSON Schema (2020-12) of a report, as committed in checks/formats/schema."""
    command = name.split("/")[1].replace("-", " ")
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://{name}",
        "title": f"The report of `cortex {command} --format json`",
        **msgspec.json.schema(documents()[name]),
    }
    return render(document)


def documents() -> dict[str, type[msgspec.Struct]]:
    """Return every report's type by its schema."""
    # Imported here: a command renders its own report, and need not load the others'.
    from checks.cli.commands import preset
    from checks.config import difference, live
    from checks.config import inventory as config
    from checks.connection import diagnosis as doctor
    from checks.events import report as events
    from checks.health import report as health
    from checks.kubeconfigs import inspection, listing
    from checks.mcp import call, lock_file, ping, tools
    from checks.metrics import report as cluster
    from checks.rbac import access_review, matrix, risks, who_can
    from checks.repair import actions
    from checks.rotation import description, history
    from checks.secrets import inventory as secrets
    from checks.servers import report as discovery
    from checks.talos import report as talos
    from checks.usage import report as usage
    from checks.watch import rounds

    return {
        SCHEMA: Report,
        cluster.SCHEMA: cluster.ClusterReport,
        discovery.SCHEMA: discovery.Discovered,
        doctor.SCHEMA: doctor.Diagnosis,
        events.SCHEMA: events.Events,
        health.SCHEMA: health.Report,
        listing.SCHEMA: listing.Stock,
        inspection.SCHEMA: inspection.Inspection,
        config.SCHEMA: config.ConfigReport,
        live.SCHEMA: live.Content,
        difference.SCHEMA: difference.DiffReport,
        tools.SCHEMA: tools.ToolsReport,
        call.SCHEMA: call.CallReport,
        ping.SCHEMA: ping.PingReport,
        lock_file.SCHEMA: lock_file.LockReport,
        secrets.SCHEMA: secrets.SecretsReport,
        description.SCHEMA: description.SecretDescription,
        history.SCHEMA: history.HistoryReport,
        matrix.SCHEMA: matrix.Matrix,
        who_can.SCHEMA: who_can.WhoCan,
        risks.SCHEMA: risks.RiskReport,
        access_review.SCHEMA: access_review.Review,
        actions.SCHEMA: actions.Report,
        rounds.SCHEMA: rounds.Round,
        talos.SCHEMA: talos.TalosReport,
        preset.SCHEMA: preset.PresetReport,
        usage.SCHEMA: usage.UsageReport,
    }


def file(name: str) -> Path:
    """Return the committed file of a schema: `cortex.dev/verify/v1` is verify.v1.json."""
    _, command, version = name.split("/")
    return FOLDER / f"{command}.{version}.json"


if __name__ == "__main__":
    for name in documents():
        file(name).write_text(schema(name), encoding="utf-8")
