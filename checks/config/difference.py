"""What `cortex config diff` shows: the declared ConfigMaps against the live ones, key by key."""

from collections.abc import Iterator, Mapping
from typing import cast

import msgspec

from checks.config.keys import KeyChange, key_changes
from checks.config.live import LiveConfigMap, readings
from checks.errors import UsageError
from checks.kube.listing import PerNamespace
from checks.kube.reading import Read, ReadFailure
from checks.results.conclusion import FINDINGS, OK, UNKNOWN
from checks.results.document import Document
from checks.results.result import Unknown
from checks.target import Target
from stacks.manifests.build import build
from stacks.manifests.manifest import Manifest
from stacks.model.declaration import Declaration
from stacks.model.suggestion import did_you_mean

SCHEMA = "cortex.dev/config-diff/v1"


class ConfigMapDiff(msgspec.Struct, frozen=True, rename="camel"):
    """A declared ConfigMap: whether it is on the cluster (null if that is unknown), and the keys that differ.

    `before` of a key is its declared value, `after` its live value.
    """

    namespace: str
    name: str
    present: bool | None
    keys: tuple[KeyChange, ...]


class DiffReport(Document, frozen=True, rename="camel", kw_only=True):
    """The report of `cortex config diff`."""

    config_maps: tuple[ConfigMapDiff, ...]
    unknowns: tuple[Unknown, ...] = ()


async def diff_report(target: Target, name: str = "") -> DiffReport:
    """Compare the declared ConfigMaps, or those that a name means, with the live ones.

    Raises:
        UsageError: the stack declares no such ConfigMap.
    """
    declared = declared_config_maps(target.declaration, name)
    live = await readings(target, sorted({one.namespace for one in declared}))
    diffs = tuple(_difference(one, live) for one in declared)
    failures = [reading for reading in live.values() if isinstance(reading, ReadFailure)]
    differs = any(each.keys or each.present is False for each in diffs)
    return DiffReport(
        schema=SCHEMA,
        stack=target.stack,
        context=target.connection.context,
        exit_code=FINDINGS if differs else UNKNOWN if failures else OK,
        config_maps=diffs,
        unknowns=tuple(map(Unknown.of, failures)),
    )


def declared_config_maps(declaration: Declaration, name: str = "") -> list[Manifest]:
    """Return the manifests of the stack's ConfigMaps, or of those that a name means, by namespace and name.

    Raises:
        UsageError: there is none.
    """
    every = [one for one in build(declaration) if one.kind == "ConfigMap"]
    found = [one for one in every if not name or name in names_of(one)]
    if name and not found:
        known = sorted({known for one in every for known in names_of(one)})
        raise UsageError(f"the stack declares no ConfigMap {name!r}: {did_you_mean(name, known)}")
    return sorted(found, key=lambda one: (one.namespace, one.name))


def names_of(manifest: Manifest) -> Iterator[str]:
    """Yield its name on the cluster, and its key under cortex:configMaps."""
    yield manifest.name
    if manifest.declared_at[:1] == ("configMaps",):
        yield manifest.declared_at[1]


def _difference(declared: Manifest, live: PerNamespace[LiveConfigMap]) -> ConfigMapDiff:
    reading = live[declared.namespace]
    if not isinstance(reading, Read):
        return ConfigMapDiff(declared.namespace, declared.name, None, ())
    found = next((one for one in reading.value if one.metadata.name == declared.name), None)
    wanted = cast("Mapping[str, str]", declared.content.get("data") or {})
    changes = tuple(key_changes(wanted, found.data)) if found else ()
    return ConfigMapDiff(declared.namespace, declared.name, found is not None, changes)
