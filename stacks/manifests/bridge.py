"""The containers that serve a stdio server from its stock image over HTTP.

No container reaches the standard input and output of another. So the server runs under the program `launch`, which an
init container copies from the bridge's image to a volume, and the bridge connects to it by a Unix socket there.

The bridge is an ordinary container, not a sidecar: the server's container would only start after the startup probe of a
sidecar, which succeeds when the server has initialised. And both get SIGTERM at once, so that running calls can end.
"""

from collections.abc import Sequence

from stacks.manifests import pods
from stacks.manifests.manifest import Value, given
from stacks.manifests.pods import read_only
from stacks.model import bridge
from stacks.model.server import Server

_PROGRAM = "cortex-launch"
"""Its name in the bridge's image."""
_COPY = f"{bridge.FOLDER}/launch"
_SOCKET = f"{bridge.FOLDER}/server.sock"
_MOUNT: Value = {"name": bridge.VOLUME, "mountPath": bridge.FOLDER}


def command(server: Server) -> Sequence[str]:
    """Return the command of the server's container."""
    return [_COPY, "run", _SOCKET, "--", *server.command] if server.bridge else server.command


def mounts(server: Server) -> list[Value]:
    """Return what the server's container mounts for the bridge."""
    return [_MOUNT] if server.bridge else []


def volumes(server: Server) -> list[Value]:
    """Return the volume of both containers."""
    # It has a program of 2 MB, and a socket.
    return [{"name": bridge.VOLUME, "emptyDir": {"sizeLimit": "16Mi"}}] if server.bridge else []


def init_containers(server: Server) -> list[Value]:
    """Return the init container that copies the program."""
    if server.bridge is None:
        return []
    copied: dict[str, Value] = {"command": [_PROGRAM, "copy", _COPY], "volumeMounts": [_MOUNT]}
    return [{**_container(bridge.INIT_CONTAINER, server.bridge), **copied}]


def containers(server: Server, endpoint: dict[str, Value]) -> list[Value]:
    """Return the bridge with the port and the probes of `endpoint`."""
    if server.bridge is None:
        return []
    started: dict[str, Value] = {
        "args": ["--port", str(server.port), "--", _PROGRAM, "connect", _SOCKET],
        "volumeMounts": [read_only(bridge.VOLUME, bridge.FOLDER)],
    }
    return [given({**_container(bridge.CONTAINER, server.bridge), **started, **endpoint})]


def _container(name: str, image: str) -> dict[str, Value]:
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": pods.resources(bridge.RESOURCES),
        "securityContext": pods.container_security(),
    }
