"""Which Secrets are due for rotation, and what happens to a rotation that the declaration no longer has."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from checks.cli.main import app
from checks.rotation.due import is_due
from checks.secrets.sealed import Opened
from stacks.model import names
from stacks.model.rotation import Rotation

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def secret(made: timedelta, rotated: str | None = None) -> Opened:
    """Give a Secret of an age, with the annotation of its last rotation."""
    meta: dict[str, Any] = {"name": "s", "creationTimestamp": (NOW - made).isoformat()}
    if rotated is not None:
        meta["annotations"] = {names.ROTATED: rotated}
    return msgspec.convert({"metadata": meta}, Opened)


@pytest.mark.parametrize(
    ("made", "rotated", "due"),
    [
        (timedelta(days=90), None, True),
        (timedelta(days=89, hours=23), None, False),
        (timedelta(days=400), (NOW - timedelta(days=89)).isoformat(), False),
        (timedelta(days=400), (NOW - timedelta(days=90)).isoformat(), True),
        (timedelta(days=400), "yesterday", True),
        (timedelta(days=1), "yesterday", False),
        (timedelta(days=400), "2026-02-28T00:00:00", True),
    ],
    ids=["old", "young", "rotated", "rotated-long-ago", "damaged-and-old", "damaged-and-young", "without-zone"],
)
def test_a_secret_is_due_after_its_interval(made: timedelta, rotated: str | None, due: bool) -> None:
    assert is_due(secret(made, rotated), Rotation(every="90d"), NOW) is due


def test_outside_the_cluster_the_other_command_is_named() -> None:
    done = CliRunner().invoke(app, ["secrets", "rotate-due"])
    assert done.exit_code != 0
    assert "`cortex secrets rotate STACK NAME`" in str(done.exception)
