"""Secrets without their values: their keys, their age, and whether they were changed.

The values are in `Opened`, whose text does not show them, until the checksums are calculated.
"""

# ruff: noqa: RUF012 - msgspec copies mutable defaults

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from checks.kube.client import Kind
from checks.kube.models.base import Object, Text
from checks.secrets.tls import TLS, TlsState, tls_state
from checks.secrets.wanted import Place
from stacks.manifests.checksum import checksum
from stacks.model import names


class Manager(Object, frozen=True):
    """A field manager: its fields, and when it last wrote them."""

    time: datetime | None = None
    fields_v1: dict[str, msgspec.Raw] = {}


class OpenedMeta(Object, frozen=True):
    """The metadata of a Secret, with its field managers."""

    name: str
    creation_timestamp: datetime
    namespace: str = ""
    labels: Text = {}
    annotations: Text = {}
    managed_fields: list[Manager] = []


class Opened(Object, frozen=True):
    """A Secret with its values (base64)."""

    metadata: OpenedMeta
    type: str = "Opaque"
    data: dict[str, str] = {}

    def __repr__(self) -> str:
        """Return a text without values."""
        return f"Opened({self.metadata.namespace}/{self.metadata.name})"

    def values_(self) -> dict[str, str]:
        """Return the decoded values. Bytes that are not UTF-8 are escaped, so that different values stay different."""
        return decoded(self.data)

    def bytes_(self) -> dict[str, bytes]:
        """Return the decoded values as bytes."""
        return {key: base64.b64decode(value) for key, value in self.data.items()}


SECRETS = Kind("api/v1", "secrets", Opened)


@dataclass(frozen=True)
class Sealed:
    """A Secret without its values."""

    keys: frozenset[str]
    type: str
    labels: Mapping[str, str]
    changed: datetime
    """When its data last changed, as far as known: see `seal`."""
    created: datetime
    intact: bool | None
    """Whether its content is as deployed; None without the checksum of a deployment."""
    rotated: datetime | None = None
    """When a rotation last replaced its value; None if that is not known."""
    tls: TlsState | None = None
    """The state of its certificate; None if it has none that can be read, or is of another type."""


def seal(place: Place, opened: Opened) -> Sealed:
    """Return a Secret without its values. The checksum takes some 50 ms of CPU (stacks/manifests/checksum.py).

    The data counts as changed when a field manager of its keys last wrote the object, which includes a change of a
    label by the same manager, or when the object was created, as Pulumi does when a value changes.
    """
    owners = (manager for manager in opened.metadata.managed_fields if "f:data" in manager.fields_v1)
    times = [manager.time for manager in owners if manager.time is not None]
    deployed = opened.metadata.annotations.get(names.CHECKSUM)
    return Sealed(
        keys=frozenset(opened.data),
        type=opened.type,
        labels=opened.metadata.labels,
        changed=max([opened.metadata.creation_timestamp, *times]),
        created=opened.metadata.creation_timestamp,
        intact=None if deployed is None else deployed == checksum_of(place, opened.data),
        rotated=rotated(opened),
        tls=tls_state(opened.bytes_()) if opened.type == TLS else None,
    )


def rotated(opened: Opened) -> datetime | None:
    """Return when a rotation last replaced its value; None if that is not known."""
    try:
        found = datetime.fromisoformat(opened.metadata.annotations.get(names.ROTATED, ""))
    except ValueError:
        return None
    return found if found.tzinfo else None


def decoded(data: Mapping[str, str]) -> dict[str, str]:
    """Return the values of a Secret's data. Bytes that are not UTF-8 are escaped, so that they stay different."""
    return {key: base64.b64decode(value).decode(errors="surrogateescape") for key, value in data.items()}


def checksum_of(place: Place, data: Mapping[str, str]) -> str:
    """Return the checksum of a Secret's data that is an annotation of it; this takes some 50 ms of CPU."""
    return checksum(f"{place.namespace}/{place.name}", {}, decoded(data))
