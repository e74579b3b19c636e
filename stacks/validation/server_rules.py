"""Check the rules inside one MCP server that other workloads do not have: those of the bridge and of probes by MCP."""

from collections.abc import Iterator, Set

from stacks.model import bridge, launch
from stacks.model.server import Server

_WITHOUT_WEB_SOCKET = "2026-07-28"


def faults(server: Server) -> Iterator[str]:
    """Yield every broken rule as `what is wrong: the way out`."""
    yield from _bridge(server)
    yield from _bridge_rules(server)
    yield from _by_mcp(server)
    yield from _over_web_socket(server)


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


def _bridge_rules(server: Server) -> Iterator[str]:
    rules = server.bridge_rules
    if rules is None:
        return
    if server.bridge is None:
        yield (
            "bridgeRules: are for a bridge in a container of its own: add bridge, or remove bridgeRules; "
            "an image with the bridge in front takes its options from the variable BRIDGE_OPTIONS"
        )
    if rules.require_token:
        if server.authorization is None or server.authorization.bearer is None:
            yield "bridgeRules.requireToken: needs the token: add authorization: {bearer: {secret: NAME, key: KEY}}"
        yield from _taken(server, set(), bridge.TOKEN_VOLUME, "bridgeRules.requireToken")
    wanted = [
        *((f"capabilities.{name}", tool) for name, tools in server.capabilities.items() for tool in tools),
        *(("smoke", call.tool) for call in server.smoke_calls),
    ]
    for setting, tool in wanted:
        if not rules.serves(tool):
            yield f"{setting}: bridgeRules leaves out the tool {tool!r}, so a verification would miss it: allow it"


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
    if server.spoken == "websocket":
        for name in probes:
            yield f"probes.{name}.mcp: does not speak WebSocket: use tcpSocket, or httpGet if the image answers it"
        return
    images = {name: exchange.image for name, exchange in probes.items()}
    if len(set(images.values())) > 1:
        given = ", ".join(f"{name} {image!r}" for name, image in images.items())
        yield f"probes: mcp.image differs ({given}): one program serves all probes of a server, so write one image"
    yield from _taken(server, {launch.CONTAINER}, launch.VOLUME, "probes by mcp")


def _over_web_socket(server: Server) -> Iterator[str]:
    if server.spoken == "websocket" and _WITHOUT_WEB_SOCKET in server.protocols:
        yield (
            f"protocols: MCP {_WITHOUT_WEB_SOCKET} has no WebSocket, which belongs to older versions: "
            f"remove {_WITHOUT_WEB_SOCKET}"
        )
