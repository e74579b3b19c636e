"""Plain tables: columns aligned by spaces, a line a row, nothing cut off, so that they can be searched and piped."""

from collections.abc import Iterable, Iterator, Sequence

from checks.results.result import Suppressed

STEERING = dict.fromkeys(
    [
        *range(0x20),
        *range(0x7F, 0xA0),
        *range(0x200B, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
        0xFEFF,
        0xFFFE,
        0xFFFF,
    ],
    " ",
)
"""Controls of terminals, marks that turn the direction of writing, invisible ones, and what XML does not allow."""


def clean(text: str) -> str:
    """Give a text on one line that steers nothing, whatever a cluster sent: each such character becomes a space."""
    return text.translate(STEERING)


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Give the lines of a table; what is None or empty shows as `-`."""
    cells = [headings, *([clean(str(cell)) if cell not in (None, "") else "-" for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    lines = ("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in cells)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def suppressed(entries: Iterable[Suppressed]) -> Iterator[str]:
    """Say of each finding that the declaration accepts which it is, until when, and why."""
    for entry in entries:
        found = entry.finding
        yield f"suppressed until {entry.until}: {found.code}  {clean(f'{found.object}: {entry.reason}')}"
