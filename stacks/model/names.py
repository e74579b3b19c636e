"""Names and labels of the stack's objects: the manifests have them, and the checks look for them."""

import hashlib
from collections.abc import Iterable

MCP_SERVER_APP = "mcp-server"
"""Value of the labels `app` and `cortex.dev/component` of an MCP server's objects."""

WORKLOAD_COMPONENT = "workload"
"""Value of the label `cortex.dev/component` of a workload's objects."""

APP = "app"
WORKLOAD = "cortex.dev/workload"
"""Label with a workload's name."""
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
"""The label that Kubernetes puts on every namespace."""

HTTP = "http"
"""Name of the port of an MCP server's endpoint."""
TCP = "tcp"
"""Name of the first port of a workload."""
METRICS = "metrics"
"""Name of the port of metrics, if it is another one."""

SYSTEM_NAMESPACE = "cortex-system"
DECLARATION_CONFIG_MAP = "cortex-declaration"
DECLARATION_KEY = "declaration.json"
DECLARATION_HASH = "cortex.dev/declaration-hash"
FOLLOWED_HASH = "cortex.dev/followed-hash"
"""On the agent's pods: the hash of the part of the declaration that they read."""

DEFAULT_DENY = "default-deny"
"""NetworkPolicy of each managed namespace that denies what no other policy allows."""
ALLOW_DNS = "allow-dns"
"""NetworkPolicy of each managed namespace that allows all pods to query the cluster's DNS."""

ALLOW_EGRESS = "allow-egress"
"""NetworkPolicy of a managed namespace that allows all pods to connect to its declared destinations."""

CONFIG_MOUNT = "/etc/mcp/config"
SECRETS_MOUNT = "/etc/mcp/secrets"

MCP_NAMESPACE = "cortex-mcp"
MONITORING_NAMESPACE = "cortex-monitoring"

RESOURCE_MANAGER = "cortex-resource-manager"
"""The resource manager's ServiceAccount in cortex-system."""
RESOURCE_MANAGER_COMPONENT = "resource-manager"
RESOURCE_MANAGER_ROLE = f"{RESOURCE_MANAGER}-role"
"""ClusterRole with its permissions to manage, bound in each managed namespace or in the whole cluster."""
RESOURCE_MANAGER_BINDING = f"{RESOURCE_MANAGER}-binding"
RESOURCE_MANAGER_READ = f"{RESOURCE_MANAGER}-read"
"""ClusterRole and ClusterRoleBinding: its permissions to read cluster-wide resources."""
RESOURCE_MANAGER_SECRETS = f"{RESOURCE_MANAGER}-secrets"
"""Role and RoleBinding in a namespace: its permission to read the named Secrets there."""
RESOURCE_MANAGER_EXEC = f"{RESOURCE_MANAGER}-exec"
"""Role and RoleBinding in a namespace: its permission to run commands in pods."""
RESOURCE_MANAGER_TOKEN = f"{RESOURCE_MANAGER}-token"
"""The legacy Secret with a token that never expires."""
TOKEN_SECRET = "kubernetes.io/service-account-token"  # noqa: S105 - a type of Secret
"""Type of a Secret into which the cluster writes the token of an account."""
MCP_MANAGER_ROLE = "cortex-mcp-manager"
"""Role of the resource manager in cortex-mcp."""
MCP_MANAGER_BINDING = f"{MCP_MANAGER_ROLE}-binding"

KUBE_STATE_METRICS = "kube-state-metrics"
"""Name of all its objects, and value of the label `app`."""
KUBE_STATE_METRICS_CLIENT = f"{KUBE_STATE_METRICS}-client"
"""NetworkPolicy in a managed namespace that allows its pods to connect to kube-state-metrics."""
HTTP_METRICS = "http-metrics"
TELEMETRY = "telemetry"
HTTP_METRICS_PORT = 8080
TELEMETRY_PORT = 8081
ALERTS = "cortex-alerts"
"""The PrometheusRule."""

_LABEL_LENGTH = 63


def quota(namespace: str) -> str:
    """Return the name of a namespace's ResourceQuota."""
    return f"{namespace}-quota"


def limits(namespace: str) -> str:
    """Return the name of a namespace's LimitRange."""
    return f"{namespace}-limits"


def server(kind: str) -> str:
    """Return the name of an MCP server's Deployment, Service, ServiceAccount, NetworkPolicy and RoleBindings."""
    return f"{kind}-mcp-server"


def server_selector(kind: str) -> dict[str, str]:
    """Return the labels that select an MCP server's pods."""
    return {APP: MCP_SERVER_APP, TYPE: kind}


def capabilities(declared: Iterable[str]) -> str:
    """Return the value of the annotation CAPABILITIES: sorted, because canonical JSON loses a mapping's order."""
    return ",".join(sorted(declared))


def endpoint(kind: str, namespace: str, port: int, path: str, domain: str, scheme: str = "http") -> str:
    """Return the URL of an MCP server inside the cluster, whose Services are in `domain`."""
    return service(server(kind), namespace, port, path, domain, scheme)


def service(name: str, namespace: str, port: int, path: str, domain: str, scheme: str = "http") -> str:
    """Return the URL of a path behind a Service, for pods of the cluster."""
    return f"{scheme}://{host(name, namespace, domain)}:{port}{path}"


def host(name: str, namespace: str, domain: str) -> str:
    """Return the name of a Service in the cluster's DNS."""
    return f"{name}.{namespace}.svc.{domain}"


def volume(source: str, name: str) -> str:
    """Return the name of a declared object's volume: `<source>-<name>`, shortened to the length of a DNS label."""
    full = f"{source}-{name}"
    if len(full) <= _LABEL_LENGTH and "." not in full:
        return full
    return f"{full[: _LABEL_LENGTH - 9].replace('.', '-')}-{hashlib.sha256(full.encode()).hexdigest()[:8]}"


def scrapers(declared: Iterable[str]) -> tuple[str, ...]:
    """Return the namespaces whose pods may scrape kube-state-metrics: declared, monitoring, and the verifier's."""
    return tuple(sorted({MONITORING_NAMESPACE, SYSTEM_NAMESPACE, *declared}))


VERIFIER = "cortex-verifier"
"""The verifier's ServiceAccount, roles, bindings and NetworkPolicy, and the label `app` of its pods."""
VERIFIER_NAMESPACE_ROLE = f"{VERIFIER}-namespace"
"""The ClusterRole that is bound to the verifier in each declared namespace."""
VERIFIER_TOKENS_ROLE = f"{VERIFIER}-tokens"
"""The Role with which the verifier reads the tokens of MCP servers in a namespace."""
VERIFIER_EXISTING_ROLE = f"{VERIFIER}-existing"
"""The ClusterRole that is bound to the verifier in existing namespaces with objects of the stack."""
VERIFIER_FILES_ROLE = f"{VERIFIER}-manifests"
"""The roles with which the verifier reads the objects of `cortex:manifests`."""
VERIFIER_RESULT_ROLE = f"{VERIFIER}-result"
"""The Role with which the verifier reads the declaration and writes its result."""
VERIFIER_COMPONENT = "verifier"
"""Value of the label `cortex.dev/component` of the verifier's objects."""
VERIFY = "cortex-verify"
"""The CronJob that verifies on a schedule."""
VERIFICATION_CONFIG_MAP = "cortex-verification"
"""The ConfigMap with the result of the latest verification inside the cluster."""


AGENT = "cortex-agent"
"""The agent's objects, the label `app` of its pods, and the Lease that its leader holds."""
AGENT_COMPONENT = "agent"
"""Value of the label `cortex.dev/component` of the agent's objects."""
AGENT_NAMESPACE_ROLE = f"{AGENT}-namespace"
"""The ClusterRole that is bound to the agent in each namespace with objects of the stack."""
AGENT_NODES_ROLE = f"{AGENT}-nodes"
"""The Role with which the agent reads the events of nodes."""
AGENT_OWN_ROLE = f"{AGENT}-own"
"""The Role with which the agent reads the declaration and takes part in the election of the leader."""
AGENT_CLIENT = f"{AGENT}-client"
"""NetworkPolicy in a managed namespace that allows its pods to scrape the agent."""
AGENT_LOG = f"{AGENT}-log"
"""The PersistentVolumeClaim of the event log."""
AGENT_DASHBOARD = f"{AGENT}-dashboard"
"""The ConfigMap with its dashboard for Grafana."""
AGENT_PORT = 9440
"""Port of its metrics and of its probes."""
AGENT_IDENTITY = "POD_NAME"
"""The environment variable with the name of an agent's pod, by which the holder of the Lease is known."""
AGENT_LEADING = "cortex_agent_leading"
"""The metric of an agent's pod that is 1 while the pod leads, and 0 otherwise."""
NODE_EVENTS_NAMESPACE = "default"
"""Where Kubernetes puts the events of nodes, which have no namespace."""


ROTATOR = "cortex-rotator"
"""The objects of the rotator, and the label `app` of its pods."""
ROTATOR_COMPONENT = "rotator"
"""Value of the label `cortex.dev/component` of the rotator's objects."""
ROTATOR_OWN_ROLE = f"{ROTATOR}-own"
"""The Role in cortex-system with which the rotator reads the declaration, keeps its journal and takes the Lease."""
ROTATE = "cortex-rotate"
"""The CronJob that rotates Secrets on a schedule."""
ROTATION_JOURNAL = "cortex-rotation"
"""The Secret in cortex-system with the history of the rotations in the cluster; while one runs, also its journal and
the old value."""
ROTATION_LEASE = "cortex-secrets"
"""The Lease in cortex-system that a rotation holds."""
ROTATED = "cortex.dev/rotated"
"""Annotation of a Secret: when all pods ran with its current value."""


def agent_labels() -> dict[str, str]:
    """Return the labels of the agent's objects; the label `app` selects its pods."""
    return {APP: AGENT, COMPONENT: AGENT_COMPONENT}


def verifier_labels() -> dict[str, str]:
    """Return the labels of the verifier's objects; the label `app` selects its pods."""
    return {APP: VERIFIER, COMPONENT: VERIFIER_COMPONENT}


def rotator_labels() -> dict[str, str]:
    """Return the labels of the rotator's objects; the label `app` selects its pods."""
    return {APP: ROTATOR, COMPONENT: ROTATOR_COMPONENT}


def verify_job(digest: str) -> str:
    """Return the name of the Job that verifies the deployment of the declaration with this hash."""
    return f"{VERIFY}-{digest[:8]}"
