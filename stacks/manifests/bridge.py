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
from stacks.model.workload import Workload

_PROGRAM = "cortex-launch"
"""Its name in the bridge's image."""
_COPY = f"{bridge.FOLDER}/launch"
_SOCKET = f"{bridge.FOLDER}/server.sock"
_MOUNT: Value = {"name": bridge.VOLUME, "mountPath": bridge.FOLDER}


def image(declared: Workload) -> str | None:
    """Return the image of the bridge; None if it has none."""
    return declared.bridge if isinstance(declared, Server) else None


def command(declared: Workload) -> Sequence[str]:
    """Return the command of its own container."""
    return [_COPY, "run", _SOCKET, "--", *declared.command] if image(declared) else declared.command


def mounts(declared: Workload) -> list[Value]:
    """Return what its own container mounts for the bridge."""
    return [_MOUNT] if image(declared) else []


def volumes(declared: Workload) -> list[Value]:
    """Return the volume of both containers."""
    # It has a program of 2 MB, and a socket.
    return [{"name": bridge.VOLUME, "emptyDir": {"sizeLimit": "16Mi"}}] if image(declared) else []


def init_containers(declared: Workload) -> list[Value]:
    """Return the init container that copies the program."""
    if (found := image(declared)) is None:
        return []
    copied: dict[str, Value] = {"command": [_PROGRAM, "copy", _COPY], "volumeMounts": [_MOUNT]}
    return [{**_container(bridge.INIT_CONTAINER, found), **copied}]


def containers(declared: Workload, endpoint: dict[str, Value]) -> list[Value]:
    """Return the bridge with the port and the probes of `endpoint`."""
    if (found := image(declared)) is None:
        return []
    started: dict[str, Value] = {
        "args": ["--port", str(declared.port), "--", _PROGRAM, "connect", _SOCKET],
        "volumeMounts": [read_only(bridge.VOLUME, bridge.FOLDER)],
    }
    return [given({**_container(bridge.CONTAINER, found), **started, **endpoint})]


def _container(name: str, image: str) -> dict[str, Value]:
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": pods.resources(bridge.RESOURCES),
        "securityContext": pods.container_security(),
    }
