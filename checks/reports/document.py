"""The JSON report and its JSON Schema, both from the same types."""

from pathlib import Path

import msgspec

from checks.findings import SCHEMA, Report


def render(report: Report) -> str:
    """Give the report as JSON, indented, with a final newline."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"


def schema() -> str:
    """Give the JSON Schema (2020-12) of the report, as committed in checks/schema/verify.v1.json."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://{SCHEMA}",
        "title": "The report of `cortex verify --format json`",
        **msgspec.json.schema(Report),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


if __name__ == "__main__":
    (Path(__file__).parents[1] / "schema" / "verify.v1.json").write_text(schema(), encoding="utf-8")
