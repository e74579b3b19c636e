"""Accounts, requests, and whether a rule allows a request (Kubernetes: Using RBAC Authorization)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from checks.kube.models import PolicyRule
from checks.results.result import Ref
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
    def ref(self) -> Ref:
        """Return the reference to it."""
        return Ref("ServiceAccount", self.name, self.namespace)

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
        return kind(self.resource, self.group)

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


def nameless(verb: str, resource: str) -> bool:
    """Return whether the request has no object name, so that a rule with resourceNames never allows it."""
    return verb == "create" and "/" not in resource


def nearest(rule: PolicyRule, request: Request) -> Request | None:
    """Return the request if a rule allows it, or else for the first object to which the rule limits it; or None."""
    if allows(rule, request):
        return request
    if request.name or not rule.resource_names or nameless(request.verb, request.resource):
        return None
    named = replace(request, name=rule.resource_names[0])
    return named if allows(rule, named) else None


def described(rule: PolicyRule) -> str:
    """Return a rule about resources on one line: its verbs, resources, and the objects to which it is limited."""
    resources = (kind(resource, group) for group in rule.api_groups for resource in rule.resources)
    only = f" (only {_joined(rule.resource_names)})" if rule.resource_names else ""
    return f"{_joined(rule.verbs)} {_joined(resources)}{only}"


def _joined(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def kind(resource: str, group: str) -> str:
    """Return a resource with its API group, such as deployments.apps."""
    return f"{resource}.{group}" if group else resource


def _has(listed: list[str], wanted: str) -> bool:
    return ANY in listed or wanted in listed


def accounts_of(manifests: tuple[Manifest, ...]) -> tuple[Account, ...]:
    """Return the ServiceAccounts among the manifests of a stack."""
    return tuple(Account(each.namespace, each.name) for each in manifests if each.kind == "ServiceAccount")
