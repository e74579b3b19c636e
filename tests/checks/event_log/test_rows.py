"""What `cortex events` shows of a log: rows joined by object and reason, and lines while it is followed."""

from datetime import timedelta

from checks.event_log.entry import Entry, LoggedChange, LoggedGap, LoggedReaction, logged
from checks.event_log.rows import gaps, joined, lines
from tests.checks.event_log.samples import BEGIN, POD, note, occurred

HOUR = timedelta(hours=1)


def event(version: int, count: int) -> Entry:
    return Entry(BEGIN, event=logged(occurred(version), new=False, uids={}, count=count, resume=version))


CHANGE = Entry(BEGIN, change=LoggedChange(POD, "pod", "Running, ready", "deleted"))
REACTION = Entry(BEGIN, reaction=LoggedReaction("BackOff", POD, "the container exits with code 3", ["boom\x1b[31m"]))
GAP = Entry(BEGIN, gap=LoggedGap(BEGIN, BEGIN + HOUR, "nobody followed"))


def test_equal_events_are_one_row_with_the_sum_of_their_counts() -> None:
    (row,) = joined([event(5, count=3), event(9, count=4)])
    assert (row.count, row.first, row.last) == (7, BEGIN, BEGIN + timedelta(seconds=9))


def test_changes_and_reactions_are_rows() -> None:
    rows = joined([CHANGE, REACTION, GAP, note("x")])
    assert [(row.type, row.reason, row.message) for row in rows] == [
        ("Reaction", "BackOff", "the container exits with code 3"),
        ("Change", "pod", "Running, ready → deleted"),
    ]


def test_gaps_are_told_apart() -> None:
    (gap,) = gaps([CHANGE, GAP])
    assert (gap.since, gap.until, gap.reason) == (BEGIN, BEGIN + HOUR, "nobody followed")


def test_followed_entries_are_lines_without_control_characters() -> None:
    at = "2026-03-01T12:00:00Z"
    assert [text for entry in (event(5, 3), CHANGE, REACTION, GAP, note("x")) for text in lines(entry)] == [
        f"{at}  Warning   Pod cortex-mcp/time-1  BackOff (3 times): restarting",
        f"{at}  Change    Pod cortex-mcp/time-1  pod: Running, ready → deleted",
        f"{at}  Reaction  Pod cortex-mcp/time-1  BackOff: the container exits with code 3",
        f"{'':20}            boom [31m",
        f"{at}  Gap       between {at} and 2026-03-01T13:00:00Z events can be missing: nobody followed",
        f"{at}  Note      x",
    ]
