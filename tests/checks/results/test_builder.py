"""A row is ok only if something was asserted, all of it held, and nothing was left unseen."""

import pytest

from checks.results.builder import Tally
from checks.results.result import Reason, Ref, Status


def row_status(*steps: str) -> Status:
    tally = Tally("row", "A row")
    for step in steps:
        match step:
            case "passed":
                tally.passed()
            case "skipped":
                tally.skipped()
            case "unknown":
                tally.unknown("list pods", Reason.FORBIDDEN, "forbidden")
            case "fault":
                tally.fault("server.missing", Ref("Deployment", "a", "b"), "missing")
    return tally.row().status


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        (["passed"], Status.OK),
        (["passed", "skipped"], Status.OK),
        (["skipped"], Status.UNKNOWN),
        ([], Status.UNKNOWN),
        (["passed", "unknown"], Status.UNKNOWN),
        (["passed", "unknown", "fault"], Status.FINDINGS),
    ],
)
def test_status(steps: list[str], status: Status) -> None:
    assert row_status(*steps) is status
