"""Volumes of pods: scratch space, claims of storage, and tokens."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from stacks.model.quantity import Quantity
from stacks.model.types import LEFT_OUT, DnsSubdomain, Folder, Model, Seconds

WRITABLE_SIZE = "1Gi"
"""Default size of a writable folder."""


class Writable(Model):
    """A folder that is writable although the root file system is not. It is empty at the start of each pod."""

    path: Folder
    """The folder."""
    size: Quantity = WRITABLE_SIZE
    """The most bytes that it may have; a pod that writes more is evicted."""


def _writable(value: object) -> object:
    return {"path": value} if isinstance(value, str) else value


WritableFolder = Annotated[Writable, BeforeValidator(_writable, json_schema_input_type=str | Writable)]
"""A writable folder: its path, or `path` and `size`."""


class EmptyDir(Model):
    """Scratch space that lives as long as its pod."""

    size: Annotated[Quantity | None, LEFT_OUT] = None
    """The most bytes that it may have."""
    medium: Annotated[Literal["Memory"] | None, LEFT_OUT] = None
    """`Memory` keeps it in memory, which counts against the container's limit."""


class Claim(Model):
    """A PersistentVolumeClaim `<name of the Deployment>-<volume>`, or one for each replica of a StatefulSet."""

    size: Quantity
    """Bytes, such as 10Gi."""
    storage_class: Annotated[DnsSubdomain | None, LEFT_OUT] = None
    """Name of the StorageClass: the cluster's default unless given."""
    access_modes: tuple[Literal["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany", "ReadOnlyMany"], ...] = Field(
        ("ReadWriteOnce",), min_length=1
    )
    """How it may be mounted: by default by the pods of one node."""
    retain: bool = True
    """Whether it stays in the cluster when its owner, or the volume, leaves the declaration."""


class Token(Model):
    """A token of the pods' ServiceAccount for another service, renewed by the kubelet."""

    audience: str = Field(min_length=1)
    """The service for which it is valid, such as a Vault or a cloud."""
    expiration_seconds: Annotated[Seconds, Field(ge=600)] = 3600
    """How long it is valid, in seconds."""
    file: str = Field("token", pattern=r"^[-._A-Za-z0-9]+$")
    """Name of the file."""


class Volume(Model):
    """A volume, mounted in the main container: exactly one of emptyDir, claim, existingClaim and token."""

    mount: Annotated[Folder | None, LEFT_OUT] = None
    """Folder of the main container; without it, only init containers and sidecars mount the volume."""
    sub_path: Annotated[str | None, Field(min_length=1), LEFT_OUT] = None
    """Path inside the volume that is mounted, instead of all of it."""
    read_only: Annotated[bool, LEFT_OUT] = False
    """Whether it is only read."""
    empty_dir: Annotated[EmptyDir | None, LEFT_OUT] = None
    """Scratch space."""
    claim: Annotated[Claim | None, LEFT_OUT] = None
    """Storage that the stack claims."""
    existing_claim: Annotated[DnsSubdomain | None, LEFT_OUT] = None
    """Name of a PersistentVolumeClaim that others make."""
    token: Annotated[Token | None, LEFT_OUT] = None
    """A token of the pods' ServiceAccount."""

    @model_validator(mode="after")
    def _one_source(self) -> "Volume":
        if sum(source is not None for source in (self.empty_dir, self.claim, self.existing_claim, self.token)) != 1:
            raise ValueError("give exactly one of emptyDir, claim, existingClaim and token")
        return self
