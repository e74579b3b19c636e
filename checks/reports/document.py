"""The commands' JSON and its JSON Schemas, both from the same types."""

from pathlib import Path

import msgspec

from checks.findings import Report
from checks.reports.cluster import ClusterReport
from checks.reports.usage import UsageReport

DOCUMENTS: dict[str, type[msgspec.Struct]] = {"verify": Report, "metrics": ClusterReport, "usage": UsageReport}
"""Command → what it writes with `--format json`. Its field `schema` says `cortex.dev/<command>/v1`."""


def render(document: msgspec.Struct) -> str:
    """Give a document as JSON, indented, with a final newline."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def schema(command: str = "verify") -> str:
    """Give the JSON Schema (2020-12) of a command's document, as committed in checks/schema/<command>.v1.json."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://cortex.dev/{command}/v1",
        "title": f"The report of `cortex {command} --format json`",
        **msgspec.json.schema(DOCUMENTS[command]),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


if __name__ == "__main__":
    for name in DOCUMENTS:
        (Path(__file__).parents[1] / "schema" / f"{name}.v1.json").write_text(schema(name), encoding="utf-8")
