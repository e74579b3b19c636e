"""Roles and bindings for a ServiceAccount, in the whole cluster or in one namespace."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stacks.manifests.manifest import Manifest, Value, given
from stacks.manifests.permissions import Rule

GROUP = "rbac.authorization.k8s.io"
_VERSION = f"{GROUP}/v1"


@dataclass(frozen=True)
class Grants:
    """Makes roles and bindings for one account; each has the labels."""

    account: str
    namespace: str
    labels: Mapping[str, str]

    def cluster_role(self, name: str, rules: Iterable[Rule]) -> Manifest:
        """Return a ClusterRole, which grants nothing until it is bound."""
        return Manifest(_VERSION, "ClusterRole", name, labels=self.labels, content={"rules": _rules(rules)})

    def everywhere(self, name: str, cluster_role: str) -> Manifest:
        """Return the binding of a ClusterRole in the whole cluster."""
        content = self._bound("ClusterRole", cluster_role)
        return Manifest(_VERSION, "ClusterRoleBinding", name, labels=self.labels, content=content)

    def within(self, namespace: str, name: str, cluster_role: str) -> Manifest:
        """Return the binding of a ClusterRole in one namespace."""
        content = self._bound("ClusterRole", cluster_role)
        return Manifest(_VERSION, "RoleBinding", name, namespace, self.labels, content=content)

    def role(
        self, namespace: str, name: str, rules: Iterable[Rule], binding: str | None = None
    ) -> tuple[Manifest, Manifest]:
        """Return a Role in a namespace and its binding there, which has the Role's name unless `binding` is given."""
        bound = self._bound("Role", name)
        return (
            Manifest(_VERSION, "Role", name, namespace, self.labels, content={"rules": _rules(rules)}),
            Manifest(_VERSION, "RoleBinding", binding or name, namespace, self.labels, content=bound),
        )

    def _bound(self, kind: str, role: str) -> dict[str, Value]:
        subject: Value = {"kind": "ServiceAccount", "name": self.account, "namespace": self.namespace}
        return {"roleRef": {"apiGroup": GROUP, "kind": kind, "name": role}, "subjects": [subject]}


def _rules(rules: Iterable[Rule]) -> list[Value]:
    return [
        given(
            {
                "apiGroups": rule.groups or None,
                "resources": rule.resources or None,
                "verbs": rule.verbs,
                "resourceNames": rule.resource_names or None,
                "nonResourceURLs": rule.urls or None,
            }
        )
        for rule in rules
    ]
