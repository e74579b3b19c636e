"""The log has one writer, whole lines, a file a day, and it survives crashes, full disks and odd clocks."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from checks.errors import UncheckedError, UsageError
from checks.event_log import files, writer
from checks.event_log.entry import Entry
from checks.event_log.writer import EventLog, Retention, is_written
from tests.checks.event_log.samples import BEGIN, note

DAY = timedelta(days=1)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(tmp_path: Path, clock: Clock) -> Iterator[EventLog]:
    log = EventLog(tmp_path / "log", Retention(days=3, size=10_000), clock)
    yield log
    log.close()


def notes(folder: Path) -> list[str | None]:
    return [entry.note if entry else None for _, path in files.days(folder) for entry in files.entries(path)]


def test_a_file_a_day(log: EventLog, clock: Clock, tmp_path: Path) -> None:
    log.append(note("one"))
    clock.now += DAY
    log.append(note("two"), note("three"))
    assert sorted(path.name for path in (tmp_path / "log").iterdir()) == [
        writer.LOCK,
        "events-2026-03-01.jsonl",
        "events-2026-03-02.jsonl",
    ]
    assert notes(tmp_path / "log") == ["one", "two", "three"]
    assert log.stats.written == 3


def test_only_its_owner_may_read_it(log: EventLog, tmp_path: Path) -> None:
    log.append(note("one"))
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "log").iterdir()} == {0o600}


def test_there_is_one_writer(log: EventLog, tmp_path: Path) -> None:
    assert is_written(tmp_path / "log")
    with pytest.raises(UncheckedError, match=r"another agent writes the event log in .*: stop it, or choose another"):
        EventLog(tmp_path / "log", Retention())
    log.close()
    assert not is_written(tmp_path / "log")
    log = EventLog(tmp_path / "log", Retention())


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"the event log cannot be kept in .*: Not a directory: choose another folder"):
        EventLog(tmp_path / "file" / "log", Retention())


def test_a_torn_line_is_skipped_and_counted(log: EventLog, clock: Clock, tmp_path: Path) -> None:
    log.append(note("one"))
    log.close()
    with (tmp_path / "log" / "events-2026-03-01.jsonl").open("ab") as file:
        file.write(b'{"timestamp":"2026-03-')
    again = EventLog(tmp_path / "log", Retention(), clock)
    again.append(note("two"))
    assert again.stats.torn == 1
    assert notes(tmp_path / "log") == ["one", None, "two"]


def test_what_a_full_disk_refused_is_written_later(log: EventLog, clock: Clock, tmp_path: Path) -> None:
    file = tmp_path / "log" / "events-2026-03-01.jsonl"
    file.symlink_to("/dev/full")
    log.append(note("one"))
    assert log.stats.problem.endswith("cannot be written: No space left on device")
    log.append(note("two"))
    file.unlink()
    log.append()
    assert notes(tmp_path / "log") == ["one", "two"]
    assert (log.stats.problem, log.stats.written, log.stats.dropped) == ("", 2, 0)


def test_what_waits_too_long_is_dropped_and_leaves_a_gap(log: EventLog, tmp_path: Path) -> None:
    file = tmp_path / "log" / "events-2026-03-01.jsonl"
    file.symlink_to("/dev/full")
    log.append(note("0"))
    log.append(*(note(str(number), BEGIN + timedelta(seconds=number)) for number in range(1, writer.MOST_WAITING + 2)))
    log.append(note("last"))
    file.unlink()
    log.append()
    first, *rest = [entry for entry in files.entries(file) if entry]
    assert first.gap is not None
    assert (first.gap.since, first.gap.until) == (BEGIN, BEGIN + timedelta(seconds=2))
    assert "No space left" in first.gap.reason
    assert (len(rest), rest[0].note, rest[-1].note) == (writer.MOST_WAITING, "3", "last")
    assert log.stats.dropped == 3


def test_any_number_of_entries_is_written_at_once(log: EventLog, tmp_path: Path) -> None:
    log.append(*(note(str(number)) for number in range(writer.MOST_WAITING + 1)))
    (name,) = (path for _, path in files.days(tmp_path / "log"))
    assert len(list(files.entries(name))) == writer.MOST_WAITING + 1
    assert (log.stats.written, log.stats.dropped) == (writer.MOST_WAITING + 1, 0)


def test_a_clock_that_is_set_back_is_told(log: EventLog, clock: Clock, tmp_path: Path) -> None:
    log.append(note("one"))
    clock.now -= timedelta(hours=13)
    log.append(note("two"))
    assert notes(tmp_path / "log") == ["the clock was set back by 46800 s", "two", "one"]
    assert log.stats.clock_set_back == 1


def test_old_and_large_files_are_removed(log: EventLog, clock: Clock, tmp_path: Path) -> None:
    for text in ("a", "b", "c" * 9000, "d", "e"):
        log.append(note(text))
        clock.now += DAY
    assert [day.day for day, _ in files.days(tmp_path / "log")] == [2, 3, 4, 5]
    clock.now += DAY
    log.append(note("f" * 9000))
    clock.now += DAY
    log.append(note("g" * 9000))
    clock.now += DAY
    log.append(note("h"))
    assert [day.day for day, _ in files.days(tmp_path / "log")] == [8, 9]


def test_other_files_are_left_alone(log: EventLog, tmp_path: Path) -> None:
    other = tmp_path / "log" / "events-1999-01-01.jsonl.bak"
    other.touch()
    log.append(note("one"))
    assert other.exists()


def test_entries_since_a_time_are_read(log: EventLog, clock: Clock, tmp_path: Path) -> None:
    for hour in range(30):
        log.append(Entry(clock.now, note=str(hour)))
        clock.now += timedelta(hours=1)
    found = files.since(tmp_path / "log", BEGIN + timedelta(hours=26, minutes=30))
    assert [entry.note for entry in found if entry] == ["27", "28", "29"]
