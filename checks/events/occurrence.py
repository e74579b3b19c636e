"""What a change of an event object says: something occurred, so many times more than was known."""

from datetime import UTC, datetime

import msgspec

from checks.kube import models as k8s
from checks.kube.watch.reflector import Change
from checks.results.result import Ref

_BEGINNING = datetime.min.replace(tzinfo=UTC)


class Occurrence(msgspec.Struct, frozen=True):
    """Something that occurred to an object: `times` since it was last told, `total` as the API server counts.

    `uid`, `version` and `scope` are those of the event object: uid, resourceVersion and namespace. `container` is empty
    unless the event is about a container.
    """

    object: Ref
    type: str
    reason: str
    message: str
    times: int
    total: int
    first: datetime
    last: datetime
    component: str = ""
    container: str = ""
    uid: str = ""
    version: int = 0
    scope: str = ""


def occurrence(change: Change[k8s.Event]) -> Occurrence | None:
    """Return what occurred; None if an event object was deleted, or counts nothing new."""
    event = change.object
    before = change.before.times if change.before else 0
    if change.deleted or event.times <= before:
        return None
    about = event.involved_object
    return Occurrence(
        object=Ref(about.kind, about.name, about.namespace),
        type=event.type,
        reason=event.reason,
        message=event.message,
        times=event.times - before,
        total=event.times,
        first=event.begun or _BEGINNING,
        last=event.seen or _BEGINNING,
        component=event.reporting_component or (event.source.component if event.source else ""),
        container=_container(about.field_path),
        uid=event.metadata.uid,
        version=int(event.metadata.resource_version or 0),
        scope=event.metadata.namespace,
    )


def _container(path: str) -> str:
    """Return the container's name in `spec.containers{name}`."""
    return path.partition("{")[2].removesuffix("}")
