"""Warnings about settings that weaken security. They are allowed; each preview and each `pulumi up` shows them."""

from collections.abc import Iterator

from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.environment import is_production
from stacks.validation.clear_secrets import clear_secrets


def weakenings(declaration: Declaration) -> Iterator[str]:
    """Yield a sentence for each weakening setting: the setting, its effect, and the safer setting."""
    if declaration.cluster.network_policies == "ignored":
        yield (
            "cluster.networkPolicies is ignored: every pod of the cluster reaches every MCP server, and each server "
            "reaches any address: use a network that enforces them, and remove networkPolicies"
        )
    for name, namespace in declaration.namespaces.items():
        if namespace.pod_security != "restricted":
            yield (
                f"namespaces.{name}.podSecurity is {namespace.pod_security}: {_ADMITTED[namespace.pod_security]}: "
                "remove podSecurity, because nothing in this stack needs it"
            )
    if is_production(declaration.cluster.environment):
        yield from _literals(declaration)
    for kind, server in declaration.servers.items():
        yield from clear_secrets(kind, server)
    yield from _resource_manager(declaration)


_ADMITTED = {
    "baseline": "pods that run as root are admitted",
    "privileged": "pods that can take over the node are admitted",
}


def _literals(declaration: Declaration) -> Iterator[str]:
    for name, secret in declaration.secrets.items():
        for key, source in secret.keys.items():
            if source.literal is not None:
                yield (
                    f"secrets.{name}.keys.{key} is a literal: it is plain text in the stack file and in the "
                    f"ConfigMap {names.DECLARATION_CONFIG_MAP}: if it is secret, use pulumi or file"
                )


def _resource_manager(declaration: Declaration) -> Iterator[str]:
    manager = declaration.resource_manager
    if manager and manager.scope == "cluster":
        yield (
            "resourceManager.scope is cluster: the resource manager reads every Secret and may start pods in every "
            "namespace, kube-system included, which amounts to cluster-admin: remove scope to bind it only in the "
            "declared namespaces"
        )
    if manager and manager.token == "legacy":  # noqa: S105 - a kind of token
        yield (
            "resourceManager.token is legacy: its token never expires and is stored in etcd and in the stack's state: "
            "remove token, and request one that expires: "
            f"kubectl create token {names.RESOURCE_MANAGER} -n {names.SYSTEM_NAMESPACE}"
        )
