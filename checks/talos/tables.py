"""Read the tables that talosctl prints: a line of headings, and cells below them, aligned with blanks."""

import re

_HEADING = re.compile(r"\S+(?: \S+)*")
"""Words of a heading have one blank between them, columns have at least three."""


def table(text: str, *needed: str) -> list[dict[str, str]]:
    """Return the lines of a table by heading; every needed heading must be there once.

    Raises:
        ValueError: it is not such a table.
    """
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise ValueError("it is empty")
    columns = [(match.group(), match.start()) for match in _HEADING.finditer(lines[0])]
    names = [name for name, _ in columns]
    if lacking := [name for name in needed if name not in names]:
        raise ValueError(f"it is not a table with the column {lacking[0]}")
    if any(names.count(name) > 1 for name in needed):
        raise ValueError("columns have the same heading")
    return [_cells(line, columns) for line in lines[1:]]


def _cells(line: str, columns: list[tuple[str, int]]) -> dict[str, str]:
    starts = [start for _, start in columns]
    if any(line[start - 1 : start].strip() for start in starts if start):
        raise ValueError("its cells are not below their headings")
    ends = [*starts[1:], len(line)]
    return {name: line[start:end].strip() for (name, start), end in zip(columns, ends, strict=True)}
