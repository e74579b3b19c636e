"""Jobs that did not complete, and are to be run again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.provider.fakes import JOB, FakeApi, Lifecycle, declared

if TYPE_CHECKING:
    from provider.properties import Object

COMPLETE, FAILED = ({"status": {"conditions": [{"type": t, "status": "True"}]}} for t in ("Complete", "Failed"))


def job(**fields: Any) -> Object:
    return declared(JOB, metadata={"annotations": {"pulumi.com/replaceUnready": "true"}}, **fields)


@pytest.mark.parametrize(
    ("live", "state", "is_replaced"),
    [
        (COMPLETE, COMPLETE, False),
        (FAILED, FAILED, True),
        ({"status": {"active": 1}}, {"status": {}}, True),  # interrupted while it was awaited
        (COMPLETE, {"status": {}}, False),  # likewise, and completed since
        (None, FAILED, True),
        (None, {}, True),
        (None, COMPLETE, False),  # its TTL took it
    ],
)
def test_a_job_that_did_not_complete_is_replaced_also_when_it_is_gone(
    lifecycle: Lifecycle, api: FakeApi, live: Object | None, state: Object, is_replaced: bool
) -> None:
    if live is not None:
        api.has(job(**live))
    found = lifecycle.diff(JOB, job(), job(), job(**state))
    assert bool(found.replaces) == is_replaced
    assert found.delete_first == is_replaced


def test_a_job_that_is_gone_cannot_be_changed_and_is_replaced(lifecycle: Lifecycle) -> None:
    changed = job(spec={"ttlSecondsAfterFinished": 1})
    assert lifecycle.diff(JOB, job(), changed, job(**COMPLETE)).replaces
    plain = declared(JOB)
    assert not lifecycle.diff(JOB, plain, plain, plain).replaces
