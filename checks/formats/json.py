"""Any report as JSON."""

import msgspec


def render(document: object) -> str:
    """Return a document as JSON, indented, with a final newline."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
