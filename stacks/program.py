"""From a declaration to resources: which components there are, and which of them wait for which."""

from collections.abc import Mapping, Sequence

import pulumi

from components import cluster, secrets
from components.declaration import PublishedDeclaration
from components.mcp_server import McpServer, McpServerSettings
from components.namespace import ManagedNamespace, NamespaceSettings
from stacks import names
from stacks.model import Declaration
from stacks.server import Server

Outputs = Mapping[str, str | Sequence[str] | Mapping[str, str]]
"""The stack's outputs: `endpoints`, `namespaces` and `declarationHash`."""


def deploy(declaration: Declaration) -> Outputs:
    """Register every resource of the stack.

    Raises:
        pulumi.RunError: secrets are missing; nothing has been registered then.
    """
    values = secrets.read(declaration.servers)
    provider = cluster.connect(declaration.cluster.context)
    namespaces = _namespaces(declaration, provider)
    servers = [
        McpServer(
            kind,
            McpServerSettings(server, values[kind], frozenset(namespaces)),
            pulumi.ResourceOptions(
                provider=provider,
                depends_on=[namespaces[name] for name in _touched(server) if name in namespaces],
            ),
        )
        for kind, server in declaration.servers.items()
    ]
    PublishedDeclaration(
        "declaration",
        declaration,
        # Last of all: a deployment that stops half-way must not claim to be what is declared.
        pulumi.ResourceOptions(provider=provider, depends_on=[*namespaces.values(), *servers]),
    )
    return {
        "endpoints": {
            kind: names.endpoint(kind, server.namespace, server.port, server.path)
            for kind, server in declaration.servers.items()
        },
        "namespaces": sorted(declaration.namespaces),
        "declarationHash": declaration.digest(),
    }


def _namespaces(declaration: Declaration, provider: pulumi.ProviderResource) -> dict[str, ManagedNamespace]:
    return {
        name: ManagedNamespace(
            name,
            NamespaceSettings(namespace, declaration.cluster.environment),
            pulumi.ResourceOptions(provider=provider),
        )
        for name, namespace in declaration.namespaces.items()
    }


def _touched(server: Server) -> list[str]:
    """Name the namespaces in which a server has objects."""
    bound = server.kubernetes.namespaces if server.kubernetes else ()
    return sorted({server.namespace, *bound, *(client.namespace for client in server.clients)})
