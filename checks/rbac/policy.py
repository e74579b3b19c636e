"""Roles and bindings, and what they grant an account."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

import msgspec

from checks.kube.models import Binding, PolicyRule, Role, Subject
from checks.rbac.requests import Account, Request, allows
from checks.rbac.subjects import subject_of
from checks.results.result import Ref
from stacks.manifests.manifest import Manifest

T = TypeVar("T")


class Bound(Enum):
    """How a binding names an account."""

    BY_NAME = "by name"
    BY_GROUP = "by group"


@dataclass(frozen=True)
class Grant:
    """What a binding grants an account. `rules` is None if the role does not exist."""

    binding: Ref
    role: Ref
    rules: tuple[PolicyRule, ...] | None
    bound: Bound = Bound.BY_NAME
    external: bool = False
    """Whether the declaration binds the role, but does not define it."""
    group: str = ""
    """The group that the binding names, where an account has the grant as a member of it."""

    @property
    def namespace(self) -> str:
        """Return the namespace of the grant; empty for the whole cluster."""
        return self.binding.namespace

    def allows(self, request: Request) -> bool:
        """Return whether it allows a request."""
        within = self.namespace in ("", request.namespace)
        return within and any(allows(rule, request) for rule in self.rules or ())


@dataclass(frozen=True)
class Policy:
    """Roles and bindings of all kinds; those without a namespace apply to the whole cluster."""

    roles: tuple[Role, ...]
    bindings: tuple[Binding, ...]
    external: frozenset[str] = frozenset()
    """Names of the ClusterRoles that the declaration binds, but does not define."""

    def grants(self, account: Account) -> Iterator[Grant]:
        """Yield what an account is granted, by its name and by its groups."""
        yield from self._grants(account, self._rules())

    def by_subject(self, accounts: Iterable[Account] = ()) -> dict[Ref, list[Grant]]:
        """Return what each subject is granted that a binding names, in the order of the subjects.

        The accounts also have what their groups are granted.
        """
        roles, found = self._rules(), defaultdict[Ref, list[Grant]](list)
        for binding in self.bindings:
            for subject in dict.fromkeys(map(subject_of, binding.subjects or ())):
                bound = Bound.BY_GROUP if subject.kind == "Group" else Bound.BY_NAME
                found[subject].append(self._grant(binding, roles, bound))
        for account in accounts:
            by_group = [each for each in self._grants(account, roles) if each.bound is Bound.BY_GROUP]
            if by_group:
                found[account.ref] += by_group
        return dict(sorted(found.items(), key=lambda entry: str(entry[0])))

    def _grants(self, account: Account, roles: Mapping[Ref, tuple[PolicyRule, ...]]) -> Iterator[Grant]:
        for binding in self.bindings:
            bound = bound_by(binding, account)
            if bound is not None:
                named = [each.name for each in binding.subjects or () if each.kind == "Group"]
                group = next((each for each in account.groups if each in named), "") if bound is Bound.BY_GROUP else ""
                yield replace(self._grant(binding, roles, bound), group=group)

    def _rules(self) -> dict[Ref, tuple[PolicyRule, ...]]:
        return {_role(role.metadata.name, role.metadata.namespace): tuple(role.rules or ()) for role in self.roles}

    def _grant(self, binding: Binding, roles: Mapping[Ref, tuple[PolicyRule, ...]], bound: Bound) -> Grant:
        namespace = binding.metadata.namespace if binding.role_ref.kind == "Role" else ""
        role = _role(binding.role_ref.name, namespace)
        external = not namespace and role.name in self.external
        return Grant(reference(binding), role, roles.get(role), bound, external)


def bound_by(binding: Binding, account: Account) -> Bound | None:
    """Return how a binding names an account; None if it does not."""
    found = {_bound_by(subject, account) for subject in binding.subjects or ()}
    return next((bound for bound in Bound if bound in found), None)


def _bound_by(subject: Subject, account: Account) -> Bound | None:
    match subject.kind:
        case "ServiceAccount" if (subject.namespace, subject.name) == (account.namespace, account.name):
            return Bound.BY_NAME
        case "User" if subject.name == account.user:
            return Bound.BY_NAME
        case "Group" if subject.name in account.groups:
            return Bound.BY_GROUP
    return None


def reference(binding: Binding) -> Ref:
    """Return the reference to a binding."""
    meta = binding.metadata
    return Ref("RoleBinding" if meta.namespace else "ClusterRoleBinding", meta.name, meta.namespace)


def _role(name: str, namespace: str) -> Ref:
    return Ref("Role" if namespace else "ClusterRole", name, namespace)


def declared_policy(manifests: tuple[Manifest, ...]) -> Policy:
    """Return the roles and bindings among the manifests of a stack."""
    return Policy(
        roles=tuple(_converted(manifests, Role, "Role", "ClusterRole")),
        bindings=tuple(_converted(manifests, Binding, "RoleBinding", "ClusterRoleBinding")),
    )


def _converted(manifests: tuple[Manifest, ...], kind: type[T], *names: str) -> Iterator[T]:
    return (msgspec.convert(each.document(), kind) for each in manifests if each.kind in names)
