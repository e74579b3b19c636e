"""The journal survives a run that dies while it writes."""

from pathlib import Path

import pytest

from checks.bootstrap.journal import DONE, VM_DELETED, VM_INTENDED, VM_MADE, Journal
from checks.errors import UncheckedError


def test_a_line_that_was_not_written_as_a_whole_is_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    Journal(file).write(DONE, "machines")
    with file.open("a") as opened:
        opened.write('{"at": "2026-01-01", "ev')
    journal = Journal(file)
    journal.write(DONE, "apply")
    again = Journal(file)
    assert [entry.step for entry in again.entries] == ["machines", "apply"]
    assert again.is_done("apply")
    assert not again.is_done("etcd")


def test_it_knows_the_machines_that_exist_perhaps(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    for number in (1, 2, 3):
        journal.write(VM_INTENDED, "machines", name=f"cp-{number}", id=100 + number, mark=f"m{number}")
    journal.write(VM_MADE, "machines", name="cp-1", id=101, mark="m1")
    journal.write(VM_DELETED, "destroy", name="cp-2", id=102, mark="m2")
    assert [vm.name for vm in journal.vms()] == ["cp-1", "cp-3"]
    assert [vm.name for vm in journal.made()] == ["cp-1"]


def test_a_file_that_is_not_a_journal_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    file.write_text('{"at": "now"}\n')
    with pytest.raises(UncheckedError, match=r"journal\.jsonl:1 is not an entry of a journal: restore the file"):
        Journal(file)
