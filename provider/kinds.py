"""Kubernetes kinds: parsed from Pulumi type tokens, and the addresses of their objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from provider.errors import UnsupportedError

if TYPE_CHECKING:
    from provider.properties import Object

_PACKAGE = "kubernetes"
_CLIENT_SIDE = ("helm.sh", "yaml", "kustomize")
_PATCH = "Patch"


@dataclass(frozen=True)
class Kind:
    """Group ('' is the core group), version and kind; a `…Patch` resource declares some fields of an object."""

    group: str
    version: str
    name: str
    is_patch: bool = False

    @property
    def api_version(self) -> str:
        """Return the API version as in manifests: `v1`, `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def key(self) -> tuple[str, str]:
        """Return group and name, which are the same in every version."""
        return self.group, self.name


DEPLOYMENT, JOB = ("apps", "Deployment"), ("batch", "Job")
CUSTOM_RESOURCE_DEFINITION = ("apiextensions.k8s.io", "CustomResourceDefinition")


def parse_token(token: str, declared: Object) -> Kind:
    """Return the kind of a type token such as `kubernetes:apps/v1:Deployment`.

    `declared` are properties of the resource. They tell a patch from a custom kind whose own name ends in `Patch`.

    Raises:
        UnsupportedError: The token is not that of a single object.
    """
    package, _, rest = token.partition(":")
    group_version, _, name = rest.partition(":")
    group, _, version = group_version.rpartition("/")
    if package != _PACKAGE or not (group_version and name):
        raise UnsupportedError(f"{token} is not a type of the form kubernetes:<group>/<version>:<Kind>")
    if group in _CLIENT_SIDE:
        raise UnsupportedError(
            f"{token} is rendered on the client, which the air-gapped kubernetes plugin does not support:"
            " declare its objects as typed resources, or install the official plugin"
        )
    if name.endswith("List") and ("." not in group or group.endswith(".k8s.io")):
        raise UnsupportedError(f"{token} is a list, which cannot be created: declare its items instead")
    is_patch = name.endswith(_PATCH) and declared.get("kind", "") != name
    name = name.removesuffix(_PATCH) if is_patch else name
    return Kind("" if group == "core" else group, version, name, is_patch)


@dataclass(frozen=True)
class Resource:
    """A kind as the API server serves it."""

    kind: Kind
    plural: str
    namespaced: bool

    def collection(self, namespace: str) -> str:
        """Return the URL path of the objects in `namespace`, or in all namespaces if that is ''."""
        root = f"/apis/{self.kind.api_version}" if self.kind.group else f"/api/{self.kind.version}"
        scope = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced and namespace else ""
        return f"{root}{scope}/{self.plural}"


@dataclass(frozen=True)
class Reference:
    """The address of one object.

    `namespace` is '' for cluster-scoped kinds; `name` is '' if the server generates it.
    """

    resource: Resource
    namespace: str
    name: str

    @property
    def id(self) -> str:
        """Return the resource id in Pulumi state: `namespace/name`, or `name`."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def path(self) -> str:
        """Return the URL path."""
        return f"{self.resource.collection(self.namespace)}/{quote(self.name, safe='')}"

    def __str__(self) -> str:
        return f"{self.resource.kind.name} {self.id}"
