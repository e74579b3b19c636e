"""What an MCP server may do with the Kubernetes API: nothing, or what is declared, namespace by namespace."""

from collections.abc import Iterator, Mapping

import pulumi
from pulumi_kubernetes.core.v1 import ServiceAccount
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.rbac.v1 import RoleBinding, RoleRefArgs, SubjectArgs

from stacks import names
from stacks.server import Server


def service_account(
    kind: str, server: Server, labels: Mapping[str, str], opts: pulumi.ResourceOptions
) -> ServiceAccount:
    """Make a server's own ServiceAccount; its token reaches the pod only where access is declared."""
    name = names.server(kind)
    return ServiceAccount(
        name,
        metadata=ObjectMetaArgs(name=name, namespace=server.namespace, labels=labels),
        automount_service_account_token=server.kubernetes is not None,
        opts=opts,
    )


def role_bindings(
    kind: str, server: Server, labels: Mapping[str, str], opts: pulumi.ResourceOptions
) -> Iterator[RoleBinding]:
    """Bind the declared ClusterRole to a server's account in each declared namespace, and nowhere else."""
    if server.kubernetes is None:
        return
    name = names.server(kind)
    for namespace in server.kubernetes.namespaces:
        yield RoleBinding(
            f"{namespace}-{name}",
            metadata=ObjectMetaArgs(name=name, namespace=namespace, labels=labels),
            role_ref=RoleRefArgs(
                api_group="rbac.authorization.k8s.io", kind="ClusterRole", name=server.kubernetes.cluster_role
            ),
            subjects=[SubjectArgs(kind="ServiceAccount", name=name, namespace=server.namespace)],
            opts=opts,
        )
