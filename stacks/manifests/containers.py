"""The containers of the pods of a server or workload."""

from collections.abc import Mapping, Sequence

from stacks.manifests import bridge, launch, pods, volumes
from stacks.manifests.manifest import Value, given
from stacks.manifests.service import ports
from stacks.model.container import Container
from stacks.model.owner import Owner
from stacks.model.probe import Probe
from stacks.model.process import Process
from stacks.model.volume import Volume
from stacks.model.workload import Workload


def init_containers(declared: Workload) -> list[Value]:
    """Return the init containers; a sidecar is one that is restarted always."""
    volumes = declared.volumes
    sidecars = [{**_other(name, one, volumes), "restartPolicy": "Always"} for name, one in declared.sidecars.items()]
    # Sidecars come before init containers, which can use them.
    others = (_other(name, one, volumes) for name, one in declared.init_containers.items())
    return [*bridge.init_containers(declared), *launch.init_containers(declared), *sidecars, *others]


def containers(owner: Owner, declared: Workload) -> list[Value]:
    """Return its own container, and the bridge if that is another one."""
    return [_container(owner, declared), *bridge.containers(declared, _endpoint(owner, declared))]


def _other(name: str, declared: Container, known: Mapping[str, Volume]) -> dict[str, Value]:
    read_only = {volume: known[volume].read_only or None for volume in declared.mounts}
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


def _container(owner: Owner, declared: Workload) -> Value:
    others = [_port(name, port) for name, port in ports(declared).items()]
    endpoint = {"ports": others or None} if bridge.image(declared) else _endpoint(owner, declared, others)
    return given(
        {
            "name": owner.name,
            "image": declared.image,
            **_process(declared),
            "command": bridge.command(declared),
            "env": volumes.variables(owner, declared) or None,
            "envFrom": volumes.variable_sources(declared),
            "resources": pods.resources(declared.resources),
            "securityContext": pods.container_security(declared.security_context),
            "volumeMounts": [
                *(mount for _, mount in volumes.mounted(owner, declared) if mount),
                *bridge.mounts(declared),
                *launch.mounts(declared),
            ],
            **endpoint,
        }
    )


def _endpoint(owner: Owner, declared: Workload, others: Sequence[Value] = ()) -> dict[str, Value]:
    """Return the ports and probes of the container that serves."""
    first = [_port(owner.port, declared.port)] if declared.port else []
    probes = {f"{name}Probe": _probe(owner, declared, probe) for name, probe in declared.probes}
    return {"ports": [*first, *others] or None, **probes}


def _probe(owner: Owner, declared: Workload, probe: Probe) -> dict[str, Value] | None:
    by_mcp = launch.probe(declared, probe)
    return pods.probe(probe, owner.port, declared.port, by_mcp, tls=declared.serves_tls)


def _port(name: str, number: int) -> Value:
    return {"name": name, "containerPort": number, "protocol": "TCP"}
