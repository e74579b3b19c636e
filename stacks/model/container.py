"""The containers of a pod beside the main container, and their variables."""

from collections.abc import Mapping
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field

from stacks.model.image import Image
from stacks.model.process import Process
from stacks.model.quantity import Quantity
from stacks.model.resources import Resources
from stacks.model.security_context import SecurityContext
from stacks.model.types import LEFT_OUT, DnsLabel, EnvName, Folder, Model, matching

_PodField = Annotated[
    str,
    matching(
        r"metadata\.(name|namespace|uid|(labels|annotations)\['[^']+'\])"
        r"|spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?)",
        "a field that a variable can have: choose from metadata.name, metadata.namespace, metadata.uid, "
        "metadata.labels['KEY'], metadata.annotations['KEY'], spec.nodeName, spec.serviceAccountName, status.hostIP, "
        "status.hostIPs, status.podIP and status.podIPs",
    ),
]
_ContainerResource = Annotated[
    str,
    matching(
        r"(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)",
        "a request or limit: write limits. or requests., then cpu, memory or ephemeral-storage",
    ),
]


class FromField(Model):
    """A variable whose value is a field of the pod."""

    field_ref: _PodField = Field(examples=["metadata.name"])
    """Path of the field, such as `metadata.name` or `status.podIP`."""


class ResourceField(Model):
    """A request or limit of the container."""

    resource: _ContainerResource = Field(examples=["limits.memory"])
    """Which one, such as `limits.memory`."""
    divisor: Annotated[Quantity | None, LEFT_OUT] = None
    """The unit of the value, such as `1Mi`."""


class FromResource(Model):
    """A variable whose value is a request or limit of the container."""

    resource_field_ref: ResourceField
    """Which one."""


def _text_or_reference(value: object) -> object:
    if isinstance(value, (str, Mapping, FromField, FromResource)):
        return value
    raise ValueError("must be text: put the value in quotes")


EnvValue: TypeAlias = Annotated[
    str | FromField | FromResource,
    BeforeValidator(_text_or_reference, json_schema_input_type=str | FromField | FromResource),
]
"""A variable's value: a text, or a field of the pod or of the container's resources."""


class Container(Process):
    """A container beside the main container. It is restricted like that unless `securityContext` says otherwise."""

    image: Image
    """Image reference with tag or digest."""
    env: dict[EnvName, EnvValue] = {}
    """Environment variables that are not secret."""
    resources: Resources = Resources()
    """CPU and memory."""
    security_context: Annotated[SecurityContext | None, LEFT_OUT] = None
    """What it may do besides the defaults."""
    mounts: Annotated[dict[DnsLabel, Folder], LEFT_OUT] = {}
    """Volume (`volumes`) → folder of this container."""
