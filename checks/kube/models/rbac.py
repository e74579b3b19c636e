"""Roles and bindings."""

# ruff: noqa: RUF012 - msgspec copies mutable defaults

from checks.kube.models.base import ManagedMeta, Object


class PolicyRule(Object, frozen=True):
    """A rule of a Role or ClusterRole; a rule without resources is about URLs."""

    verbs: list[str] = []
    api_groups: list[str] = []
    resources: list[str] = []
    resource_names: list[str] = []


class Role(Object, frozen=True):
    """A Role, or a ClusterRole, which has no namespace."""

    metadata: ManagedMeta
    rules: list[PolicyRule] | None = None


class RoleRef(Object, frozen=True):
    """The role that a binding grants."""

    kind: str
    name: str


class Subject(Object, frozen=True):
    """A subject of a binding: a ServiceAccount, a User or a Group."""

    kind: str
    name: str
    namespace: str = ""


class Binding(Object, frozen=True):
    """A RoleBinding, or a ClusterRoleBinding, which has no namespace."""

    metadata: ManagedMeta
    role_ref: RoleRef
    subjects: list[Subject] | None = None
