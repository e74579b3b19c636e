"""Roles and bindings from rules, for any ServiceAccount: in the whole cluster, or in one namespace."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.rbac.v1 import (
    ClusterRole,
    ClusterRoleBinding,
    PolicyRuleArgs,
    Role,
    RoleBinding,
    RoleRefArgs,
    SubjectArgs,
)

from stacks.permissions import Rule

_GROUP = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Grants:
    """Gives rights to one account; every object has the labels."""

    account: str
    namespace: str
    labels: Mapping[str, str]

    def cluster_role(self, name: str, rules: Iterable[Rule], opts: pulumi.ResourceOptions) -> ClusterRole:
        """Make a ClusterRole; it grants nothing until it is bound."""
        return ClusterRole(
            name,
            metadata=ObjectMetaArgs(name=name, labels=self.labels),
            rules=[_rule(rule) for rule in rules],
            opts=opts,
        )

    def everywhere(self, name: str, cluster_role: str, opts: pulumi.ResourceOptions) -> ClusterRoleBinding:
        """Bind a ClusterRole in the whole cluster."""
        return ClusterRoleBinding(
            name,
            metadata=ObjectMetaArgs(name=name, labels=self.labels),
            role_ref=RoleRefArgs(api_group=_GROUP, kind="ClusterRole", name=cluster_role),
            subjects=[self._subject()],
            opts=opts,
        )

    def within(self, namespace: str, name: str, cluster_role: str, opts: pulumi.ResourceOptions) -> RoleBinding:
        """Bind a ClusterRole in one namespace alone."""
        return self._binding(
            namespace, name, RoleRefArgs(api_group=_GROUP, kind="ClusterRole", name=cluster_role), opts
        )

    def role(
        self, namespace: str, name: str, rules: Iterable[Rule], opts: pulumi.ResourceOptions, binding: str | None = None
    ) -> RoleBinding:
        """Make a Role in a namespace and bind it there; the binding has the Role's name unless told."""
        Role(
            f"{namespace}-{name}",
            metadata=ObjectMetaArgs(name=name, namespace=namespace, labels=self.labels),
            rules=[_rule(rule) for rule in rules],
            opts=opts,
        )
        return self._binding(namespace, binding or name, RoleRefArgs(api_group=_GROUP, kind="Role", name=name), opts)

    def _binding(self, namespace: str, name: str, role: RoleRefArgs, opts: pulumi.ResourceOptions) -> RoleBinding:
        return RoleBinding(
            f"{namespace}-{name}",
            metadata=ObjectMetaArgs(name=name, namespace=namespace, labels=self.labels),
            role_ref=role,
            subjects=[self._subject()],
            opts=opts,
        )

    def _subject(self) -> SubjectArgs:
        return SubjectArgs(kind="ServiceAccount", name=self.account, namespace=self.namespace)


def _rule(rule: Rule) -> PolicyRuleArgs:
    return PolicyRuleArgs(
        api_groups=rule.groups,
        resources=rule.resources,
        verbs=rule.verbs,
        resource_names=rule.resource_names or None,
    )
