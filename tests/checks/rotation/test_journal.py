"""The journal: what is done is on the disk, and only the same rotation goes on."""

import stat
from pathlib import Path

import anyio
import pytest

from checks.errors import UncheckedError, UsageError
from checks.rotation.journal import Journal, JournalFile, Stage, State, require_none, require_same, resumed

STATE = State(id="1", stack="test", namespace="a", name="b", key="k", begun="2026-01-01T00:00:00Z")


def stored(file: Path) -> JournalFile:
    async def store() -> JournalFile:
        await Journal(JournalFile(file), STATE).set(stage=Stage.KEPT, kept="v1:text")
        return JournalFile(file)

    return anyio.run(store)


def test_a_stage_is_on_the_disk_for_its_owner_alone(tmp_path: Path) -> None:
    storage = stored(tmp_path / "rotation.json")
    assert stat.S_IMODE(storage.file.stat().st_mode) == 0o600
    found = anyio.run(resumed, storage)
    assert found is not None
    assert (found.state.stage, found.state.kept, found.state.id) == (Stage.KEPT, "v1:text", "1")
    anyio.run(found.close)
    assert anyio.run(resumed, storage) is None
    anyio.run(require_none, storage)


@pytest.mark.parametrize("other", [("a", "b", "l"), ("a", "c", "k"), ("x", "b", "k")], ids=["key", "name", "namespace"])
def test_another_rotation_is_refused_with_the_command_that_finishes_this_one(other: tuple[str, str, str]) -> None:
    require_same(STATE, "a", "b", "k")
    with pytest.raises(UsageError, match="`cortex secrets rotate test b -n a --key k`"):
        require_same(STATE, *other)


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rotation.json"
    file.write_text("{}")
    file.chmod(0o600)
    with pytest.raises(UncheckedError, match="is not a journal"):
        anyio.run(resumed, JournalFile(file))


def test_a_secret_is_not_set_during_a_rotation(tmp_path: Path) -> None:
    storage = stored(tmp_path / "rotation.json")
    with pytest.raises(UsageError, match="has not ended"):
        anyio.run(require_none, storage)
