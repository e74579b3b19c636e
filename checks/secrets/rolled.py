"""Whether the pods of a server or workload run with the current Secrets and ConfigMaps, and whether these exist."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import anyio.to_thread

from checks.kube import models as k8s
from checks.kube.client import ApiClient
from checks.kube.listing import PerNamespace
from checks.kube.models.references import Reference, Workload
from checks.kube.reading import Read, ReadFailure, Reading
from checks.secrets.sealed import SECRETS, Opened
from checks.secrets.wanted import Place, wanted_config_maps, wanted_secrets
from stacks.manifests.checksum import checksum
from stacks.manifests.deployment import checksum_owner
from stacks.manifests.pod_config import Content, used
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.owner import Owner
from stacks.model.workload import controller


@dataclass(frozen=True)
class Cluster:
    """The live objects. It has values of Secrets, so it must not be kept."""

    declaration: Declaration
    api: ApiClient
    secrets: Mapping[Place, Reading[Opened | None]]
    config_maps: PerNamespace[k8s.ConfigMap]
    workloads: Mapping[str, PerNamespace[Workload]]
    """Kind → the objects that run pods."""

    def config_map(self, place: Place) -> Reading[k8s.ConfigMap | None]:
        """Return a ConfigMap; None if it does not exist."""
        listing = self.config_maps[place.namespace]
        if isinstance(listing, ReadFailure):
            return listing
        found = (each for each in listing.value if each.metadata.name == place.name)
        return Read(next(found, None), listing.seconds)


@dataclass(frozen=True)
class Rolled:
    """The Secrets and ConfigMaps of the pods of a server or workload."""

    current: bool | None
    """Whether its pods run with the current content; None if an object is missing or not as declared."""
    dangling: tuple[Reference, ...]
    """Undeclared objects that its pods refer to, and that do not exist."""


async def read_rolled(cluster: Cluster, owner: Owner) -> Reading[Rolled | None]:
    """Return the state of its pods; None without its Deployment. The checksum of Secrets takes some 50 ms of CPU."""
    declared = cluster.declaration.running()[owner]
    deployments = cluster.workloads[controller(declared)][declared.namespace]
    if isinstance(deployments, ReadFailure):
        return deployments
    deployment = next((d for d in deployments.value if d.metadata.name == owner.name), None)
    if deployment is None:
        return Read(None, deployments.seconds)
    dangling = await _dangling(cluster, declared.namespace, set(deployment.references()))
    if isinstance(dangling, ReadFailure):
        return dangling
    content = _content(cluster, owner)
    if isinstance(content, ReadFailure):
        return content
    current = None
    if content is not None:
        sums = partial(checksum, checksum_owner(owner, declared), content.plain(declared.config), content.values())
        annotated = deployment.spec.template.metadata.annotations.get(names.CHECKSUM)
        current = annotated == await anyio.to_thread.run_sync(sums)
    return Read(Rolled(current, dangling.value), deployments.seconds + dangling.seconds)


def _content(cluster: Cluster, owner: Owner) -> Content[str] | ReadFailure | None:
    """Return what its pods read, with the current values; None if it is missing or not as declared."""
    declaration, declared = cluster.declaration, cluster.declaration.running()[owner]
    for config_map in wanted_config_maps(declaration):
        if owner in config_map.users:
            live = cluster.config_map(config_map.place)
            if isinstance(live, ReadFailure):
                return live
            if live.value is None or live.value.data != config_map.data:
                return None
    values: dict[str, Mapping[str, str]] = {name: {} for name in declaration.secrets}
    for secret in wanted_secrets(declaration):
        if owner in secret.users and secret.made:
            reading = cluster.secrets[secret.place]
            if isinstance(reading, ReadFailure):
                return reading
            current = reading.value.values_() if reading.value else {}
            if not secret.keys <= current.keys():
                return None
            values[secret.key] = {key: current[key] for key in secret.keys}
    own = values.get(owner.secret, {}) if declared.has_own_secret else {}
    return used(declared, declaration, own, values)


async def _dangling(
    cluster: Cluster, namespace: str, references: Iterable[Reference]
) -> Reading[tuple[Reference, ...]]:
    declared = {("Secret", secret.place): secret.keys for secret in wanted_secrets(cluster.declaration)}
    declared |= {("ConfigMap", c.place): frozenset(c.data) for c in wanted_config_maps(cluster.declaration)}
    found: list[Reference] = []
    seconds = 0.0
    for reference in references:
        place = Place(namespace, reference.name)
        keys = declared.get((reference.kind, place))
        if reference.optional or (keys is not None and (not reference.key or reference.key in keys)):
            # A missing declared object is reported as such.
            continue
        live = await _keys(cluster, reference.kind, place)
        if isinstance(live, ReadFailure):
            return live
        seconds += live.seconds
        if live.value is None or (reference.key and reference.key not in live.value):
            found.append(reference)
    return Read(tuple(sorted(found, key=str)), seconds)


async def _keys(cluster: Cluster, kind: str, place: Place) -> Reading[frozenset[str] | None]:
    reading: Reading[Opened | None] | Reading[k8s.ConfigMap | None]
    if kind == "Secret":
        reading = cluster.secrets.get(place) or await cluster.api.get(SECRETS, *place)
    else:
        reading = cluster.config_map(place)
    if isinstance(reading, ReadFailure):
        return reading
    return Read(None if reading.value is None else frozenset(reading.value.data), reading.seconds)
