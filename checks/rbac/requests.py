"""Accounts, requests, and whether a rule allows a request (Kubernetes: Using RBAC Authorization)."""

from dataclasses import dataclass

from checks.kube.models import PolicyRule
from stacks.manifests.manifest import Manifest

ANY = "*"


@dataclass(frozen=True, order=True)
class Account:
    """A ServiceAccount."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def user(self) -> str:
        """Return its user name for the API server."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"

    @property
    def groups(self) -> tuple[str, ...]:
        """Return its groups for the API server."""
        return ("system:serviceaccounts", f"system:serviceaccounts:{self.namespace}", "system:authenticated")


@dataclass(frozen=True, order=True)
class Request:
    """A request of an account; without a namespace it is cluster-wide."""

    verb: str
    group: str
    resource: str
    """Plural, with the subresource: pods/exec."""
    namespace: str = ""
    name: str = ""

    @property
    def kind(self) -> str:
        """Return the resource with its API group, such as deployments.apps."""
        return f"{self.resource}.{self.group}" if self.group else self.resource

    def __str__(self) -> str:
        named = f" {self.name}" if self.name else ""
        return f"{self.verb} {self.kind}{named} {place(self.namespace)}"


def place(namespace: str) -> str:
    """Return a phrase for a namespace, or for the whole cluster."""
    return f"in namespace {namespace}" if namespace else "cluster-wide"


def allows(rule: PolicyRule, request: Request) -> bool:
    """Return whether a rule allows a request, wherever it is bound."""
    subresource = request.resource.partition("/")[2]
    return (
        _has(rule.verbs, request.verb)
        and _has(rule.api_groups, request.group)
        and (_has(rule.resources, request.resource) or (bool(subresource) and f"*/{subresource}" in rule.resources))
        and (not rule.resource_names or request.name in rule.resource_names)
    )


def _has(listed: list[str], wanted: str) -> bool:
    return ANY in listed or wanted in listed


def accounts_of(manifests: tuple[Manifest, ...]) -> tuple[Account, ...]:
    """Return the ServiceAccounts among the manifests of a stack."""
    return tuple(Account(each.namespace, each.name) for each in manifests if each.kind == "ServiceAccount")
