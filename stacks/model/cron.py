"""Cron schedules in the syntax of Kubernetes: five fields of numbers, names, ranges and steps.

A library does not fit: cronsim accepts what the API server refuses (`7` for Sunday, `L`, `mon#1`, a sixth field), and
refuses what it accepts (31 February).
"""

import re
from typing import NamedTuple

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


class Field(NamedTuple):
    """One field of a schedule: its numbers, and their names from the first number on."""

    title: str
    first: int
    last: int
    names: tuple[str, ...] = ()

    def number(self, text: str) -> int | None:
        """Return the number that a text stands for, or None."""
        if text.lower() in self.names:
            return self.first + self.names.index(text.lower())
        number = int(text) if re.fullmatch("[0-9]{1,4}", text) else None
        return number if number is not None and self.first <= number <= self.last else None


FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of the month", 1, 31),
    Field("month", 1, 12, _MONTHS),
    Field("day of the week", 0, 6, _DAYS),
)


def check(schedule: str) -> str:
    """Check that Kubernetes accepts a schedule, and return it.

    Raises:
        ValueError: it does not have five fields, or one of them is not valid.
    """
    texts = schedule.split(" ")
    if len(texts) != len(FIELDS):
        raise ValueError(f"{schedule!r} is not a cron schedule: write five fields, for instance */15 * * * *")
    for text, field in zip(texts, FIELDS, strict=True):
        if not all(_is_entry(entry, field) for entry in text.split(",")):
            raise ValueError(
                f"{schedule!r} is not a cron schedule: {text!r} is not valid for the {field.title}: "
                f"write *, numbers from {field.first} to {field.last}, ranges as 1-5, steps as */15, or a list of these"
            )
    return schedule


def _is_entry(entry: str, field: Field) -> bool:
    """Check whether an entry of a field's list is `*`, `5` or `1-5`, with or without a step behind `/`."""
    span, slash, step = entry.partition("/")
    if slash and not re.fullmatch("0*[1-9][0-9]{0,3}", step):
        return False
    if span == "*":
        return True
    ends = [field.number(end) for end in span.split("-")]
    numbers = [end for end in ends if end is not None]
    return len(numbers) == len(ends) <= 2 and numbers == sorted(numbers)
