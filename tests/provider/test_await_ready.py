"""Waits: how they end, and what happens to the object."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from provider.await_ready import timeout
from provider.errors import ApiError, UnreachableError
from tests.provider.fakes import CLAIM, CONFIG_MAP, JOB, FakeApi, Lifecycle, condition, declared, event, status

if TYPE_CHECKING:
    from provider.properties import Object


def test_a_wait_outlives_a_restart_of_the_api_server(
    lifecycle: Lifecycle, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = status(conditions=[condition("Complete")])
    api.refused_once["GET"] = [UnreachableError("restarting"), ApiError("starting", status=503)]
    job = declared(JOB)

    def told(text: str) -> None:
        lifecycle.log.statuses.append(text)
        api.has({**job, "metadata": {**job["metadata"], "generation": 1}, **done})

    monkeypatch.setattr(lifecycle.log, "status", told)
    assert not lifecycle.create(JOB, job, 60).unready
    assert "waiting: restarting" in lifecycle.log.statuses
    assert lifecycle.log.statuses[-1] == ""


@pytest.mark.parametrize(
    "live",
    [
        {"spec": {"selector": "a=b"}, "status": {"conditions": {"Ready": "True"}}},
        {"spec": "text", "status": ["text"]},
        {"spec": {"selector": {"matchLabels": "a"}}, "status": {"conditions": ["Ready"], "observedGeneration": "1"}},
    ],
)
def test_a_custom_object_of_any_shape_is_awaited(lifecycle: Lifecycle, live: Object) -> None:
    annotations = {"pulumi.com/waitFor": "condition=Ready", "pulumi.com/timeoutSeconds": "0"}
    state = lifecycle.create(CONFIG_MAP, declared(CONFIG_MAP, metadata={"annotations": annotations}, **live))
    assert state.unready == "ConfigMap ns/a is not ready after 0 s: condition Ready is absent"


def test_whatever_goes_wrong_while_waiting_the_object_is_kept(lifecycle: Lifecycle, api: FakeApi) -> None:
    api.refusals["GET"] = ValueError("a surprise")
    api.defaults = status(phase="Pending")
    state = lifecycle.create(CLAIM, declared(CLAIM, spec={"storageClassName": "late"}))
    assert state.id == "ns/a"
    assert state.unready == "PersistentVolumeClaim ns/a was written, but waiting for it failed: a surprise"


@pytest.mark.parametrize(("reason", "unready"), [("Completed", ""), ("Suspended", "was deleted during the wait")])
def test_a_job_that_went_away_counts_as_its_events_say(
    lifecycle: Lifecycle, api: FakeApi, reason: str, unready: str
) -> None:
    api.lists["/api/v1/namespaces/ns/events"] = [
        {**event("Job", "a", reason, "1"), "involvedObject": {"uid": "u1"}},
        {**event("Job", "a", "Completed", "1"), "involvedObject": {"uid": "its predecessor"}},
    ]
    api.refused_once["GET"] = [ApiError("gone", status=404, reason="NotFound")]
    found = lifecycle.create(JOB, declared(JOB, spec={"ttlSecondsAfterFinished": 0})).unready
    assert unready in found
    assert bool(found) == bool(unready)


def test_an_object_is_awaited_as_its_annotations_say(lifecycle: Lifecycle) -> None:
    skipped = declared(JOB, metadata={"annotations": {"pulumi.com/skipAwait": "true"}})
    assert lifecycle.create(JOB, skipped, 0).unready == ""
    annotated = {"metadata": {"annotations": {"pulumi.com/timeoutSeconds": "5"}}}
    assert (timeout({}, 0), timeout(annotated, 0), timeout(annotated, 7)) == (600, 5, 7)


def test_cancelling_ends_a_wait_and_keeps_the_object(lifecycle: Lifecycle) -> None:
    threading.Timer(0.05, lifecycle.cancelled.set).start()
    state = lifecycle.create(JOB, declared(JOB), 60)
    assert state.id == "ns/a"
    assert state.unready == "Job ns/a is not ready, and waiting was cancelled: it has not completed"
    assert "waiting: it has not completed" in lifecycle.log.statuses
