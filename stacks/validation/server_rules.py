"""Check the rules inside one MCP server that other workloads do not have: those of the bridge and of probes by MCP."""

from collections.abc import Iterator, Set

from stacks.model import bridge, launch
from stacks.model.server import Server


def faults(server: Server) -> Iterator[str]:
    """Yield every broken rule as `what is wrong: the way out`."""
    yield from _bridge(server)
    yield from _by_mcp(server)


def _bridge(server: Server) -> Iterator[str]:
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
    yield from _taken(server, {bridge.CONTAINER, launch.CONTAINER}, bridge.VOLUME, "bridge")


def _taken(server: Server, containers: Set[str], volume: str, setting: str) -> Iterator[str]:
    """Check that no container and no volume has a name that the stack uses itself."""
    taken = {
        "initContainers": containers & set(server.init_containers),
        "sidecars": containers & set(server.sidecars),
        "volumes": {volume} & set(server.volumes),
    }
    for section, found in taken.items():
        for name in sorted(found):
            yield f"{section}.{name}: is a name that the stack uses itself with {setting}: choose another"


def _by_mcp(server: Server) -> Iterator[str]:
    """Check the probes by MCP."""
    probes = server.probes.exchanges()
    if not probes:
        return
    if server.transport == "stdio":
        for name in probes:
            yield f"probes.{name}.mcp: the bridge answers /health, /ready and /startup itself: remove mcp"
        return
    images = {name: exchange.image for name, exchange in probes.items()}
    if len(set(images.values())) > 1:
        given = ", ".join(f"{name} {image!r}" for name, image in images.items())
        yield f"probes: mcp.image differs ({given}): one program serves all probes of a server, so write one image"
    yield from _taken(server, {launch.CONTAINER}, launch.VOLUME, "probes by mcp")
