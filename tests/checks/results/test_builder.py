"""A row is ok only if something was asserted, all of it held, and nothing was left unseen."""

import pytest

from checks.kube.reading import Reason
from checks.results.builder import ResultBuilder
from checks.results.result import Ref, Status


def row_status(*steps: str) -> Status:
    builder = ResultBuilder("row", "A row")
    for step in steps:
        match step:
            case "passed":
                builder.passed()
            case "skipped":
                builder.skipped()
            case "unknown":
                builder.unknown("list pods", Reason.FORBIDDEN, "forbidden")
            case "fault":
                builder.fault("server.missing", Ref("Deployment", "a", "b"), "missing")
    return builder.build().status


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        (["passed"], Status.PASS),
        (["passed", "skipped"], Status.PASS),
        (["skipped"], Status.UNKNOWN),
        ([], Status.UNKNOWN),
        (["passed", "unknown"], Status.UNKNOWN),
        (["passed", "unknown", "fault"], Status.FAIL),
    ],
)
def test_status(steps: list[str], status: Status) -> None:
    assert row_status(*steps) is status
