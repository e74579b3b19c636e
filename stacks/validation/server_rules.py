"""Check the rules inside one MCP server that other workloads do not have: those of the bridge."""

from collections.abc import Iterator

from stacks.model import bridge
from stacks.model.server import Server


def faults(server: Server) -> Iterator[str]:
    """Yield every broken rule as `what is wrong: the way out`."""
    if server.bridge is None:
        return
    if server.transport != "stdio":
        yield (
            f"bridge: is for servers that speak stdio, but transport is {server.transport}: "
            "remove bridge, or set transport: stdio"
        )
    if server.tls:
        yield "tls: the bridge serves plain HTTP: remove tls, or bridge"
    if not server.command:
        yield (
            "bridge: starts the server by command, which is missing: "
            "write the program and arguments of the image, such as command: [npx, -y, my-server]"
        )
    taken = {
        "initContainers": {bridge.CONTAINER, bridge.INIT_CONTAINER} & set(server.init_containers),
        "sidecars": {bridge.CONTAINER, bridge.INIT_CONTAINER} & set(server.sidecars),
        "volumes": {bridge.VOLUME} & set(server.volumes),
    }
    for section, found in taken.items():
        for name in sorted(found):
            yield f"{section}.{name}: is a name that the stack uses itself with bridge: choose another"
