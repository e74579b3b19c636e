"""Names and labels that follow from the declaration: components write them, checks look for them."""

import hashlib
import json
from collections.abc import Iterable, Mapping

MCP_SERVER_APP = "mcp-server"
"""Value of the labels `app` and `cortex.dev/component` on what an MCP server owns (seed, section 2.1)."""

APP = "app"
TYPE = "mcp.cortex.dev/type"
VERSION = "mcp.cortex.dev/version"
PROTOCOL = "mcp.cortex.dev/protocol"
CAPABILITIES = "mcp.cortex.dev/capabilities"
ENDPOINT = "mcp.cortex.dev/endpoint"
COMPONENT = "cortex.dev/component"
DESCRIPTION = "cortex.dev/description"
OWNER = "cortex.dev/owner"
ENVIRONMENT = "environment"
CHECKSUM = "cortex.dev/checksum"
POD_SECURITY = "pod-security.kubernetes.io/"
NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label that Kubernetes itself puts on every namespace."""

SYSTEM_NAMESPACE = "cortex-system"
DECLARATION_CONFIG_MAP = "cortex-declaration"
DECLARATION_KEY = "declaration.json"
DECLARATION_HASH = "cortex.dev/declaration-hash"

DEFAULT_DENY = "default-deny"
"""NetworkPolicy of each managed namespace: no traffic but what another policy allows."""
ALLOW_DNS = "allow-dns"
"""NetworkPolicy of each managed namespace: every pod may ask the cluster's DNS."""

CONFIG_MOUNT = "/etc/mcp/config"
SECRETS_MOUNT = "/etc/mcp/secrets"


def quota(namespace: str) -> str:
    """Name a namespace's ResourceQuota."""
    return f"{namespace}-quota"


def limits(namespace: str) -> str:
    """Name a namespace's LimitRange."""
    return f"{namespace}-limits"


def server(kind: str) -> str:
    """Name an MCP server's Deployment, Service, ServiceAccount, NetworkPolicy and RoleBindings."""
    return f"{kind}-mcp-server"


def server_config(kind: str) -> str:
    """Name an MCP server's ConfigMap (seed, section 7.1)."""
    return f"{kind}-mcp-config"


def server_secret(kind: str) -> str:
    """Name an MCP server's Secret (seed, section 6.1)."""
    return f"{kind}-mcp-credentials"


def server_client(kind: str, labels: Mapping[str, str]) -> str:
    """Name the NetworkPolicy that lets a client out of its own managed namespace to this type of server.

    Clients of one namespace differ by their labels, so a client with labels has eight digits of their hash.
    """
    if not labels:
        return f"{server(kind)}-client"
    digest = hashlib.sha256(json.dumps(dict(labels), sort_keys=True).encode()).hexdigest()
    return f"{server(kind)}-client-{digest[:8]}"


def server_selector(kind: str) -> dict[str, str]:
    """Give the labels that select an MCP server's pods (seed, section 3.2)."""
    return {APP: MCP_SERVER_APP, TYPE: kind}


def capabilities(declared: Iterable[str]) -> str:
    """Give the value of the annotation CAPABILITIES: sorted, for a mapping's order does not survive JSON."""
    return ",".join(sorted(declared))


def endpoint(kind: str, namespace: str, port: int, path: str) -> str:
    """Give the URL of an MCP server inside the cluster (seed, sections 2.1 and 2.3)."""
    return f"http://{server(kind)}.{namespace}.svc.cluster.local:{port}{path}"
