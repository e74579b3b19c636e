"""A declaration that uses every component and every one of its parts, and does not change with the stack files."""

from stacks.model.declaration import Declaration
from tests.components.recording import MINIMAL

SECRETS = {"secrets:demo-token": "hunter2", "secrets:demo-ca": "hunter2", "secrets:shared-token": "hunter2"}
SECRETS |= {"secrets:db-password": "hunter2"}
"""The secret settings that it needs."""

_NAMESPACES = {
    name: {"component": name, "description": name} for name in ("cortex-mcp", "cortex-monitoring", "cortex-system")
}
_PROXY = {"cidrs": ["192.0.2.53/32"], "ports": [3128]}
_DEMO = {
    **MINIMAL,
    "config": {"server-config.yaml": "server: {}\n"},
    "secretEnv": {"TOKEN": "demo-token"},
    "secretFiles": {"ca.pem": "demo-ca"},
    "secrets": [{"name": "shared-secret", "env": {"SHARED": "token"}, "mount": "/etc/shared-secret"}],
    "configMaps": [{"name": "shared-config", "envFrom": True, "mount": "/etc/shared-config"}],
    "egress": [{"cidrs": ["192.0.2.0/24"], "ports": [50000]}, {"dnsNames": ["api.example.com"], "ports": [443]}],
    "autoscaling": {},
    "clients": [{"namespace": "cortex-system"}, {"namespace": "prometheus", "labels": {"app": "prometheus"}}],
    "kubernetes": {"namespaces": ["cortex-mcp"]},
}
WORKLOADS = {
    "db": {
        "image": "registry.test/db:1",
        "port": 5432,
        "controller": "StatefulSet",
        "volumes": {"data": {"mount": "/data", "claim": {"size": "1Gi"}}},
        "secretEnv": {"PASSWORD": "db-password"},
        "clients": [{"server": "demo"}],
    }
}
"""A companion of the server `demo`."""


def full(**parts: object) -> Declaration:
    """Give it, with whole sections replaced."""
    return Declaration.model_validate(
        {
            "cluster": {
                "context": "test",
                "environment": "testing",
                "customResources": ["CiliumNetworkPolicy", "ExternalSecret", "PrometheusRule", "ServiceMonitor"],
                "apiServers": ["192.0.2.1/32"],
                "imagePullSecrets": ["registry"],
            },
            "namespaces": {**_NAMESPACES, "cortex-mcp": {**_NAMESPACES["cortex-mcp"], "egress": [_PROXY]}},
            "servers": {"demo": _DEMO, "bare": MINIMAL},
            "secrets": {
                "shared-secret": {"namespace": "cortex-mcp", "keys": {"token": {"pulumi": "shared-token"}}},
                "external": {
                    "namespace": "cortex-mcp",
                    "type": "kubernetes.io/tls",
                    "external": {"store": "vault", "keys": {"tls.crt": "c", "tls.key": {"key": "k", "property": "p"}}},
                },
                "existing": {"namespace": "cortex-mcp", "existing": ["a"]},
                "generated": {"namespace": "cortex-mcp", "generated": "key", "rotation": {"every": "90d"}},
            },
            "configMaps": {"shared-config": {"namespace": "cortex-mcp", "data": {"LOG_LEVEL": "info"}}},
            "resourceManager": {"readableSecrets": {"cortex-mcp": ["shared-secret"]}, "execIn": ["cortex-mcp"]},
            "kubeStateMetrics": {
                "serviceMonitor": True,
                "alerts": {},
                "scrapers": ["prometheus"],
                "monitorLabels": {"release": "p"},
            },
            "verifier": {"image": "registry.test/cortex:1"},
            "rotator": {"image": "registry.test/cortex:1"},
            "agent": {
                "image": "registry.test/cortex:1",
                "log": {"claim": {"size": "1Gi", "accessModes": ["ReadWriteMany"]}},
                "actions": ["restart"],
                "metrics": {"serviceMonitor": True, "alerts": True, "monitorLabels": {"release": "p"}},
            },
            **parts,
        }
    )
