"""The resource API of a Talos node (COSI), on the same port as its other services; the bindings do not have it.

These are the parts of its protocol that are used: `cosi.resource.State/List`, and the content of two resources.
"""

# ruff: noqa: RUF009 - this is how betterproto declares fields

from collections.abc import AsyncIterator
from dataclasses import dataclass

import betterproto


@dataclass(eq=False, repr=False)
class Metadata(betterproto.Message):
    """What a resource is."""

    namespace: str = betterproto.string_field(1)
    type: str = betterproto.string_field(2)
    id: str = betterproto.string_field(3)


@dataclass(eq=False, repr=False)
class Spec(betterproto.Message):
    """The content of a resource, which is a message of its own."""

    proto_spec: bytes = betterproto.bytes_field(1)


@dataclass(eq=False, repr=False)
class Resource(betterproto.Message):
    """A resource."""

    metadata: Metadata = betterproto.message_field(1)
    spec: Spec = betterproto.message_field(2)


@dataclass(eq=False, repr=False)
class ListRequest(betterproto.Message):
    """Asks for all resources of a type."""

    namespace: str = betterproto.string_field(1)
    type: str = betterproto.string_field(2)


@dataclass(eq=False, repr=False)
class ListResponse(betterproto.Message):
    """One of the resources."""

    resource: Resource = betterproto.message_field(1)


@dataclass(eq=False, repr=False)
class DiagnosticSpec(betterproto.Message):
    """The content of a diagnostic."""

    message: str = betterproto.string_field(1)
    details: list[str] = betterproto.string_field(2)


class StateStub(betterproto.ServiceStub):
    """The client of the service."""

    async def list(self, request: ListRequest) -> AsyncIterator[ListResponse]:
        """Yield the resources of a type."""
        async for response in self._unary_stream("/cosi.resource.State/List", request, ListResponse):
            yield response
