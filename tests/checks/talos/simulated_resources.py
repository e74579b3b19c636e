"""The resource API of a simulated Talos node: its diagnostics and its system extensions."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any

import betterproto
from betterproto.grpc.grpclib_server import ServiceBase
from grpclib import GRPCError
from grpclib.const import Cardinality, Handler, Status
from talos_linux_api.v1_6_0.talos.resource.definitions import extensions

from checks.talos.resource_api import DiagnosticSpec, ListRequest, ListResponse, Metadata, Resource, Spec
from checks.talos.resources import DIAGNOSTICS, EXTENSIONS

if TYPE_CHECKING:
    from tests.checks.talos.simulated_node import Node


class State(ServiceBase):
    """The service `cosi.resource.State` of a node, as far as it is used."""

    def __init__(self, node: "Callable[[], Node]") -> None:
        self._node = node

    def __mapping__(self) -> dict[str, Handler]:
        return {"/cosi.resource.State/List": Handler(self._list, Cardinality.UNARY_STREAM, ListRequest, ListResponse)}

    async def _list(self, stream: Any) -> None:
        request: ListRequest = await stream.recv_message()
        await self._call_rpc_handler_server_stream(self.list, stream, request)

    async def list(self, request: ListRequest) -> AsyncIterator[ListResponse]:
        """Yield the resources of a type; a type that Talos does not know is refused as it does."""
        node = self._node()
        kinds: Mapping[str, Mapping[str, betterproto.Message] | None] = {
            DIAGNOSTICS: diagnostics(node),
            EXTENSIONS: {f"{name}.sqsh": extension(name) for name in node.extensions},
        }
        found = kinds.get(request.type)
        if request.namespace != "runtime" or found is None:
            raise GRPCError(Status.PERMISSION_DENIED, f'resource type "{request.type}" is not supported')
        for name, content in found.items():
            spec = node.garbage or bytes(content)
            metadata = Metadata(namespace=request.namespace, type=request.type, id=name)
            yield ListResponse(resource=Resource(metadata=metadata, spec=Spec(proto_spec=spec)))


def diagnostics(node: "Node") -> dict[str, betterproto.Message] | None:
    if node.diagnostics is None:
        return None
    told = node.diagnostics.items()
    return {name: DiagnosticSpec(message=message, details=details) for name, (message, details) in told}


def extension(name: str) -> betterproto.Message:
    message: betterproto.Message = extensions.Layer(
        image=f"000.{name}.sqsh", metadata=extensions.Metadata(name=name, version="v0.2.0", author="test")
    )
    return message
