"""Rights that are a way to further rights (docs/rbac.md; Kubernetes: Role Based Access Control Good Practices)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from checks.kube.models import PolicyRule
from checks.rbac.policy import Grant
from checks.rbac.requests import ANY, Request, allows, place
from stacks.model import names

CHANGE = ("create", "update", "patch")
_RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Right:
    """Verbs on resources of one group; any of the verbs on any of the resources opens the way."""

    verbs: tuple[str, ...]
    group: str
    resources: tuple[str, ...]


@dataclass(frozen=True)
class Way:
    """A way to further rights: which rights open it, and what follows from them."""

    name: str
    what: str
    """What the account may do."""
    so: str
    """What it therefore may do as well."""
    access: tuple[Right, ...]
    cluster: bool = False
    """Whether the resources lie in no namespace, so that a RoleBinding opens nothing."""
    only_in: str = ""
    """The only namespace that matters; empty means each."""

    def request(self, namespace: str = "") -> Request:
        """Give the request by which an account that may not go this way is tried."""
        right = self.access[0]
        return Request(right.verbs[0], right.group, right.resources[0], namespace)


SECRETS = Way(
    "secrets", "read Secrets", "has the credentials in them", (Right(("list", "get", "watch"), "", ("secrets",)),)
)

WAYS = (
    SECRETS,
    Way(
        "pods",
        "create pods, or what creates them",
        "may read the Secrets there and use the ServiceAccounts",
        (
            Right(CHANGE[:1], "", ("pods",)),
            Right(CHANGE, "", ("replicationcontrollers", "podtemplates")),
            Right(CHANGE, "apps", ("deployments", "replicasets", "statefulsets", "daemonsets")),
            Right(CHANGE, "batch", ("jobs", "cronjobs")),
        ),
    ),
    Way(
        "exec",
        "run commands in pods",
        "may use their tokens and files",
        (
            Right(("create", "get"), "", ("pods/exec", "pods/attach")),
            Right(("update", "patch"), "", ("pods/ephemeralcontainers",)),
        ),
    ),
    Way(
        "tokens",
        "ask for tokens of ServiceAccounts",
        "may act as any of them",
        (Right(("create",), "", ("serviceaccounts/token",)),),
    ),
    Way(
        "impersonate",
        "impersonate",
        "may act as somebody else",
        (Right(("impersonate",), "", ("serviceaccounts", "users", "groups")),),
    ),
    Way(
        "bindings",
        "write bindings",
        "may hand rights to others, and keep them after its own are gone",
        (Right(CHANGE, _RBAC, ("rolebindings", "clusterrolebindings")),),
    ),
    Way("bind", "bind roles", "may give itself any of them", (Right(("bind",), _RBAC, ("clusterroles", "roles")),)),
    Way(
        "escalate",
        "escalate roles",
        "may write rights into them that it has not",
        (Right(("escalate",), _RBAC, ("clusterroles", "roles")),),
    ),
    Way(
        "namespaces",
        "change namespaces",
        "may remove Pod Security and start privileged pods",
        (Right(("patch", "update"), "", ("namespaces",)),),
    ),
    Way(
        "nodes",
        "use the kubelets' API",
        "may run commands in every pod of a node",
        (Right(("get", "create"), "", ("nodes/proxy",)),),
        cluster=True,
    ),
    Way(
        "volumes",
        "create PersistentVolumes",
        "may read and write the nodes' files",
        (Right(("create",), "", ("persistentvolumes",)),),
        cluster=True,
    ),
    Way(
        "webhooks",
        "write admission webhooks",
        "may read and change whatever is written to the API",
        (
            Right(
                CHANGE,
                "admissionregistration.k8s.io",
                ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"),
            ),
        ),
        cluster=True,
    ),
    Way(
        "certificates",
        "approve certificate requests",
        "may make itself a client certificate of anybody",
        (Right(("update", "patch"), "certificates.k8s.io", ("certificatesigningrequests/approval",)),),
        cluster=True,
    ),
    Way(
        "endpoints",
        "write the endpoints of Services",
        "may lead their traffic elsewhere (CVE-2021-25740)",
        (Right(CHANGE, "", ("endpoints",)), Right(CHANGE, "discovery.k8s.io", ("endpointslices",))),
    ),
    Way(
        "declaration",
        f"write ConfigMap {names.DECLARATION_CONFIG_MAP}",
        "may change by what the verifier in the cluster judges",
        (Right(("patch", "update", "delete"), "", ("configmaps",)),),
        only_in=names.SYSTEM_NAMESPACE,
    ),
)


@dataclass(frozen=True)
class Opening:
    """A way that is open to an account: where, for which objects (none named means all), and through which grant."""

    way: Way
    namespace: str
    only: frozenset[str]
    grant: Grant

    def covers(self, other: "Opening") -> bool:
        """Tell whether who has this way has the other as well."""
        return (
            self.way is other.way
            and self.namespace in ("", other.namespace)
            and (not self.only or (bool(other.only) and other.only <= self.only))
        )


def openings(grants: Iterable[Grant]) -> tuple[Opening, ...]:
    """Give the ways that grants open, rule by rule; one that another covers is left out."""
    found = list(_openings(grants))
    return tuple(
        opening
        for number, opening in enumerate(found)
        if not any(
            other.covers(opening) and (other_number < number or not opening.covers(other))
            for other_number, other in enumerate(found)
            if other_number != number
        )
    )


def _openings(grants: Iterable[Grant]) -> Iterator[Opening]:
    for grant in grants:
        for way in WAYS:
            if (way.cluster and grant.namespace) or (grant.namespace and way.only_in not in ("", grant.namespace)):
                continue
            for rule in grant.rules or ():
                if _opens(rule, way):
                    yield Opening(way, grant.namespace, frozenset(rule.resource_names), grant)


def _opens(rule: PolicyRule, way: Way) -> bool:
    return any(
        allows(rule, Request(verb, right.group, resource, name=rule.resource_names[0] if rule.resource_names else ""))
        for right in way.access
        for verb in right.verbs
        # Most rules have other verbs: asked first, as there are ten thousands of requests.
        if verb in rule.verbs or ANY in rule.verbs
        for resource in right.resources
        if not (rule.resource_names and _nameless(verb, resource))
    ) and (way.only_in == "" or not rule.resource_names or names.DECLARATION_CONFIG_MAP in rule.resource_names)


def _nameless(verb: str, resource: str) -> bool:
    """Tell whether the request carries no name yet, so that a rule for named objects never allows it."""
    return verb == "create" and "/" not in resource


def sentence(way: Way, namespaces: Iterable[str], only: Iterable[str] = ()) -> str:
    """Say what a way is: may … in …, so …; `only` names the objects that it is limited to."""
    where = ", ".join(sorted({place(namespace) for namespace in namespaces}))
    where = where.replace(", in namespace ", ", ")
    named = f" ({', '.join(sorted(only))})" if only else ""
    return f"may {way.what}{named} {where}, so it {way.so}"
