"""`cortex local logs`: the end of a component's log."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from local.cli import app


def test_the_last_lines_are_shown_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    logs = tmp_path / "cortex" / "mine" / "logs"
    logs.mkdir(parents=True)
    (logs / "etcd.log").write_bytes(b"one\ntwo\nthr\xffee")
    shown = CliRunner().invoke(app, ["logs", "etcd", "--name", "mine", "--lines", "2"])
    assert (shown.exit_code, shown.output) == (0, "two\nthr\ufffdee")
