"""The groups of the API that a server serves."""

# ruff: noqa: RUF012 - msgspec copies mutable defaults

from checks.kube.models.base import Object


class GroupVersion(Object, frozen=True):
    """A group of the API in one version, such as apps/v1."""

    group_version: str


class ApiGroup(Object, frozen=True):
    """A group of the API."""

    versions: list[GroupVersion] = []


class ApiGroups(Object, frozen=True):
    """The answer of /apis."""

    groups: list[ApiGroup] = []
