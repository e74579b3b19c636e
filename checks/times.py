"""Times and durations as people and reports write them."""

import re
from datetime import UTC, datetime, timedelta

from checks.errors import UsageError

_DURATION = re.compile(r"(?=.)(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,5})s)?")
_UNITS = (("d", 86400), ("h", 3600), ("m", 60))


def duration(option: str, text: str) -> timedelta:
    """Return the duration that was given for an option, such as 30s, 5m, 1h30m or 2d.

    Raises:
        UsageError: the text is not a duration.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise UsageError(f"{option}: {text!r} is not a duration: write for instance 30s, 5m, 1h30m or 2d")
    days, hours, minutes, seconds = (int(number or 0) for number in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def age(since: datetime, at: datetime) -> str:
    """Return how long ago something was, in its largest unit: `12m`."""
    number, unit = _largest(at - since)
    return f"{number}{unit}"


def ago(since: datetime, at: datetime) -> str:
    """Return how long ago something was, in its largest unit: `12 min ago`."""
    number, unit = _largest(at - since)
    return f"{number} {'min' if unit == 'm' else unit} ago"


def _largest(duration: timedelta) -> tuple[int, str]:
    seconds = max(0, int(duration.total_seconds()))
    return next(((seconds // length, unit) for unit, length in _UNITS if seconds >= length), (seconds, "s"))


def rfc3339(at: datetime) -> str:
    """Return a time in RFC 3339, in UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
