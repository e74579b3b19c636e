"""The log: once for each thing that was done, private, and whole lines only."""

import stat
from pathlib import Path

import msgspec
import pytest

from checks.errors import UncheckedError
from checks.rotation import log

ENTRY = log.Entry(
    at="2026-01-01T00:00:00Z",
    id="1",
    action="rotate",
    outcome="rotated",
    stack="test",
    namespace="a",
    name="b",
    keys=("k",),
    by="me@here",
)


def test_an_entry_is_added_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    revoked = msgspec.structs.replace(ENTRY, action="revoke")
    for entry in (ENTRY, ENTRY, revoked):
        log.append(file, entry)
    assert log.read(file) == [ENTRY, revoked]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_line_that_was_cut_off_is_removed(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    log.append(file, ENTRY)
    with file.open("ab") as opened:
        opened.write(b'{"at":"2026')
    second = msgspec.structs.replace(ENTRY, id="2")
    log.append(file, second)
    assert log.read(file) == [ENTRY, second]


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text("hello\n")
    with pytest.raises(UncheckedError, match=":1 is not an entry of the log"):
        log.read(file)


def test_equal_content_of_two_secrets_has_two_hashes() -> None:
    values = {"k": "very-secret"}
    assert log.content_hash("a", "b", values) == log.content_hash("a", "b", values)
    assert log.content_hash("a", "b", values) != log.content_hash("a", "c", values)
    assert len(log.content_hash("a", "b", values)) == log.HASH_DIGITS
