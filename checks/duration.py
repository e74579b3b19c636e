"""Durations as people write them: 90s, 5m, 1h, 2d."""

import re
from datetime import datetime, timedelta

from checks.errors import UsageError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse(text: str, option: str) -> timedelta:
    """Read a duration that was given for an option.

    Raises:
        UsageError: it is none.
    """
    match = re.fullmatch(r"(\d{1,5})([smhd])", text.strip())
    if match is None:
        raise UsageError(f"{option} {text!r} is no duration: write for instance 90s, 5m, 1h or 2d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def ago(then: datetime, at: datetime) -> str:
    """Say how long ago something was, in its largest unit: `12 min ago`."""
    seconds = max(0, int((at - then).total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"
