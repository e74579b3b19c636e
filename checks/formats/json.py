"""Any report as JSON."""

from pathlib import Path
from typing import TextIO

import msgspec


def write(document: object, out: TextIO, _project: Path | None = None) -> None:
    """Write a report as JSON."""
    out.write(render(document))


def render(document: object) -> str:
    """Return a document as JSON, indented, with a final newline."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
