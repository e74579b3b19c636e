"""The containers that serve a stdio server from its stock image over HTTP.

No container reaches the standard input and output of another. So the server runs under the program `launch`, which an
init container copies from the bridge's image to a volume, and the bridge connects to it by a Unix socket there.

The bridge is an ordinary container, not a sidecar: the server's container would only start after the startup probe of a
sidecar, which succeeds when the server has initialised. And both get SIGTERM at once, so that running calls can end.
"""

from collections.abc import Sequence

from stacks.manifests import launch
from stacks.manifests.manifest import Value, given
from stacks.manifests.pods import read_only
from stacks.model import bridge
from stacks.model.launch import FOLDER
from stacks.model.server import Server

_SOCKET = f"{FOLDER}/server.sock"


def command(server: Server) -> Sequence[str]:
    """Return the command of the server's container."""
    return [launch.COPY, "run", _SOCKET, "--", *server.command] if server.bridge else server.command


def mounts(server: Server) -> list[Value]:
    """Return what the server's container mounts for the bridge."""
    return [launch.mount(bridge.VOLUME)] if server.bridge else []


def volumes(server: Server) -> list[Value]:
    """Return the volume of both containers."""
    return [launch.volume(bridge.VOLUME)] if server.bridge else []


def init_containers(server: Server) -> list[Value]:
    """Return the init container that copies the program."""
    return [launch.init_container(server.bridge, bridge.VOLUME, bridge.RESOURCES)] if server.bridge else []


def containers(server: Server, endpoint: dict[str, Value]) -> list[Value]:
    """Return the bridge with the port and the probes of `endpoint`."""
    if server.bridge is None:
        return []
    started: dict[str, Value] = {
        "args": ["--port", str(server.port), "--", launch.PROGRAM, "connect", _SOCKET],
        "volumeMounts": [read_only(bridge.VOLUME, FOLDER)],
    }
    common = launch.container(bridge.CONTAINER, server.bridge, bridge.RESOURCES)
    return [given({**common, **started, **endpoint})]
