"""The common parts of Kubernetes objects."""

from datetime import datetime
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")
Text = dict[str, str]


class Object(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Base of all structures: camelCase names in JSON, and defaults for missing fields."""


class ListMeta(Object, frozen=True):
    """The metadata of a list: its version, and where its next page begins."""

    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class ListOf(Object, Generic[T], frozen=True):
    """One page of a list."""

    items: list[T] | None
    """None in an empty list of metadata."""
    metadata: ListMeta = ListMeta()


class Meta(Object, frozen=True):
    """An object's metadata."""

    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: Text = {}
    annotations: Text = {}
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None


class Manager(Object, frozen=True):
    """An entry of `managedFields`, without the fields: who wrote to the object."""

    manager: str = ""


class ManagedMeta(Meta, frozen=True):
    """An object's metadata with its field managers."""

    managed_fields: list[Manager] = []


class Owner(Object, frozen=True):
    """An owner of an object; the owner that is its controller creates and replaces it."""

    kind: str
    name: str
    controller: bool = False


class PodMeta(Meta, frozen=True):
    """A pod's metadata with its owners."""

    owner_references: list[Owner] = []

    @property
    def controller(self) -> str:
        """Return the kind of its controller; empty if it has none."""
        return next((owner.kind for owner in self.owner_references if owner.controller), "")


class OwnedMeta(Object, frozen=True):
    """An object's metadata with its owners."""

    name: str
    namespace: str = ""
    labels: Text = {}
    owner_references: list[Owner] = []

    @property
    def controlled(self) -> bool:
        """Return whether it has a controller; any other owner only matters for garbage collection."""
        return any(owner.controller for owner in self.owner_references)


class Owned(Object, frozen=True):
    """The metadata of an object of any kind."""

    metadata: OwnedMeta


class Condition(Object, frozen=True):
    """A condition of a node, pod or Deployment."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
