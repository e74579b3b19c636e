"""Names and labels that follow from the declaration: stacks.manifests writes them, checks look for them."""

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
FIXED_REPLICAS = {"pulumi.com/patchForce": "true"}
"""Annotation of a Deployment whose number of pods is declared; a hook sees by it that autoscaling was switched off."""
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

ALLOW_EGRESS = "allow-egress"
"""NetworkPolicy of a managed namespace: every pod may connect to the destinations that are declared of it."""

CONFIG_MOUNT = "/etc/mcp/config"
SECRETS_MOUNT = "/etc/mcp/secrets"

MCP_NAMESPACE = "cortex-mcp"
MONITORING_NAMESPACE = "cortex-monitoring"

RESOURCE_MANAGER = "cortex-resource-manager"
"""The resource manager's ServiceAccount in cortex-system (seed, section 5)."""
RESOURCE_MANAGER_COMPONENT = "resource-manager"
RESOURCE_MANAGER_ROLE = f"{RESOURCE_MANAGER}-role"
"""ClusterRole with what it manages; bound in each managed namespace, or in the whole cluster."""
RESOURCE_MANAGER_BINDING = f"{RESOURCE_MANAGER}-binding"
RESOURCE_MANAGER_READ = f"{RESOURCE_MANAGER}-read"
"""ClusterRole and ClusterRoleBinding: what it reads of the cluster itself."""
RESOURCE_MANAGER_SECRETS = f"{RESOURCE_MANAGER}-secrets"
"""Role and RoleBinding in a namespace: the Secrets that it may read there, by name."""
RESOURCE_MANAGER_EXEC = f"{RESOURCE_MANAGER}-exec"
"""Role and RoleBinding in a namespace: running commands in its pods."""
RESOURCE_MANAGER_TOKEN = f"{RESOURCE_MANAGER}-token"
"""The legacy Secret with a token that never expires."""
TOKEN_SECRET = "kubernetes.io/service-account-token"  # noqa: S105 - a type of Secret
"""Type of a Secret into which the cluster writes the token of an account."""
MCP_MANAGER_ROLE = "cortex-mcp-manager"
"""Role of the resource manager in cortex-mcp (seed, section 5.4)."""
MCP_MANAGER_BINDING = f"{MCP_MANAGER_ROLE}-binding"

KUBE_STATE_METRICS = "kube-state-metrics"
"""Name of all its objects, and value of the label `app` (seed, section 9.1)."""
KUBE_STATE_METRICS_CLIENT = f"{KUBE_STATE_METRICS}-client"
"""NetworkPolicy that lets pods out of their own managed namespace to kube-state-metrics."""
HTTP_METRICS = "http-metrics"
TELEMETRY = "telemetry"
HTTP_METRICS_PORT = 8080
TELEMETRY_PORT = 8081
ALERTS = "cortex-alerts"
"""The PrometheusRule."""

_LABEL_LENGTH = 63


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
    return service(server(kind), namespace, port, path)


def service(name: str, namespace: str, port: int, path: str) -> str:
    """Give a URL behind a Service, as pods of the cluster write it (seed, section 2.3)."""
    return f"http://{name}.{namespace}.svc.cluster.local:{port}{path}"


def volume(source: str, name: str) -> str:
    """Name the volume that shows a declared object: `<source>-<name>`, cut to a DNS label where that is too long."""
    full = f"{source}-{name}"
    if len(full) <= _LABEL_LENGTH:
        return full
    return f"{full[: _LABEL_LENGTH - 9]}-{hashlib.sha256(full.encode()).hexdigest()[:8]}"


def scrapers(declared: Iterable[str]) -> tuple[str, ...]:
    """Give the namespaces whose pods may scrape kube-state-metrics: the declared, the monitoring, the verifier's."""
    return tuple(sorted({MONITORING_NAMESPACE, SYSTEM_NAMESPACE, *declared}))


VERIFIER = "cortex-verifier"
"""The verifier's ServiceAccount, roles, bindings and NetworkPolicy, and the label `app` of its pods."""
VERIFIER_NAMESPACE_ROLE = f"{VERIFIER}-namespace"
"""The ClusterRole that the verifier has in each declared namespace, and nowhere else."""
VERIFIER_RESULT_ROLE = f"{VERIFIER}-result"
"""The Role with which the verifier reads the declaration and leaves its result."""
VERIFIER_COMPONENT = "verifier"
"""Value of the label `cortex.dev/component` on what the verifier owns."""
VERIFY = "cortex-verify"
"""The CronJob that verifies on a schedule."""
VERIFICATION_CONFIG_MAP = "cortex-verification"
"""Where a verification inside the cluster leaves its result."""


def verifier_labels() -> dict[str, str]:
    """Give the labels of what the verifier owns; the label `app` selects its pods."""
    return {APP: VERIFIER, COMPONENT: VERIFIER_COMPONENT}


def verify_job(digest: str) -> str:
    """Name the Job that verifies the deployment of the declaration with this hash."""
    return f"{VERIFY}-{digest[:8]}"
