"""Read the objects of `cortex:manifests`, each by its name: they can be of kinds that no other part knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import anyio

from checks.drift.compare import compare_object
from checks.kube import models as k8s
from checks.kube.client import Kind
from checks.kube.concurrent import read_each
from checks.kube.reading import Read, ReadFailure, Reading
from checks.kube.resources import Document
from checks.results.builder import ResultBuilder
from checks.results.result import Ref, Remedy
from checks.snapshot.reader import Collector, Reader
from checks.snapshot.snapshot import Snapshot
from stacks.manifests.build import build
from stacks.manifests.files import is_from_file
from stacks.manifests.manifest import Identity, Manifest
from stacks.model.declaration import Declaration

_JSON = cast("type[Document]", dict)


@dataclass(frozen=True)
class Live:
    """The live object of a manifest; None if it does not exist. `obstacle` says why it cannot exist."""

    document: Document | None = None
    obstacle: str = ""


async def collect(reader: Reader) -> Mapping[Identity, Reading[Live]]:
    """Read the live object of each manifest from a file."""
    kinds = _Kinds(reader)
    manifests = {each.identity: each for each in build(reader.declaration) if is_from_file(each)}
    return await read_each(lambda identity: _live(reader, kinds, manifests[identity]), manifests)


FILES = Collector(collect)


def check_files(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Compare the objects of `cortex:manifests` field by field."""
    for manifest in build(declaration):
        if not is_from_file(manifest):
            continue
        if manifest.namespace and not snapshot.has_namespace(manifest.namespace):
            # Reported once, as namespace.missing.
            builder.skipped(manifest.namespace)
        elif (live := builder.use(snapshot.get(FILES)[manifest.identity])) is None:
            continue
        elif live.value.obstacle:
            ref = Ref(manifest.kind, manifest.name, manifest.namespace)
            remedy = Remedy.PERSON
            builder.fault(
                "object.missing", ref, live.value.obstacle, expected="present", actual="absent", remedy=remedy
            )
        else:
            compare_object(builder, manifest, live.value.document)


@dataclass(frozen=True)
class _Kinds:
    """How the API server serves the kinds of the manifests; each API version is read once."""

    reader: Reader
    known: dict[str, Reading[k8s.ApiResources | None]] = field(default_factory=dict)
    _lock: anyio.Lock = field(default_factory=anyio.Lock)

    async def resource(self, manifest: Manifest) -> Reading[k8s.ApiResource | None]:
        """Return the resource of a manifest's kind; None if the API server does not serve it."""
        version = manifest.api_version
        async with self._lock:
            if version not in self.known:
                prefix, _, last = (f"apis/{version}" if "/" in version else f"api/{version}").rpartition("/")
                self.known[version] = await self.reader.api.get(Kind("", prefix, k8s.ApiResources), "", last)
        reading = self.known[version]
        if isinstance(reading, ReadFailure):
            return reading
        served = reading.value.resources if reading.value else []
        found = (each for each in served if each.kind == manifest.kind and "/" not in each.name)
        return Read(next(found, None), reading.seconds)


async def _live(reader: Reader, kinds: _Kinds, manifest: Manifest) -> Reading[Live]:
    served = await kinds.resource(manifest)
    if isinstance(served, ReadFailure):
        return served
    if served.value is None:
        obstacle = f"the API server does not serve {manifest.kind} of {manifest.api_version}"
        return Read(Live(obstacle=obstacle), served.seconds)
    if served.value.namespaced and not manifest.namespace:
        return Read(Live(obstacle=f"a {manifest.kind} lies in a namespace: give metadata.namespace"), served.seconds)
    prefix = f"apis/{manifest.api_version}" if "/" in manifest.api_version else f"api/{manifest.api_version}"
    kind = Kind(prefix, served.value.name, _JSON)
    namespace = manifest.namespace if served.value.namespaced else ""
    reading = await reader.api.get(kind, namespace, manifest.name)
    return reading if isinstance(reading, ReadFailure) else Read(Live(reading.value), reading.seconds)
