"""Permissions of an MCP server on the Kubernetes API: existing ClusterRoles, and rules of its own."""

from typing import Annotated

from pydantic import Field, model_validator

from stacks.model.types import LEFT_OUT, DnsLabel, Model, matching

RoleName = Annotated[str, matching(r"(?!\.{1,2}$)[^/%]+", "a role name: use neither '/' nor '%'")]
"""The name of a role; it may contain ':', as in `system:node`."""

_Group = Annotated[
    str,
    matching(
        r"\*|([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?",
        "an API group: write for instance apps, without a version, or '' for pods, Services and others of v1",
    ),
]
_Resource = Annotated[
    str,
    matching(
        r"[a-z0-9*]([-a-z0-9.*]*[a-z0-9*])?(/[-a-z0-9*]+)?",
        "a resource: write the plural in small letters, for instance pods or pods/log",
    ),
]
_Verb = Annotated[str, matching(r"\*|[a-z]+", "a verb: write for instance get, list or watch")]
_Url = Annotated[str, matching(r"\*|/\S*", "the path of a URL: begin it with '/'")]

CLUSTER_WIDE = frozenset({"customresourcedefinitions", "nodes", "persistentvolumes", "storageclasses"})
"""Resources outside of namespaces, which a role in a namespace does not give access to."""


class AccessRule(Model):
    """A rule of a role, under the names of Kubernetes: verbs on resources, or on URLs that are not resources."""

    api_groups: tuple[_Group, ...] = Field(("",), min_length=1)
    """API groups; the core group, of pods and Services, is ''."""
    resources: tuple[_Resource, ...] = ()
    """Plurals, with a subresource where one is meant: `pods/log`."""
    verbs: tuple[_Verb, ...] = Field(min_length=1)
    """What may be done: `get`, `list`, `watch` …"""
    resource_names: Annotated[tuple[str, ...], LEFT_OUT] = ()
    """Names of the objects, if not all are meant."""
    non_resource_urls: Annotated[tuple[_Url, ...], LEFT_OUT] = Field((), alias="nonResourceURLs")
    """Paths such as `/metrics`; in roles for the whole cluster only."""

    @model_validator(mode="after")
    def _one_kind(self) -> "AccessRule":
        if bool(self.resources) is bool(self.non_resource_urls):
            raise ValueError("give resources or nonResourceURLs: one of the two")
        if self.non_resource_urls and (self.resource_names or self.api_groups != ("",)):
            raise ValueError("has nonResourceURLs, which have no apiGroups and no resourceNames: remove those")
        return self


Rules = tuple[AccessRule, ...]


def _default_role(before: dict[str, object]) -> str | None:
    """Return the default ClusterRole, by the fields before it."""
    others = before["cluster_roles"] or before["rules"] or before["cluster_rules"]
    return None if others else "view"


class KubernetesAccess(Model):
    """Permissions of the server on the Kubernetes API, in some namespaces or in the whole cluster."""

    rules: Annotated[Rules, LEFT_OUT] = ()
    """Rules of a role of its own, granted where the ClusterRoles are."""
    cluster_rules: Annotated[Rules, LEFT_OUT] = ()
    """Rules of a ClusterRole of its own for the whole cluster, besides `rules`: nodes, custom resource definitions."""
    cluster_roles: Annotated[tuple[RoleName, ...], LEFT_OUT] = ()
    """Several ClusterRoles of the cluster, instead of `clusterRole`."""
    cluster_role: Annotated[RoleName | None, LEFT_OUT] = Field(default_factory=_default_role)
    """A ClusterRole of the cluster; `view` if nothing else is granted."""
    namespaces: Annotated[tuple[DnsLabel, ...], LEFT_OUT] = ()
    """Declared namespaces in which `rules` and ClusterRoles are granted."""
    everywhere: Annotated[bool, LEFT_OUT] = False
    """Whether they are granted in the whole cluster instead; a deployment warns about it."""

    def existing_roles(self) -> tuple[str, ...]:
        """Return the ClusterRoles of the cluster that it grants."""
        return (self.cluster_role,) if self.cluster_role else self.cluster_roles

    @model_validator(mode="after")
    def _granted_somewhere(self) -> "KubernetesAccess":
        if self.cluster_role and self.cluster_roles:
            raise ValueError("has clusterRole and clusterRoles: name all of them in clusterRoles")
        placed = bool(self.rules or self.existing_roles())
        if self.namespaces and self.everywhere:
            raise ValueError("has namespaces and everywhere: give one of the two")
        if placed and not self.namespaces and not self.everywhere:
            raise ValueError("is granted nowhere: give namespaces, or everywhere: true")
        if not placed and (self.namespaces or self.everywhere):
            raise ValueError("grants nothing but clusterRules, which need neither namespaces nor everywhere: remove it")
        if len(set(self.cluster_roles)) < len(self.cluster_roles):
            raise ValueError("clusterRoles has the same entry twice: remove one")
        return self

    @model_validator(mode="after")
    def _cluster_wide_rules_apart(self) -> "KubernetesAccess":
        for rule in () if self.everywhere else self.rules:
            if rule.non_resource_urls:
                raise ValueError("rules have nonResourceURLs, which no namespace has: move the rule to clusterRules")
            if outside := sorted(CLUSTER_WIDE.intersection(rule.resources)):
                raise ValueError(f"rules have {outside[0]}, which no namespace has: move the rule to clusterRules")
        return self
