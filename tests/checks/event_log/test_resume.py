"""An agent that starts again writes no event twice, and loses none."""

from datetime import timedelta
from pathlib import Path

from checks.event_log.entry import Entry
from checks.event_log.grouping import Grouping
from checks.event_log.resume import logged
from checks.event_log.writer import EventLog, Retention
from tests.checks.event_log.samples import BEGIN, note, occurred


def test_nothing_is_known_without_a_log(tmp_path: Path) -> None:
    found = logged(tmp_path / "absent", BEGIN)
    assert found.last is None
    assert found.rest(occurred(1)) == occurred(1)


def test_what_is_logged_is_known_by_version_and_by_count(tmp_path: Path) -> None:
    grouping, log = Grouping(), EventLog(tmp_path, Retention(), lambda: BEGIN)
    grouping.add(occurred(3, uid="a"), now=0)
    log.append(*(Entry(BEGIN, event=each) for each in grouping.due(1)))
    grouping.add(occurred(5, uid="waits"), now=2)
    grouping.add(occurred(9, uid="b", reason="Killing", total=4), now=2)
    log.append(*(Entry(BEGIN, event=each) for each in grouping.due(3)))
    log.close()
    found = logged(tmp_path, BEGIN + timedelta(minutes=1))
    assert found.last == BEGIN
    assert found.rest(occurred(3, uid="a")) is None
    assert found.rest(occurred(5, uid="waits")) == occurred(5, uid="waits")
    assert found.rest(occurred(9, uid="b", total=4, times=4)) is None
    more = found.rest(occurred(12, uid="b", total=6, times=6))
    assert more is not None
    assert more.times == 2
    assert found.rest(occurred(2, uid="other", scope="other")) is not None


def test_damaged_lines_are_counted(tmp_path: Path) -> None:
    log = EventLog(tmp_path, Retention(), lambda: BEGIN)
    log.append(note("one"))
    log.close()
    with (tmp_path / "events-2026-03-01.jsonl").open("ab") as file:
        file.write(b"{torn\n")
    assert logged(tmp_path, BEGIN).damaged == 1


def test_the_end_of_an_old_log_is_known(tmp_path: Path) -> None:
    log = EventLog(tmp_path, Retention(), lambda: BEGIN)
    log.append(note("one"))
    log.close()
    assert logged(tmp_path, BEGIN + timedelta(days=9)).last == BEGIN
