"""Check the rules inside one MCP server: no duplicates, no overlapping folders, replicas in the autoscaler's range."""

from collections.abc import Iterator, Set
from itertools import combinations

from pydantic.alias_generators import to_camel

from stacks.model import bridge, launch, names
from stacks.model.replicas import replicas
from stacks.model.server import STATEFUL_SET, Server, controller
from stacks.validation import env_vars

OWN_VOLUMES = frozenset({"config", "secrets", "tmp"})
OWN_VOLUME_PREFIXES = frozenset({"config", "secret", "writable"})
"""Names of the volumes that a server may have anyway, and how their names begin."""
OWN_DOMAINS = frozenset({"mcp.cortex.dev", "cortex.dev", "pulumi.com"})
"""Domains of the labels and annotations that the stack sets itself."""
BUILT_IN_MOUNTS = (
    "/tmp",  # noqa: S108 - a folder of the container, its own
    names.CONFIG_MOUNT,
    names.SECRETS_MOUNT,
    "/var/run/secrets/kubernetes.io/serviceaccount",
)
"""Folders that a server's container has or may have."""


def faults(server: Server) -> Iterator[str]:
    """Yield every broken rule as `what is wrong: the way out`."""
    for name in sorted(set(server.secret_env) & set(server.secret_files)):
        yield f"{name!r} is in secretEnv and in secretFiles: both make one Secret, so remove one of them"
    yield from _variables(server)
    yield from _entries(server)
    yield from _mounts(server)
    scaling = server.autoscaling
    if scaling and not scaling.min_replicas <= server.replicas <= scaling.max_replicas:
        yield (
            f"replicas is {server.replicas}, but autoscaling goes from {scaling.min_replicas} to "
            f"{scaling.max_replicas}: set replicas between them"
        )
    yield from _bridge(server)
    yield from _by_mcp(server)
    yield from _ports(server)
    yield from _hooks(server)
    yield from _volumes(server)
    yield from _labels(server)
    yield from _patches(server)
    least, away = replicas(server).least, server.disruption.max_unavailable
    if 1 < least <= away:
        yield (
            f"disruption.maxUnavailable is {away}, so none of {least} pods need stay available: "
            f"set it to at most {least - 1}"
        )


def _variables(server: Server) -> Iterator[str]:
    """Check that each variable is declared once: of two, Kubernetes takes the last without a warning."""
    for (one, here), (other, there) in combinations(env_vars.named(server).items(), 2):
        for name in sorted(set(here) & set(there)):
            yield f"{name!r} is in {one} and in {other}: remove one of them"


def _entries(server: Server) -> Iterator[str]:
    access = server.kubernetes.namespaces if server.kubernetes else ()
    clients = [(client.namespace, *sorted(client.labels.items())) for client in server.clients]
    if len(set(clients)) < len(clients):
        yield "clients has the same entry twice: remove one"
    if len(set(access)) < len(access):
        yield "kubernetes.namespaces has the same entry twice: remove one"
    for field, uses in (("secrets", server.secrets), ("configMaps", server.config_maps)):
        used = [use.name for use in uses]
        for name in sorted({name for name in used if used.count(name) > 1}):
            yield f"{field} names {name!r} twice: join the two entries"


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


def _hooks(server: Server) -> Iterator[str]:
    """Check that hooks wait less than a pod has to end, which Kubernetes asks for."""
    grace = server.grace_seconds
    for place, process in {"": server, **{f"{place}.": one for place, one in server.beside().items()}}.items():
        for name, hook in process.lifecycle or ():
            if hook and hook.sleep and hook.sleep >= grace:
                yield (
                    f"{place}lifecycle.{to_camel(name)}.sleep is {hook.sleep}, but pods have {grace} seconds to end: "
                    "raise terminationGracePeriodSeconds, or wait less"
                )


def _ports(server: Server) -> Iterator[str]:
    numbers = [("port", server.port), *((f"ports.{name}", number) for name, number in server.ports.items())]
    for (one, here), (other, there) in combinations(numbers, 2):
        if here == there:
            yield f"{one} and {other} are both {here}: remove one of them"
    for name in sorted({names.HTTP, names.METRICS} & set(server.ports)):
        yield f"ports.{name}: is a name that the stack uses itself: choose another"
    if server.service and server.service.headless and server.service.port not in (None, server.port):
        yield (
            f"service.port is {server.service.port}, but a headless Service leads to the pods' own port "
            f"{server.port}: remove port, or headless"
        )
    if server.client_ranges and not (server.service and server.service.type):
        yield "clientRanges admits addresses outside of the cluster: set service.type too, or remove clientRanges"


def _volumes(server: Server) -> Iterator[str]:
    for section, containers in (("initContainers", server.init_containers), ("sidecars", server.sidecars)):
        for name, container in containers.items():
            for mounted in sorted(set(container.mounts) - set(server.volumes)):
                yield f"{section}.{name}.mounts: names the volume {mounted!r}: declare it under volumes"
    for name in sorted(set(server.init_containers) & set(server.sidecars)):
        yield f"{name!r} is in initContainers and in sidecars: rename one of them"
    stateful, recreated = server.controller == STATEFUL_SET, bool(server.rollout and server.rollout.strategy)
    if stateful and recreated:
        yield "rollout.strategy is Recreate, which a StatefulSet does not have: remove it"
    for name in server.volumes:
        if name in OWN_VOLUMES or name.partition("-")[0] in OWN_VOLUME_PREFIXES:
            yield f"volumes.{name}: is a name that the stack uses itself: choose another"
    for name, volume in server.volumes.items():
        alone = volume.claim and not stateful and volume.claim.access_modes == ("ReadWriteOncePod",)
        if alone and (replicas(server).most > 1 or not recreated):
            yield (
                f"volumes.{name}.claim.accessModes: is ReadWriteOncePod, so only one pod can mount it: "
                "set replicas: 1 and rollout: {strategy: Recreate}, or controller: StatefulSet"
            )


def _labels(server: Server) -> Iterator[str]:
    for field, keys in (("labels", server.labels), ("annotations", server.annotations)):
        for key in keys:
            if key == names.APP or key.partition("/")[0] in OWN_DOMAINS:
                yield f"{field}: {key} is set by the stack itself: choose another"


def _patches(server: Server) -> Iterator[str]:
    other = {"Deployment", STATEFUL_SET} - {controller(server)}
    for kind in sorted(other & set(server.patch)):
        yield f"patch.{kind}: the server has a {controller(server)}: patch that"
    for kind, patch in server.patch.items():
        for field in sorted({"apiVersion", "kind", "status"} & set(patch)):
            yield f"patch.{kind}.{field}: cannot be patched: remove it"
        metadata = patch.get("metadata", {})
        if not isinstance(metadata, dict) or set(metadata) - {"labels", "annotations"}:
            yield f"patch.{kind}.metadata: only labels and annotations can be patched"


def _mounts(server: Server) -> Iterator[str]:
    """Check that no folder is mounted inside a read-only one or hides another."""
    uses = [(f"secrets.{index}", use.mount) for index, use in enumerate(server.secrets)]
    uses += [(f"configMaps.{index}", use.mount) for index, use in enumerate(server.config_maps)]
    uses += [(f"volumes.{name}", volume.mount) for name, volume in server.volumes.items() if not volume.sub_path]
    mounts = [(f"{place}.mount", folder) for place, folder in uses if folder]
    mounts += [(f"writable.{index}", folder.path) for index, folder in enumerate(server.writable)]
    folders = (*BUILT_IN_MOUNTS, launch.FOLDER) if server.bridge or server.launcher else BUILT_IN_MOUNTS
    built_in = [("the built-in", folder) for folder in folders]
    pairs = [*combinations(mounts, 2), *((mount, own) for mount in mounts for own in built_in)]
    for (one, here), (other, there) in pairs:
        if f"{here}/".startswith(f"{there}/") or f"{there}/".startswith(f"{here}/"):
            yield f"{one} {here} and {other} {there} overlap: choose another folder"
