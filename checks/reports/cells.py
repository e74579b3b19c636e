"""Plain tables: columns aligned by spaces, a line a row, nothing cut off, so that they can be searched and piped."""

from collections.abc import Iterable, Sequence

CONTROL = dict.fromkeys([*range(32), *range(127, 160)], " ")
"""Whatever a cluster sends must not steer the terminal."""


def clean(text: str) -> str:
    """Give a text without control characters."""
    return text.translate(CONTROL)


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Give the lines of a table; what is None or empty shows as `-`."""
    cells = [headings, *([clean(str(cell)) if cell not in (None, "") else "-" for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    lines = ("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in cells)
    return "".join(f"{line.rstrip()}\n" for line in lines)
