"""Cron schedules as Kubernetes accepts them: five fields of numbers, names, ranges and steps."""

import re
from datetime import UTC, datetime
from typing import NamedTuple

from cronsim import CronSim, CronSimError

_NOT_IN_KUBERNETES = re.compile("#|(?<!JU)L", re.IGNORECASE)
"""Last days (`L`) and numbered weekdays (`MON#1`), which cronsim knows, too. An L is also in JUL."""
_NOT_STEPS = re.compile(r"(?<!/)\b[0-9]+")
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


class Field(NamedTuple):
    """One field of a schedule, and its numbers."""

    title: str
    first: int
    last: int


FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of the month", 1, 31),
    Field("month", 1, 12),
    Field("day of the week", 0, 6),
)


def check(schedule: str) -> str:
    """Check that Kubernetes accepts a schedule, and return it.

    Raises:
        ValueError: it does not have five fields, or one of them is not valid.
    """
    texts = schedule.split()
    if len(texts) != len(FIELDS):
        raise ValueError(f"{schedule!r} is not a cron schedule: write five fields, for instance */15 * * * *")
    for place, (text, field) in enumerate(zip(texts, FIELDS, strict=True)):
        if not _is_valid(text, place):
            raise ValueError(
                f"{schedule!r} is not a cron schedule: {text!r} is not valid for the {field.title}: "
                f"write *, numbers from {field.first} to {field.last}, ranges as 1-5, steps as */15, or a list of these"
            )
    return schedule


def _is_valid(text: str, place: int) -> bool:
    # Each field alone, because cronsim refuses 31 February, which Kubernetes accepts.
    alone = ["*"] * len(FIELDS)
    alone[place] = text
    try:
        CronSim(" ".join(alone), _ANY_TIME)
    except CronSimError:
        return False
    # cronsim also takes 7 as Sunday, and the letters that are ASCII only in upper case.
    largest = max(map(int, _NOT_STEPS.findall(text)), default=0)
    return largest <= FIELDS[place].last and text.isascii() and not _NOT_IN_KUBERNETES.search(text)
