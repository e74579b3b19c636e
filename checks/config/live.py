"""Read the ConfigMaps of a stack's namespaces, and find one by its name or by its key in the declaration."""

from collections.abc import Collection

import msgspec

from checks.errors import UsageError
from checks.kube.client import ApiClient, Kind
from checks.kube.listing import PerNamespace, one_by_one
from checks.kube.models import ConfigMap
from checks.kube.models.base import Text
from checks.kube.reading import required
from checks.kube.resources import CONFIG_MAPS
from checks.results.document import Document
from checks.results.result import Ref
from checks.target import Target
from stacks.model.declaration import Declaration
from stacks.model.suggestion import did_you_mean

SCHEMA = "cortex.dev/config-get/v1"


class LiveConfigMap(ConfigMap, frozen=True):
    """A ConfigMap with the fields that only matter where it is read or written as a whole."""

    binary_data: Text = msgspec.field(default_factory=dict)
    immutable: bool = False

    @property
    def ref(self) -> Ref:
        """Return its reference."""
        return Ref("ConfigMap", self.metadata.name, self.metadata.namespace)


KIND = Kind(CONFIG_MAPS.prefix, CONFIG_MAPS.plural, LiveConfigMap)


class Content(Document, frozen=True, rename="camel", kw_only=True):
    """The report of `cortex config get`: keys with their values, and the names of keys with binary values."""

    namespace: str
    name: str
    data: dict[str, str]
    binary_keys: tuple[str, ...]
    immutable: bool


async def readings(target: Target, spaces: Collection[str]) -> PerNamespace[LiveConfigMap]:
    """List the ConfigMaps of namespaces."""
    async with target.connection.client() as client:
        return await one_by_one(ApiClient(client), KIND, spaces)


async def find(target: Target, name: str, namespace: str = "") -> LiveConfigMap:
    """Return the ConfigMap with a name, or with a key of the declaration; in one namespace, or in all of the stack.

    Raises:
        UsageError: there is none, there are several, or the stack has no such namespace.
        UncheckedError: the ConfigMaps cannot be read.
    """
    live = await config_maps(target, namespace)
    return chosen(target.declaration, live, name, namespace)


async def config_maps(target: Target, namespace: str = "") -> list[LiveConfigMap]:
    """Return the ConfigMaps of one namespace, or of all of the stack, by namespace and name.

    Raises:
        UsageError: the stack has no such namespace.
        UncheckedError: they cannot be read.
    """
    declaration = target.declaration
    known = (*declaration.namespaces, *declaration.existing_namespaces)
    if namespace and namespace not in known:
        raise UsageError(f"--namespace: the stack has no namespace {namespace!r}: {did_you_mean(namespace, known)}")
    found: list[LiveConfigMap] = []
    for reading in (await readings(target, [namespace] if namespace else declaration.occupied_namespaces())).values():
        here = required(reading)
        found += here
    return sorted(found, key=lambda one: (one.metadata.namespace, one.metadata.name))


def chosen(declaration: Declaration, live: Collection[LiveConfigMap], name: str, namespace: str = "") -> LiveConfigMap:
    """Return the one ConfigMap that a name means.

    Raises:
        UsageError: there is none, or there are several.
    """
    found = named(declaration, live, name)
    if len(found) > 1:
        spaces = ", ".join(one.metadata.namespace for one in found)
        raise UsageError(f"there are ConfigMaps {name!r} in the namespaces {spaces}: choose one with --namespace")
    if not found:
        where = f"in namespace {namespace}" if namespace else "in the namespaces of the stack"
        raise UsageError(f"there is no ConfigMap {name!r} {where}: {did_you_mean(name, names(declaration, live))}")
    return found[0]


def named(declaration: Declaration, live: Collection[LiveConfigMap], name: str) -> list[LiveConfigMap]:
    """Return the ConfigMaps that a name can mean."""
    declared = declaration.config_maps.get(name)
    place = (declared.namespace, declared.called(name)) if declared else None
    return [one for one in live if one.metadata.name == name or (one.metadata.namespace, one.metadata.name) == place]


def names(declaration: Declaration, live: Collection[LiveConfigMap]) -> list[str]:
    """Return the names by which ConfigMaps can be chosen."""
    return sorted({*declaration.config_maps, *(one.metadata.name for one in live)})


def require_text(live: LiveConfigMap, key: str) -> str:
    """Return the value of a key.

    Raises:
        UsageError: there is no such key, or its value is binary.
    """
    if key in live.binary_data:
        space, name = live.metadata.namespace, live.metadata.name
        raise UsageError(
            f"{live.ref}: the value of {key} is binary: read it with "
            f"`kubectl --namespace {space} get configmap {name} --output json`"
        )
    if key not in live.data:
        keys = sorted({*live.data, *live.binary_data})
        raise UsageError(f"{live.ref} has no key {key!r}: {did_you_mean(key, keys) or 'it has no keys'}")
    return live.data[key]


def content(target: Target, live: LiveConfigMap, key: str = "") -> Content:
    """Return the report of a ConfigMap, or of one of its keys.

    Raises:
        UsageError: there is no such key, or its value is binary.
    """
    data = {key: require_text(live, key)} if key else dict(sorted(live.data.items()))
    return Content(
        schema=SCHEMA,
        stack=target.stack,
        context=target.connection.context,
        exit_code=0,
        namespace=live.metadata.namespace,
        name=live.metadata.name,
        data=data,
        binary_keys=() if key else tuple(sorted(live.binary_data)),
        immutable=live.immutable,
    )
