"""Times and durations: one grammar for all options."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from checks.errors import UsageError
from checks.times import age, ago, duration, rfc3339

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("0s", 0), ("30s", 30), ("90m", 5400), ("1h", 3600), ("1h30m", 5400), ("2d", 172800), ("1d1h1m1s", 90061)],
)
def test_durations(given: str, seconds: int) -> None:
    assert duration("--since", given) == timedelta(seconds=seconds)


@pytest.mark.parametrize("given", ["", "0", "5", "m", "-5m", "1.5h", "5 m", " 5m", "5w", "30m1h", "9999999s", "soon"])
def test_what_is_not_a_duration_is_refused(given: str) -> None:
    with pytest.raises(UsageError) as caught:
        duration("--since", given)
    assert str(caught.value) == f"--since: {given!r} is not a duration: write for instance 30s, 5m, 1h30m or 2d"


@pytest.mark.parametrize(
    ("seconds", "said", "short"),
    [
        (0, "0 s ago", "0s"),
        (-5, "0 s ago", "0s"),
        (59, "59 s ago", "59s"),
        (60, "1 min ago", "1m"),
        (7199, "1 h ago", "1h"),
        (172800, "2 d ago", "2d"),
    ],
)
def test_how_long_ago(seconds: int, said: str, short: str) -> None:
    then = NOW - timedelta(seconds=seconds)
    assert (ago(then, NOW), age(then, NOW)) == (said, short)


def test_rfc3339_is_in_utc_to_the_second() -> None:
    there = datetime(2026, 1, 1, 2, 30, 15, 987654, tzinfo=timezone(timedelta(hours=2)))
    assert rfc3339(there) == "2026-01-01T00:30:15Z"
