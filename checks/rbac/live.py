"""The live roles and bindings of the whole cluster and of some namespaces, as far as they can be read."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import msgspec

from checks.kube.models import Binding, Meta, PolicyRule, Role
from checks.kube.reading import Read, ReadFailure, Reading
from checks.rbac.check import CHECK
from checks.rbac.policy import Grant, Policy, declared_policy
from checks.rbac.requests import Account, described
from checks.results.result import Ref, Unknown
from checks.snapshot.snapshot import Snapshot
from checks.snapshot.take import take
from checks.target import Target
from stacks.manifests.build import build
from stacks.model.declaration import Declaration

NEEDED = replace(CHECK, collectors=())
"""What of the cluster has to be read."""


class _Placed(Protocol):
    @property
    def metadata(self) -> Meta:
        """Its metadata."""


T = TypeVar("T", bound=_Placed)


class Way(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a subject gets a permission: by which binding, role and rule, and whether the stack declares the binding.

    `group` is the group that the binding names, for a ServiceAccount that has the permission as a member of it.
    """

    binding: str
    role: str
    rule: str
    declared: bool
    group: str = ""

    def __str__(self) -> str:
        return f"{self.binding} → {self.role}: {self.rule}{membership(self.group)}"


@dataclass(frozen=True)
class Live:
    """The live roles and bindings, the ServiceAccounts of the stack's namespaces, and what could not be read."""

    policy: Policy
    accounts: tuple[Account, ...]
    unknowns: tuple[Unknown, ...]

    def by_subject(self) -> dict[Ref, list[Grant]]:
        """Return what each subject is granted that a binding names; the accounts also through their groups."""
        return self.policy.by_subject(self.accounts)


async def live(target: Target, namespaces: Iterable[str]) -> Live:
    """Return the live roles and bindings that apply in the whole cluster or in one of these namespaces."""
    snapshot = await take(target.declaration, target.connection, [NEEDED])
    spaces = tuple(namespaces)
    roles = [snapshot.whole("ClusterRole", Role), *_within(snapshot, "Role", Role, spaces)]
    bindings = [snapshot.whole("ClusterRoleBinding", Binding), *_within(snapshot, "RoleBinding", Binding, spaces)]
    policy = Policy(tuple(_read(roles)), tuple(_read(bindings)))
    named = {space: snapshot.live("ServiceAccount", space) for space in target.declaration.occupied_namespaces()}
    accounts = [Account(space, each) for space, of in named.items() if isinstance(of, Read) for each in of.value]
    return Live(policy, tuple(accounts), unknowns([*roles, *bindings, *named.values()]))


def _within(snapshot: Snapshot, kind: str, model: type[T], spaces: Iterable[str]) -> Iterator[Reading[tuple[T, ...]]]:
    whole = snapshot.whole(kind, model)
    for space in spaces:
        if isinstance(whole, Read):
            yield Read(tuple(each for each in whole.value if each.metadata.namespace == space), whole.seconds)
        elif not snapshot.unreachable and space in snapshot.listings[kind].parts:
            yield snapshot.typed(kind, space, model)
        else:
            yield whole


def _read(readings: Iterable[Reading[tuple[T, ...]]]) -> Iterator[T]:
    for reading in readings:
        if isinstance(reading, Read):
            yield from reading.value


def unknowns(readings: Iterable[object]) -> tuple[Unknown, ...]:
    """Return what could not be read, each once."""
    failures = (reading for reading in readings if isinstance(reading, ReadFailure))
    return tuple(dict.fromkeys(Unknown.of(each) for each in failures))


def holder(subject: Ref, grant: Grant) -> Ref:
    """Return whom the binding of a grant names: the subject itself, or its group."""
    return Ref("Group", grant.group) if grant.group else subject


def way(subject: Ref, grant: Grant, rule: PolicyRule, declared: Set[tuple[Ref, Ref, Ref]]) -> Way:
    """Return how a subject gets the permissions of a rule; `declared` are the bindings of the stack."""
    is_declared = (holder(subject, grant), grant.binding, grant.role) in declared
    return Way(str(grant.binding), str(grant.role), described(rule), declared=is_declared, group=grant.group)


def membership(group: str) -> str:
    """Return a phrase for the group by which a permission is given; empty without one."""
    return f", as a member of group {group}" if group else ""


def declared_bindings(declaration: Declaration) -> frozenset[tuple[Ref, Ref, Ref]]:
    """Return the subjects that the stack binds, each with the binding and the role."""
    granted = declared_policy(build(declaration)).by_subject().items()
    return frozenset((subject, grant.binding, grant.role) for subject, grants in granted for grant in grants)
