"""Access that allows privilege escalation (docs/rbac.md; Kubernetes: Role Based Access Control Good Practices)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from checks.kube.models import PolicyRule
from checks.rbac.policy import Grant
from checks.rbac.requests import ANY, Request, allows, nameless, place
from stacks.model import names

CHANGE = ("create", "update", "patch")
_RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Access:
    """Verbs on resources of one API group; any of the verbs on any of the resources is enough."""

    verbs: tuple[str, ...]
    group: str
    resources: tuple[str, ...]


@dataclass(frozen=True)
class Escalation:
    """A way of privilege escalation: the access that it needs, and what that access allows in addition."""

    name: str
    what: str
    """What the account may do."""
    so: str
    """What it can therefore do in addition."""
    access: tuple[Access, ...]
    cluster: bool = False
    """Whether the resources are cluster-scoped, so that a RoleBinding does not grant the access."""
    only_in: str = ""
    """The only namespace in which the access matters; empty means every namespace."""

    def request(self, namespace: str = "") -> Request:
        """Return a request that shows whether an account has the access."""
        first = self.access[0]
        return Request(first.verbs[0], first.group, first.resources[0], namespace)


SECRETS = Escalation(
    "secrets", "read Secrets", "can use the credentials in them", (Access(("list", "get", "watch"), "", ("secrets",)),)
)

ESCALATIONS = (
    SECRETS,
    Escalation(
        "pods",
        "create pods or their controllers",
        "can read the Secrets and use the ServiceAccounts of the namespace",
        (
            Access(CHANGE[:1], "", ("pods",)),
            Access(CHANGE, "", ("replicationcontrollers", "podtemplates")),
            Access(CHANGE, "apps", ("deployments", "replicasets", "statefulsets", "daemonsets")),
            Access(CHANGE, "batch", ("jobs", "cronjobs")),
        ),
    ),
    Escalation(
        "exec",
        "run commands in pods",
        "can use their tokens and files",
        (
            Access(("create", "get"), "", ("pods/exec", "pods/attach")),
            Access(("update", "patch"), "", ("pods/ephemeralcontainers",)),
        ),
    ),
    Escalation(
        "tokens",
        "request tokens of ServiceAccounts",
        "can act as any of them",
        (Access(("create",), "", ("serviceaccounts/token",)),),
    ),
    Escalation(
        "impersonate",
        "impersonate users, groups or ServiceAccounts",
        "can act as any of them",
        (Access(("impersonate",), "", ("serviceaccounts", "users", "groups")),),
    ),
    Escalation(
        "bindings",
        "write bindings",
        "can grant its own permissions to others, which keep them when it loses them",
        (Access(CHANGE, _RBAC, ("rolebindings", "clusterrolebindings")),),
    ),
    Escalation(
        "bind", "bind roles", "can grant itself any of them", (Access(("bind",), _RBAC, ("clusterroles", "roles")),)
    ),
    Escalation(
        "escalate",
        "escalate roles",
        "can add permissions to them that it does not have",
        (Access(("escalate",), _RBAC, ("clusterroles", "roles")),),
    ),
    Escalation(
        "namespaces",
        "change namespaces",
        "can remove Pod Security labels and start privileged pods",
        (Access(("patch", "update"), "", ("namespaces",)),),
    ),
    Escalation(
        "nodes",
        "use the kubelets' API",
        "can run commands in every pod of a node",
        (Access(("get", "create"), "", ("nodes/proxy",)),),
        cluster=True,
    ),
    Escalation(
        "volumes",
        "create PersistentVolumes",
        "can read and write files of the nodes",
        (Access(("create",), "", ("persistentvolumes",)),),
        cluster=True,
    ),
    Escalation(
        "webhooks",
        "write admission webhooks",
        "can read and change every object that is written",
        (
            Access(
                CHANGE,
                "admissionregistration.k8s.io",
                ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"),
            ),
        ),
        cluster=True,
    ),
    Escalation(
        "certificates",
        "approve certificate requests",
        "can create a client certificate for any user",
        (Access(("update", "patch"), "certificates.k8s.io", ("certificatesigningrequests/approval",)),),
        cluster=True,
    ),
    Escalation(
        "endpoints",
        "write the endpoints of Services",
        "can redirect their traffic (CVE-2021-25740)",
        (Access(CHANGE, "", ("endpoints",)), Access(CHANGE, "discovery.k8s.io", ("endpointslices",))),
    ),
    Escalation(
        "declaration",
        f"write ConfigMap {names.DECLARATION_CONFIG_MAP}",
        "can change what the in-cluster verifier compares with",
        (Access(("patch", "update", "delete"), "", ("configmaps",)),),
        only_in=names.SYSTEM_NAMESPACE,
    ),
)


@dataclass(frozen=True)
class OpenEscalation:
    """An escalation that is open to an account: its namespace, its objects (empty means all), its grant and rule."""

    escalation: Escalation
    namespace: str
    only: frozenset[str]
    grant: Grant
    rule: PolicyRule

    def covers(self, other: "OpenEscalation") -> bool:
        """Return whether this escalation includes the other one."""
        return (
            self.escalation is other.escalation
            and self.namespace in ("", other.namespace)
            and (not self.only or (bool(other.only) and other.only <= self.only))
        )


def open_escalations(grants: Iterable[Grant]) -> tuple[OpenEscalation, ...]:
    """Return the escalations that grants open, without those that another one includes."""
    found = list(_open_escalations(grants))
    return tuple(
        each
        for number, each in enumerate(found)
        if not any(
            other.covers(each) and (other_number < number or not each.covers(other))
            for other_number, other in enumerate(found)
            if other_number != number
        )
    )


def _open_escalations(grants: Iterable[Grant]) -> Iterator[OpenEscalation]:
    for grant in grants:
        for escalation in ESCALATIONS:
            if (escalation.cluster and grant.namespace) or (
                grant.namespace and escalation.only_in not in ("", grant.namespace)
            ):
                continue
            for rule in grant.rules or ():
                if _opens(rule, escalation):
                    yield OpenEscalation(escalation, grant.namespace, frozenset(rule.resource_names), grant, rule)


def _opens(rule: PolicyRule, escalation: Escalation) -> bool:
    return any(
        allows(rule, Request(verb, needed.group, resource, name=rule.resource_names[0] if rule.resource_names else ""))
        for needed in escalation.access
        for verb in needed.verbs
        # Compared first for speed: most rules have other verbs, and there are tens of thousands of requests.
        if verb in rule.verbs or ANY in rule.verbs
        for resource in needed.resources
        if not (rule.resource_names and nameless(verb, resource))
    ) and (escalation.only_in == "" or not rule.resource_names or names.DECLARATION_CONFIG_MAP in rule.resource_names)


def sentence(escalation: Escalation, namespaces: Iterable[str], only: Iterable[str] = ()) -> str:
    """Return a description of an escalation: may … in …, so it …; `only` are the objects that it is limited to."""
    where = ", ".join(sorted({place(namespace) for namespace in namespaces}))
    where = where.replace(", in namespace ", ", ")
    return f"may {escalation.what}{limited(only)} {where}, so it {escalation.so}"


def limited(only: Iterable[str]) -> str:
    """Return the objects to which something is limited, in brackets; nothing if it is not."""
    names_ = ", ".join(sorted(only))
    return f" ({names_})" if names_ else ""
