"""Roles and bindings together: what they grant an account, and through which binding."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

import msgspec

from checks.kube.models import Binding, PolicyRule, Role, Subject
from checks.rbac.requests import Account, Request, allows
from checks.results.result import Ref
from stacks.manifests.manifest import Manifest

T = TypeVar("T")


class Bound(Enum):
    """How a binding concerns an account."""

    BY_NAME = "by name"
    BY_GROUP = "by group"


@dataclass(frozen=True)
class Grant:
    """What one binding gives an account. `rules` is None if there is no such role."""

    binding: Ref
    role: Ref
    rules: tuple[PolicyRule, ...] | None
    bound: Bound = Bound.BY_NAME
    borrowed: bool = False
    """Whether the declaration binds the role and does not define it."""

    @property
    def namespace(self) -> str:
        """Give where it holds: a namespace, or, if empty, the whole cluster."""
        return self.binding.namespace

    def allows(self, request: Request) -> bool:
        """Tell whether it allows a request."""
        within = self.namespace in ("", request.namespace)
        return within and any(allows(rule, request) for rule in self.rules or ())


@dataclass(frozen=True)
class Policy:
    """Roles and bindings of all kinds; those without a namespace hold in the whole cluster."""

    roles: tuple[Role, ...]
    bindings: tuple[Binding, ...]
    borrowed: frozenset[str] = frozenset()
    """ClusterRoles, by name, that the declaration binds and does not define."""

    def grants(self, account: Account) -> Iterator[Grant]:
        """Give what an account is granted, by its name and by its groups."""
        roles = {_role(role.metadata.name, role.metadata.namespace): tuple(role.rules or ()) for role in self.roles}
        for binding in self.bindings:
            bound = how(binding, account)
            if bound is not None:
                namespace = binding.metadata.namespace if binding.role_ref.kind == "Role" else ""
                role = _role(binding.role_ref.name, namespace)
                borrowed = not namespace and role.name in self.borrowed
                yield Grant(reference(binding), role, roles.get(role), bound, borrowed)


def how(binding: Binding, account: Account) -> Bound | None:
    """Tell how a binding concerns an account, if it does."""
    ways = {_how(subject, account) for subject in binding.subjects or ()}
    return next((bound for bound in Bound if bound in ways), None)


def _how(subject: Subject, account: Account) -> Bound | None:
    match subject.kind:
        case "ServiceAccount" if (subject.namespace, subject.name) == (account.namespace, account.name):
            return Bound.BY_NAME
        case "User" if subject.name == account.user:
            return Bound.BY_NAME
        case "Group" if subject.name in account.groups:
            return Bound.BY_GROUP
    return None


def reference(binding: Binding) -> Ref:
    """Give the reference to a binding."""
    meta = binding.metadata
    return Ref("RoleBinding" if meta.namespace else "ClusterRoleBinding", meta.name, meta.namespace)


def _role(name: str, namespace: str) -> Ref:
    return Ref("Role" if namespace else "ClusterRole", name, namespace)


def declared(objects: tuple[Manifest, ...]) -> Policy:
    """Give the roles and bindings among a stack's objects."""
    return Policy(
        roles=tuple(_converted(objects, Role, "Role", "ClusterRole")),
        bindings=tuple(_converted(objects, Binding, "RoleBinding", "ClusterRoleBinding")),
    )


def _converted(objects: tuple[Manifest, ...], kind: type[T], *names: str) -> Iterator[T]:
    return (msgspec.convert(each.document(), kind) for each in objects if each.kind in names)
