"""The API groups that a server serves."""

# ruff: noqa: RUF012 - msgspec copies mutable defaults

from checks.kube.models.base import Object


class GroupVersion(Object, frozen=True):
    """An API group with a version, such as apps/v1."""

    group_version: str


class ApiGroup(Object, frozen=True):
    """An API group."""

    versions: list[GroupVersion] = []


class ApiGroups(Object, frozen=True):
    """The answer of /apis."""

    groups: list[ApiGroup] = []


class ApiResource(Object, frozen=True):
    """A kind that the API server serves: its plural, whether its objects lie in namespaces, and its verbs."""

    name: str
    kind: str
    namespaced: bool
    verbs: list[str] = []


class ApiResources(Object, frozen=True):
    """The kinds of an API group and version, with their subresources."""

    resources: list[ApiResource] = []
