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
