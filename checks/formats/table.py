"""Plain tables: columns aligned by spaces, nothing cut off, so that grep and awk can read them."""

from collections.abc import Iterable, Sequence

from checks.plain_text import clean


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return the lines of a table; what is None or empty shows as `-`."""
    cells = [headings, *([clean(str(cell)) if cell not in (None, "") else "-" for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    lines = ("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in cells)
    return "".join(f"{line.rstrip()}\n" for line in lines)
