"""The JSON reports and their JSON Schemas, both from the same types."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from checks import findings, rounds
from checks.findings import Report
from checks.rounds import Round

FOLDER = Path(__file__).parents[1] / "schema"

DOCUMENTS: Mapping[str, tuple[str, str, type[msgspec.Struct]]] = {
    "verify.v1": (findings.SCHEMA, "The report of `cortex verify --format json`", Report),
    "watch.v1": (rounds.SCHEMA, "A line of `cortex watch --format json`", Round),
}
"""File of checks/schema → the schema's name, its title, the type that it is made from."""


def render(report: Report) -> str:
    """Give the report as JSON, indented, with a final newline."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"


def schema(file: str = "verify.v1") -> str:
    """Give a JSON Schema (2020-12), as committed in checks/schema."""
    name, title, kind = DOCUMENTS[file]
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://{name}",
        "title": title,
        **msgspec.json.schema(kind),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


if __name__ == "__main__":
    for file in DOCUMENTS:
        (FOLDER / f"{file}.json").write_text(schema(file), encoding="utf-8")
