"""Check the rules inside one server or workload: no duplicates, no overlapping folders, enough ports."""

from collections.abc import Iterator
from itertools import combinations

from pydantic.alias_generators import to_camel

from stacks.model import launch, names
from stacks.model.owner import Owner
from stacks.model.probe import Grpc, HttpGet
from stacks.model.replicas import replicas
from stacks.model.server import Server
from stacks.model.workload import STATEFUL_SET, Workload, controller
from stacks.validation import env_vars, server_rules

OWN_VOLUMES = frozenset({"config", "secrets", "tmp"})
OWN_VOLUME_PREFIXES = frozenset({"config", "secret", "writable"})
"""Names of the volumes that it may have anyway, and how their names begin."""
OWN_DOMAINS = frozenset({"mcp.cortex.dev", "cortex.dev", "pulumi.com"})
"""Domains of the labels and annotations that the stack sets itself."""
BUILT_IN_MOUNTS = (
    "/tmp",  # noqa: S108 - a folder of the container, its own
    names.CONFIG_MOUNT,
    names.SECRETS_MOUNT,
    "/var/run/secrets/kubernetes.io/serviceaccount",
)
"""Folders that its container has or may have."""


def faults(owner: Owner, declared: Workload) -> Iterator[str]:
    """Yield every broken rule as `what is wrong: the way out`."""
    for name in sorted(set(declared.secret_env) & set(declared.secret_files)):
        yield f"{name!r} is in secretEnv and in secretFiles: both make one Secret, so remove one of them"
    yield from _variables(declared)
    yield from _entries(declared)
    yield from _mounts(declared)
    scaling = declared.autoscaling
    if scaling and not scaling.min_replicas <= declared.replicas <= scaling.max_replicas:
        yield (
            f"replicas is {declared.replicas}, but autoscaling goes from {scaling.min_replicas} to "
            f"{scaling.max_replicas}: set replicas between them"
        )
    if isinstance(declared, Server):
        yield from server_rules.faults(declared)
    yield from _ports(owner, declared)
    yield from _hooks(declared)
    yield from _volumes(declared)
    yield from _labels(declared)
    yield from _patches(owner, declared)
    least, away = replicas(declared).least, declared.disruption.max_unavailable
    if 1 < least <= away:
        yield (
            f"disruption.maxUnavailable is {away}, so none of {least} pods need stay available: "
            f"set it to at most {least - 1}"
        )


def _variables(declared: Workload) -> Iterator[str]:
    """Check that each variable is declared once: of two, Kubernetes takes the last without a warning."""
    for (one, here), (other, there) in combinations(env_vars.named(declared).items(), 2):
        for name in sorted(set(here) & set(there)):
            yield f"{name!r} is in {one} and in {other}: remove one of them"


def _entries(declared: Workload) -> Iterator[str]:
    access = declared.kubernetes.namespaces if declared.kubernetes else ()
    clients = [(client.namespace, client.owner, *sorted(client.labels.items())) for client in declared.clients]
    if len(set(clients)) < len(clients):
        yield "clients has the same entry twice: remove one"
    if len(set(access)) < len(access):
        yield "kubernetes.namespaces has the same entry twice: remove one"
    for field, uses in (("secrets", declared.secrets), ("configMaps", declared.config_maps)):
        used = [use.name for use in uses]
        for name in sorted({name for name in used if used.count(name) > 1}):
            yield f"{field} names {name!r} twice: join the two entries"


def _hooks(declared: Workload) -> Iterator[str]:
    """Check that hooks wait less than a pod has to end, which Kubernetes asks for."""
    grace = declared.grace_seconds
    for place, process in {"": declared, **{f"{place}.": one for place, one in declared.beside().items()}}.items():
        for name, hook in process.lifecycle or ():
            if hook and hook.sleep and hook.sleep >= grace:
                yield (
                    f"{place}lifecycle.{to_camel(name)}.sleep is {hook.sleep}, but pods have {grace} seconds to end: "
                    "raise terminationGracePeriodSeconds, or wait less"
                )


def _ports(owner: Owner, declared: Workload) -> Iterator[str]:
    first = {"port": declared.port} if declared.port else {}
    more = {f"ports.{name}": number for name, number in declared.ports.items()}
    for (one, here), (other, there) in combinations({**first, **more}.items(), 2):
        if here == there:
            yield f"{one} and {other} are both {here}: remove one of them"
    for name in sorted({owner.port, names.METRICS} & set(declared.ports)):
        yield f"ports.{name}: is a name that the stack uses itself: choose another"
    service = declared.service
    if service and service.headless and service.port not in (None, declared.port):
        yield (
            f"service.port is {service.port}, but a headless Service leads to the pods' own port "
            f"{declared.port}: remove port, or headless"
        )
    if service and service.port not in (None, declared.port):
        others = {**more, "metrics.port": declared.metrics and declared.metrics.port}
        for place in [place for place, number in others.items() if number == service.port]:
            yield f"service.port and {place} are both {service.port}, and the Service has both: change one of them"
    if declared.client_ranges and not (service and service.type):
        yield "clientRanges admits addresses outside of the cluster: set service.type too, or remove clientRanges"
    if not declared.port:
        yield from _without_port(declared)


def _without_port(declared: Workload) -> Iterator[str]:
    """Check that nothing needs `port`, which is not given."""
    service = declared.service
    needing = {
        "clients": bool(declared.clients) and not declared.ports,
        "clientRanges": bool(declared.client_ranges) and not declared.ports,
        "exposure": declared.exposure is not None,
        "metrics": declared.metrics is not None and declared.metrics.port is None,
        "service": service is not None and not declared.ports,
        "service.port": service is not None and service.port is not None,
        "service.nodePort": service is not None and service.node_port is not None,
    }
    for name, probe in declared.probes:
        action = probe.action()
        needing[f"probes.{name}"] = isinstance(action, (HttpGet, Grpc)) and action.port is None
    for setting in (setting for setting, needs in needing.items() if needs):
        yield f"{setting}: needs a port: set port, or remove {setting}"


def _volumes(declared: Workload) -> Iterator[str]:
    for section, containers in (("initContainers", declared.init_containers), ("sidecars", declared.sidecars)):
        for name, container in containers.items():
            for mounted in sorted(set(container.mounts) - set(declared.volumes)):
                yield f"{section}.{name}.mounts: names the volume {mounted!r}: declare it under volumes"
    for name in sorted(set(declared.init_containers) & set(declared.sidecars)):
        yield f"{name!r} is in initContainers and in sidecars: rename one of them"
    stateful, recreated = declared.controller == STATEFUL_SET, bool(declared.rollout and declared.rollout.strategy)
    if stateful and recreated:
        yield "rollout.strategy is Recreate, which a StatefulSet does not have: remove it"
    for name in declared.volumes:
        if name in OWN_VOLUMES or name.partition("-")[0] in OWN_VOLUME_PREFIXES:
            yield f"volumes.{name}: is a name that the stack uses itself: choose another"
    for name, volume in declared.volumes.items():
        alone = volume.claim and not stateful and volume.claim.access_modes == ("ReadWriteOncePod",)
        if alone and (replicas(declared).most > 1 or not recreated):
            yield (
                f"volumes.{name}.claim.accessModes: is ReadWriteOncePod, so only one pod can mount it: "
                "set replicas: 1 and rollout: {strategy: Recreate}, or controller: StatefulSet"
            )


def _labels(declared: Workload) -> Iterator[str]:
    for field, keys in (("labels", declared.labels), ("annotations", declared.annotations)):
        for key in keys:
            if key == names.APP or key.partition("/")[0] in OWN_DOMAINS:
                yield f"{field}: {key} is set by the stack itself: choose another"


def _patches(owner: Owner, declared: Workload) -> Iterator[str]:
    other = {"Deployment", STATEFUL_SET} - {controller(declared)}
    for kind in sorted(other & set(declared.patch)):
        yield f"patch.{kind}: the {owner.title} has a {controller(declared)}: patch that"
    for kind, patch in declared.patch.items():
        for field in sorted({"apiVersion", "kind", "status"} & set(patch)):
            yield f"patch.{kind}.{field}: cannot be patched: remove it"
        metadata = patch.get("metadata", {})
        if not isinstance(metadata, dict) or set(metadata) - {"labels", "annotations"}:
            yield f"patch.{kind}.metadata: only labels and annotations can be patched"


def _mounts(declared: Workload) -> Iterator[str]:
    """Check that no folder is mounted inside a read-only one or hides another."""
    uses = [(f"secrets.{index}", use.mount) for index, use in enumerate(declared.secrets)]
    uses += [(f"configMaps.{index}", use.mount) for index, use in enumerate(declared.config_maps)]
    uses += [(f"volumes.{name}", volume.mount) for name, volume in declared.volumes.items() if not volume.sub_path]
    mounts = [(f"{place}.mount", folder) for place, folder in uses if folder]
    mounts += [(f"writable.{index}", folder.path) for index, folder in enumerate(declared.writable)]
    launched = isinstance(declared, Server) and (declared.bridge or declared.launcher)
    folders = (*BUILT_IN_MOUNTS, launch.FOLDER) if launched else BUILT_IN_MOUNTS
    built_in = [("the built-in", folder) for folder in folders]
    pairs = [*combinations(mounts, 2), *((mount, own) for mount in mounts for own in built_in)]
    for (one, here), (other, there) in pairs:
        if f"{here}/".startswith(f"{there}/") or f"{there}/".startswith(f"{here}/"):
            yield f"{one} {here} and {other} {there} overlap: choose another folder"
