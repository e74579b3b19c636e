"""Equal events are joined, none is lost, and a restart knows what is written."""

from checks.event_log.entry import LoggedEvent
from checks.event_log.grouping import MOST_UIDS, REPEAT_SECONDS, SETTLE_SECONDS, Grouping
from checks.results.result import Ref
from tests.checks.event_log.samples import occurred


def due(grouping: Grouping, now: float) -> list[LoggedEvent]:
    return list(grouping.due(now))


def test_a_storm_of_equal_events_is_one_line_with_a_count() -> None:
    grouping = Grouping()
    for version in range(1, 10_001):
        grouping.add(occurred(version), now=0.5)
    assert due(grouping, 0.5) == []
    (line,) = due(grouping, 0.5 + SETTLE_SECONDS)
    assert (line.count, line.resume, line.type, len(line.uids)) == (10_000, 10_000, "ADDED", MOST_UIDS)
    assert due(grouping, 1000) == []


def test_a_lasting_storm_is_a_line_a_minute() -> None:
    grouping, lines = Grouping(), list[LoggedEvent]()
    for second in range(180):
        grouping.add(occurred(second + 1), now=second)
        lines += grouping.due(second)
    assert [line.type for line in lines] == ["ADDED", "MODIFIED", "MODIFIED"]
    lines += grouping.due(179 + REPEAT_SECONDS)
    assert sum(line.count for line in lines) == 180


def test_other_objects_reasons_and_types_are_other_lines() -> None:
    grouping = Grouping()
    for same in (occurred(1), occurred(2)):
        grouping.add(same, now=0)
    for other in (occurred(3, reason="Killing"), occurred(4, type="Normal"), occurred(5, object=Ref("Pod", "b", "x"))):
        grouping.add(other, now=0)
    assert len(due(grouping, SETTLE_SECONDS)) == 4


def test_what_waits_limits_the_version_to_resume_from() -> None:
    grouping = Grouping()
    grouping.add(occurred(1), now=0)
    assert due(grouping, 1)[0].resume == 1
    grouping.add(occurred(5), now=2)  # Waits, because its equals were just written.
    grouping.add(occurred(9, reason="Killing"), now=2)
    grouping.add(occurred(40, reason="Killing", scope="other", object=Ref("Pod", "b", "other")), now=2)
    lines = {(line.scope, line.event_reason): line.resume for line in grouping.due(3)}
    assert lines == {("cortex-mcp", "Killing"): 4, ("other", "Killing"): 40}
    assert due(grouping, REPEAT_SECONDS + 1)[0].resume == 9


def test_the_latest_message_and_the_first_time_are_kept() -> None:
    grouping = Grouping()
    grouping.add(occurred(9, message="late", times=2, total=5, uid="a"), now=0)
    grouping.add(occurred(3, message="early", uid="b"), now=0)
    (line,) = due(grouping, 1)
    assert (line.event_message, line.count, line.uids) == ("late", 3, {"a": 5, "b": 1})


def test_the_end_writes_everything() -> None:
    grouping = Grouping()
    grouping.add(occurred(1), now=0)
    assert [line.count for line in grouping.due(0, everything=True)] == [1]
    assert len(grouping) == 0


def test_a_line_does_not_count_those_after_it_as_written() -> None:
    grouping = Grouping()
    for version, reason in ((5, "a"), (3, "b"), (9, "c"), (8, "elsewhere")):
        scope = "y" if reason == "elsewhere" else "x"
        grouping.add(occurred(version, reason=reason, scope=scope), now=0)
    grouping.add(occurred(7, reason="waits", scope="x"), now=0.5)
    lines = grouping.due(SETTLE_SECONDS)
    assert [(line.event_reason, line.resume) for line in lines] == [("a", 2), ("b", 6), ("c", 6), ("elsewhere", 8)]
