"""What is remembered of an event tells the same as the whole event."""

from typing import Any

import msgspec
import pytest

from checks.agent.event_watcher import reduced
from checks.events.occurrence import occurrence
from checks.kube import models as k8s
from checks.kube.watch.reflector import Change

TIME, LATER = "2026-03-01T00:00:00Z", "2026-03-01T00:01:00Z"
OLD = {"count": 3, "firstTimestamp": TIME, "lastTimestamp": LATER, "source": {"component": "kubelet"}}
NEW = {"eventTime": TIME, "series": {"count": 4, "lastObservedTime": LATER}, "reportingComponent": "scheduler"}


def event(**fields: Any) -> k8s.Event:
    meta = {"name": "a.1", "namespace": "x", "uid": "u", "resourceVersion": "7", "creationTimestamp": TIME}
    about = {"kind": "Pod", "name": "a", "namespace": "x", "fieldPath": "spec.containers{main}"}
    basis = {"metadata": meta, "involvedObject": about, "reason": "BackOff", "message": "again", "type": "Warning"}
    return msgspec.convert(basis | fields, k8s.Event)


@pytest.mark.parametrize("fields", [OLD, NEW, {}], ids=["old", "new", "bare"])
def test_what_is_remembered_tells_the_same(fields: dict[str, Any]) -> None:
    whole = event(**fields)
    assert occurrence(Change(reduced(whole))) == occurrence(Change(whole))
    more = event(**fields | {"count": 9})
    assert occurrence(Change(reduced(more), reduced(whole))) == occurrence(Change(more, whole))
