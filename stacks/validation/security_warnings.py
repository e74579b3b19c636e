"""What a declaration switches off that protects: allowed, and said at every preview and every `pulumi up`."""

from collections.abc import Iterator

from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.environment import is_production


def weakenings(declaration: Declaration) -> Iterator[str]:
    """Yield a sentence for each weakening switch: what it is, what it gives away, and the way back."""
    if declaration.cluster.network_policies == "ignored":
        yield (
            "cluster.networkPolicies is ignored: every pod of the cluster reaches every MCP server, and each of them "
            "any address: use a network that enforces them, and leave networkPolicies out"
        )
    for name, namespace in declaration.namespaces.items():
        if namespace.pod_security != "restricted":
            yield (
                f"namespaces.{name}.podSecurity is {namespace.pod_security}: {_ADMITTED[namespace.pod_security]}: "
                "leave podSecurity out, for nothing of this stack needs it"
            )
    if is_production(declaration.cluster.environment):
        yield from _literals(declaration)
    yield from _resource_manager(declaration)


_ADMITTED = {
    "baseline": "pods that run as root are admitted there",
    "privileged": "pods that take over the node are admitted there",
}


def _literals(declaration: Declaration) -> Iterator[str]:
    for name, secret in declaration.secrets.items():
        for key, source in secret.keys.items():
            if source.literal is not None:
                yield (
                    f"secrets.{name}.keys.{key} is a literal: it stands in the clear in the stack file and in the "
                    f"ConfigMap {names.DECLARATION_CONFIG_MAP}: if it is secret, take pulumi or file"
                )


def _resource_manager(declaration: Declaration) -> Iterator[str]:
    manager = declaration.resource_manager
    if manager and manager.scope == "cluster":
        yield (
            "resourceManager.scope is cluster: the resource manager reads every Secret and may start pods in every "
            "namespace, kube-system included, which amounts to cluster-admin: leave scope out to bind it in the "
            "declared namespaces alone"
        )
    if manager and manager.token == "legacy":  # noqa: S105 - a kind of token
        yield (
            "resourceManager.token is legacy: its token never expires and lies in etcd and in the stack's state: "
            "leave token out, and ask for one that expires: "
            f"kubectl create token {names.RESOURCE_MANAGER} -n {names.SYSTEM_NAMESPACE}"
        )
