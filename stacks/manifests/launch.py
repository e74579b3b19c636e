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
from stacks.model.workload import Workload

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


def mounts(declared: Workload) -> list[Value]:
    """Return what its own container mounts for its probes."""
    return [read_only(launch.VOLUME, launch.FOLDER)] if _image(declared) else []


def volumes(declared: Workload) -> list[Value]:
    """Return the volume for its probes."""
    return [volume(launch.VOLUME)] if _image(declared) else []


def init_containers(declared: Workload) -> list[Value]:
    """Return the init container for its probes."""
    image = _image(declared)
    return [init_container(image, launch.VOLUME, launch.RESOURCES)] if image else []


def probe(declared: Workload, asked: Probe) -> Sequence[str]:
    """Return the command of a probe by MCP, on loopback: the container's network is that of the pod.

    It is empty for a workload, which has no such probe.
    """
    if not isinstance(declared, Server):
        return []
    url = f"{'https' if declared.serves_tls else 'http'}://localhost:{declared.port}{declared.path}"
    return [COPY, "probe", declared.transport, url, f"{asked.timeout_seconds}s"]


def _image(declared: Workload) -> str | None:
    return declared.launcher if isinstance(declared, Server) else None
