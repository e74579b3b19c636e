"""Read the events of the declared namespaces, grouped by object and reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from checks.errors import UncheckedError
from checks.kube import models as k8s
from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.kube.listing import PerNamespace, one_by_one
from checks.kube.reading import ReadFailure, Reason
from checks.kube.resources import EVENTS
from checks.results.result import Ref
from stacks.model.declaration import Declaration

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Group:
    """Events of one reason about one object, with the message of the latest one."""

    object: Ref
    type: str
    reason: str
    message: str
    count: int
    first: datetime
    last: datetime


def grouped(events: Mapping[str, Iterable[k8s.Event]], since: datetime = _BEGINNING) -> list[Group]:
    """Return the groups of events that were last seen since then, the newest last."""
    found: dict[tuple[str, str, str, str, str], list[k8s.Event]] = {}
    for namespace, listed in events.items():
        for event in listed:
            if (event.seen or _BEGINNING) >= since:
                about = event.involved_object
                key = namespace, about.kind, about.name, event.type, event.reason
                found.setdefault(key, []).append(event)
    groups = [_group(Ref(about, name, namespace), same) for (namespace, about, name, *_), same in found.items()]
    return sorted(groups, key=lambda group: (group.last, str(group.object), group.reason))


def _group(about: Ref, events: list[k8s.Event]) -> Group:
    latest = max(events, key=lambda event: event.seen or _BEGINNING)
    return Group(
        object=about,
        type=latest.type,
        reason=latest.reason,
        message=latest.message,
        count=sum(event.times for event in events),
        first=min(event.begun or _BEGINNING for event in events),
        last=latest.seen or _BEGINNING,
    )


async def read(declaration: Declaration, connection: Connection) -> PerNamespace[k8s.Event]:
    """List the events of every declared namespace.

    Raises:
        UncheckedError: no events could be read, for another reason than a missing permission.
    """
    async with connection.client() as client:
        readings = await one_by_one(ApiClient(client), EVENTS, declaration.namespaces)
    failures = [reading for reading in readings.values() if isinstance(reading, ReadFailure)]
    if len(failures) == len(readings) and failures[0].reason is not Reason.FORBIDDEN:
        raise UncheckedError(f"no events could be read: {failures[0].message}")
    return readings
