"""What all Kubernetes objects share."""

from datetime import datetime
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")
Text = dict[str, str]


class Object(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What every Kubernetes structure here shares: camelCase on the wire, absent fields at their zero."""


class ListMeta(Object, frozen=True):
    """Where the next page of a list begins."""

    continue_: str = msgspec.field(default="", name="continue")


class ListOf(Object, Generic[T], frozen=True):
    """One page of a list."""

    items: list[T] | None
    """None where there are none: so a list of metadata says it."""
    metadata: ListMeta = ListMeta()


class Meta(Object, frozen=True):
    """An object's metadata."""

    name: str
    namespace: str = ""
    generation: int = 0
    labels: Text = {}
    annotations: Text = {}
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None


class Manager(Object, frozen=True):
    """An entry of `managedFields`, without the fields: who wrote to the object."""

    manager: str = ""


class ManagedMeta(Meta, frozen=True):
    """An object's metadata with who wrote to it."""

    managed_fields: list[Manager] = []


class Owner(Object, frozen=True):
    """Who an object belongs to; its one controller also makes and replaces it."""

    kind: str
    name: str
    controller: bool = False


class OwnedMeta(Object, frozen=True):
    """The part of an object's metadata that tells whose it is."""

    name: str
    namespace: str = ""
    labels: Text = {}
    owner_references: list[Owner] = []

    @property
    def controlled(self) -> bool:
        """Tell whether a controller made it: any other owner is only a claim, and cleans up."""
        return any(owner.controller for owner in self.owner_references)


class Owned(Object, frozen=True):
    """An object of any kind, of which only its metadata counts."""

    metadata: OwnedMeta


class Condition(Object, frozen=True):
    """A condition of a node, pod or Deployment."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
