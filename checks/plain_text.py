"""Texts that a cluster sent, made fit for a terminal and for one line."""

from collections.abc import Iterable

CONTROLS = dict.fromkeys(
    [
        *range(0x20),
        *range(0x7F, 0xA0),
        0x061C,
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
"""Control characters, marks that change the direction of writing, invisible characters, and what XML does not allow."""


LONGEST = 200
"""Characters of a text that is quoted in a finding or a message."""


def clean(text: str) -> str:
    """Return a text with a space for each character that could control a terminal or start a new line."""
    return text.translate(CONTROLS)


def shortened(text: str, length: int = LONGEST) -> str:
    """Return a text of at most so many characters; it ends in an ellipsis if something was cut off."""
    return text if len(text) <= length else text[: length - 1] + "…"


def brief(text: str) -> str:
    """Return a text on one line, shortened."""
    return shortened(" ".join(text.split()))


def enumerated(names: Iterable[str], most: int) -> str:
    """Return names on one line; from more than `most`, the rest is only counted."""
    every = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more
