"""The program `launch` in the container of an MCP server: an init container copies it from the cortex image.

A probe by MCP is a command in the server's container, whose image has no program that could ask.
"""

from collections.abc import Sequence

from stacks.manifests import pods
from stacks.manifests.manifest import Value
from stacks.manifests.pods import read_only
from stacks.model import launch
from stacks.model.probe import Probe
from stacks.model.resources import Resources
from stacks.model.server import Server

PROGRAM = "cortex-launch"
"""Its name in the cortex image."""
COPY = f"{launch.FOLDER}/launch"
"""Its path in the server's container."""
# It has a program of 6 MB, and twice that while a newer one replaces it.
_SIZE = "16Mi"


def mount(name: str) -> dict[str, Value]:
    """Return the writable mount of the volume with this name."""
    return {"name": name, "mountPath": launch.FOLDER}


def volume(name: str) -> Value:
    """Return the volume for the program."""
    return {"name": name, "emptyDir": {"sizeLimit": _SIZE}}


def init_container(image: str, name: str, needs: Resources) -> Value:
    """Return the init container that copies the program to the volume with this name."""
    return {
        **container(launch.CONTAINER, image, needs),
        "command": [PROGRAM, "copy", COPY],
        "volumeMounts": [mount(name)],
    }


def container(name: str, image: str, needs: Resources) -> dict[str, Value]:
    """Return what all containers of the cortex image beside a server have."""
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": pods.resources(needs),
        "securityContext": pods.container_security(),
    }


def mounts(server: Server) -> list[Value]:
    """Return what the server's container mounts for its probes."""
    return [read_only(launch.VOLUME, launch.FOLDER)] if server.launcher else []


def volumes(server: Server) -> list[Value]:
    """Return the volume for its probes."""
    return [volume(launch.VOLUME)] if server.launcher else []


def init_containers(server: Server) -> list[Value]:
    """Return the init container for its probes."""
    return [init_container(server.launcher, launch.VOLUME, launch.RESOURCES)] if server.launcher else []


def probe(server: Server, declared: Probe) -> Sequence[str]:
    """Return the command of a probe by MCP, on loopback: the container's network is that of the pod."""
    url = f"{'https' if server.tls else 'http'}://localhost:{server.port}{server.path}"
    return [COPY, "probe", server.transport, url, f"{declared.timeout_seconds}s"]
