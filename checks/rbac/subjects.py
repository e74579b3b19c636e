"""The subjects of bindings: who they are for the API server, and which of them belong to Kubernetes itself."""

from checks.kube.models import Subject
from checks.rbac.requests import Account
from checks.results.result import Ref

RESERVED = "system:"
"""The prefix of the names of users, groups, roles and bindings that belong to Kubernetes."""
ACCOUNT = "system:serviceaccount:"
ACCOUNTS = "system:serviceaccounts"
AUTHENTICATED, UNAUTHENTICATED, ANONYMOUS = "system:authenticated", "system:unauthenticated", "system:anonymous"
MASTERS, ADMIN = "system:masters", "cluster-admin"


def subject_of(named: Subject) -> Ref:
    """Return a subject; a ServiceAccount also where a binding names it by its user name."""
    if named.kind == "ServiceAccount":
        return Ref(named.kind, named.name, named.namespace)
    namespace, separator, name = named.name.removeprefix(ACCOUNT).partition(":")
    if named.kind == "User" and named.name.startswith(ACCOUNT) and separator:
        return Ref("ServiceAccount", name, namespace)
    return Ref(named.kind, named.name)


def identity(subject: Ref) -> tuple[str, tuple[str, ...]]:
    """Return the user name and the groups with which a subject sends requests; a group has no user name."""
    if subject.kind == "ServiceAccount":
        account = Account(subject.namespace, subject.name)
        return account.user, account.groups
    outside = subject.name in (ANONYMOUS, UNAUTHENTICATED)
    everybody = UNAUTHENTICATED if outside else AUTHENTICATED
    if subject.kind == "User":
        return subject.name, (everybody,)
    return "", tuple(dict.fromkeys((subject.name, everybody)))


def is_default(subject: Ref, binding: Ref, role: Ref) -> bool:
    """Return whether Kubernetes itself grants a subject of its own a role of its own.

    Its bindings have the name of their role. The groups of everybody and of all ServiceAccounts do not count as its
    own: a role that is bound to them is everybody's.
    """
    if (subject.kind, subject.name) == ("Group", MASTERS):
        return (binding.name, role.name) == (ADMIN, ADMIN)
    return _is_own(subject) and is_of_kubernetes(binding, role)


def is_of_kubernetes(binding: Ref, role: Ref) -> bool:
    """Return whether a binding and its role are those that Kubernetes makes itself, by their names."""
    return binding.name == role.name and role.name.startswith(RESERVED)


def _is_own(subject: Ref) -> bool:
    if subject.kind == "ServiceAccount":
        return subject.namespace == "kube-system"
    everybody = subject.name in (ANONYMOUS, UNAUTHENTICATED, AUTHENTICATED) or subject.name.startswith(ACCOUNTS)
    return subject.name.startswith(RESERVED) and not everybody
