"""A failed read says in one way what could not be done, and why."""

import pytest

from checks.errors import UncheckedError
from checks.kube.reading import Read, ReadFailure, Reason, required

FAILURE = ReadFailure("list pods in cortex-mcp", Reason.TIMEOUT, "no answer within 10s", seconds=10.0)
TOLD = "cannot list pods in cortex-mcp: no answer within 10s"


def test_a_failure_is_told_with_its_cause() -> None:
    assert str(FAILURE) == TOLD


def test_a_required_value_is_there_or_an_error() -> None:
    assert required(Read([], 0.1)) == []
    with pytest.raises(UncheckedError, match=TOLD):
        required(FAILURE)
