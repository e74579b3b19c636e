"""Secrets without their values: what is kept of one that was read is its keys, its age, and whether it was changed.

Values are held in this module's `Opened`, whose text shows none of them, and only until the checksums are made.
"""

# ruff: noqa: RUF012 - msgspec copies mutable defaults

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from checks.kube.client import Kind
from checks.kube.models.base import Object, Text
from checks.secrets.wanted import Place
from stacks.manifests.checksum import checksum
from stacks.model import names


class Manager(Object, frozen=True):
    """Who owns which fields of an object, and when it last changed one."""

    time: datetime | None = None
    fields_v1: dict[str, msgspec.Raw] = {}


class OpenedMeta(Object, frozen=True):
    """The metadata of a Secret, with its owners."""

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
        """Show no value, whoever prints this."""
        return f"Opened({self.metadata.namespace}/{self.metadata.name})"

    def values_(self) -> dict[str, str]:
        """Give the values in the clear. Bytes that are no text, which no stack makes, keep their difference."""
        return {key: base64.b64decode(value).decode(errors="surrogateescape") for key, value in self.data.items()}


SECRETS = Kind("api/v1", "secrets", Opened)


@dataclass(frozen=True)
class Sealed:
    """A Secret without its values."""

    keys: frozenset[str]
    type: str
    labels: Mapping[str, str]
    changed: datetime
    """When its data last changed, as far as can be told: see `seal`."""
    intact: bool | None
    """Whether it holds what was deployed; None if no deployment left a checksum on it."""


def seal(place: Place, opened: Opened) -> Sealed:
    """Leave the values out. It takes some 50 ms of CPU: the checksum is slow on purpose (stacks/manifests/checksum.py).

    The age is the time since whoever owns a key last wrote the object. A change of a label by the same writer counts as
    well; an object that was made anew, as Pulumi does when a value changes, is as old as itself.
    """
    owners = (manager for manager in opened.metadata.managed_fields if "f:data" in manager.fields_v1)
    times = [manager.time for manager in owners if manager.time is not None]
    deployed = opened.metadata.annotations.get(names.CHECKSUM)
    return Sealed(
        keys=frozenset(opened.data),
        type=opened.type,
        labels=opened.metadata.labels,
        changed=max([opened.metadata.creation_timestamp, *times]),
        intact=None if deployed is None else deployed == _checksum(place, opened),
    )


def _checksum(place: Place, opened: Opened) -> str:
    return checksum(f"{place.namespace}/{place.name}", {}, opened.values_())
