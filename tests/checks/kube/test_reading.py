"""A failed read says in one way what could not be done, and why."""

from checks.kube.reading import ReadFailure, Reason


def test_a_failure_is_told_with_its_cause() -> None:
    failure = ReadFailure("list pods in cortex-mcp", Reason.TIMEOUT, "no answer within 10s", seconds=10.0)
    assert str(failure) == "cannot list pods in cortex-mcp: no answer within 10s"
