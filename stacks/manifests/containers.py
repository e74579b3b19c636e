"""The containers of an MCP server's pods."""

from collections.abc import Sequence

from stacks.manifests import bridge, launch, pods, volumes
from stacks.manifests.manifest import Value, given
from stacks.manifests.service import ports
from stacks.model import names
from stacks.model.container import Container
from stacks.model.probe import Probe
from stacks.model.process import Process
from stacks.model.server import Server


def init_containers(server: Server) -> list[Value]:
    """Return the init containers; a sidecar is one that is restarted always."""
    sidecars = [{**_other(name, one, server), "restartPolicy": "Always"} for name, one in server.sidecars.items()]
    # Sidecars come before init containers, which can use them.
    others = (_other(name, one, server) for name, one in server.init_containers.items())
    return [*bridge.init_containers(server), *launch.init_containers(server), *sidecars, *others]


def containers(kind: str, server: Server) -> list[Value]:
    """Return the server's own container, and the bridge if that is another one."""
    return [_container(kind, server), *bridge.containers(server, _endpoint(server))]


def _other(name: str, declared: Container, server: Server) -> dict[str, Value]:
    read_only = {volume: server.volumes[volume].read_only or None for volume in declared.mounts}
    mounts = [
        given({"name": volume, "mountPath": folder, "readOnly": read_only[volume]})
        for volume, folder in declared.mounts.items()
    ]
    own = declared.security_context
    return given(
        {
            "name": name,
            "image": declared.image,
            **_process(declared),
            "env": list(volumes.plain_variables(declared.env)) or None,
            "resources": pods.resources(declared.resources),
            "securityContext": {**(pods.container_ids(own) if own else {}), **pods.container_security(own)},
            "volumeMounts": mounts or None,
        }
    )


def _process(declared: Process) -> dict[str, Value]:
    return given(
        {
            "imagePullPolicy": declared.image_pull_policy or "IfNotPresent",
            "command": declared.command,
            "args": declared.args,
            "workingDir": declared.working_dir,
            "lifecycle": pods.lifecycle(declared.lifecycle),
        }
    )


def _container(kind: str, server: Server) -> Value:
    others = [_port(name, port) for name, port in ports(server).items()]
    endpoint = {"ports": others or None} if server.bridge else _endpoint(server, others)
    return given(
        {
            "name": names.server(kind),
            "image": server.image,
            **_process(server),
            "command": bridge.command(server),
            "env": volumes.variables(kind, server) or None,
            "envFrom": volumes.variable_sources(server),
            "resources": pods.resources(server.resources),
            "securityContext": pods.container_security(server.security_context),
            "volumeMounts": [
                *(mount for _, mount in volumes.mounted(kind, server) if mount),
                *bridge.mounts(server),
                *launch.mounts(server),
            ],
            **endpoint,
        }
    )


def _endpoint(server: Server, others: Sequence[Value] = ()) -> dict[str, Value]:
    """Return the ports and probes of the container that serves MCP."""
    return {
        "ports": [_port(names.HTTP, server.port), *others],
        "livenessProbe": _probe(server, server.probes.liveness),
        "readinessProbe": _probe(server, server.probes.readiness),
        "startupProbe": _probe(server, server.probes.startup),
    }


def _probe(server: Server, declared: Probe) -> dict[str, Value] | None:
    by_mcp = launch.probe(server, declared)
    return pods.probe(declared, names.HTTP, server.port, by_mcp, tls=bool(server.tls))


def _port(name: str, number: int) -> Value:
    return {"name": name, "containerPort": number, "protocol": "TCP"}
