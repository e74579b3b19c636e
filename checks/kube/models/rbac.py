"""Roles, and what binds them to accounts."""

# ruff: noqa: RUF012 - msgspec copies mutable defaults

from checks.kube.models.base import ManagedMeta, Object


class PolicyRule(Object, frozen=True):
    """One rule of a Role or ClusterRole; one without resources is about URLs."""

    verbs: list[str] = []
    api_groups: list[str] = []
    resources: list[str] = []
    resource_names: list[str] = []


class Role(Object, frozen=True):
    """A Role, or a ClusterRole: that has no namespace."""

    metadata: ManagedMeta
    rules: list[PolicyRule] | None = None


class RoleRef(Object, frozen=True):
    """The role that a binding gives."""

    kind: str
    name: str


class Subject(Object, frozen=True):
    """Whom a binding gives the role: a ServiceAccount, a User or a Group."""

    kind: str
    name: str
    namespace: str = ""


class Binding(Object, frozen=True):
    """A RoleBinding, or a ClusterRoleBinding: that has no namespace."""

    metadata: ManagedMeta
    role_ref: RoleRef
    subjects: list[Subject] | None = None
