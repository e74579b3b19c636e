"""Files of lines that only grow: what an interrupted writer left of a line is cut off."""

from pathlib import Path

from checks.append_only import append, lines


def test_lines_are_kept_in_a_file_of_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "log"
    assert lines(file) == []
    append(file, b"one")
    append(file, b"two")
    assert (lines(file), file.stat().st_mode & 0o777) == ([b"one", b"two"], 0o600)


def test_a_line_that_was_not_written_as_a_whole_is_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_bytes(b"one\ntw")
    assert (lines(file), file.read_bytes()) == ([b"one"], b"one\n")
    append(file, b"two")
    assert lines(file) == [b"one", b"two"]
