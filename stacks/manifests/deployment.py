"""The Deployment of an MCP server: fit for Pod Security `restricted`, probed, labelled for discovery."""

from stacks.manifests import labels as discovery
from stacks.manifests import pods, volumes
from stacks.manifests.checksum import checksum
from stacks.manifests.manifest import HIDDEN, Hidden, Manifest, Value, given
from stacks.manifests.pod_config import Content
from stacks.manifests.site import Site
from stacks.model import names
from stacks.model.replicas import replicas
from stacks.model.server import Server

HTTP = "http"
"""Name of the container's port."""

GRACE_SECONDS = 20
"""Time to end after SIGTERM; the bridge needs at most 5.5 s."""


def deployment(kind: str, server: Server, content: Content[object], site: Site) -> Manifest:
    """Give a server's Deployment (seed, section 3.2, with the labels and annotations of section 2.1)."""
    labels, annotations = discovery.labels(kind, server), discovery.annotations(kind, server)
    rolled = {names.CHECKSUM: _checksum(kind, server, content)}
    spec: dict[str, Value] = {
        "selector": {"matchLabels": names.server_selector(kind)},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": server.SURGE, "maxUnavailable": 0}},
        "template": {
            "metadata": {"labels": labels, "annotations": {**annotations, **rolled}},
            "spec": _pod(kind, server, site),
        },
    }
    if not server.autoscaling:
        spec["replicas"] = server.replicas
    # The autoscaler's number is no drift: two owners of one field would undo each other's work. But without a number
    # to begin with, it would be one.
    initial = {"spec.replicas": server.replicas} if server.autoscaling else {}
    fixed = {} if server.autoscaling else names.FIXED_REPLICAS
    return Manifest(
        "apps/v1",
        "Deployment",
        names.server(kind),
        server.namespace,
        labels,
        {**annotations, **fixed},
        {"spec": spec},
        initial,
    )


def checksum_owner(kind: str, server: Server) -> str:
    """Name the workload whose checksum it is."""
    return f"{server.namespace}/{names.server(kind)}"


def _checksum(kind: str, server: Server, content: Content[object]) -> str | Hidden:
    if content.values():
        return HIDDEN
    return checksum(checksum_owner(kind, server), content.plain(server.config), {})


def _pod(kind: str, server: Server, site: Site) -> dict[str, Value]:
    spread = [_spread(kind)] if replicas(server).least > 1 else None
    return given(
        {
            "serviceAccountName": names.server(kind),
            "imagePullSecrets": site.image_pull_secrets(server.namespace),
            "automountServiceAccountToken": server.kubernetes is not None,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": GRACE_SECONDS,
            "securityContext": pods.pod_security(),
            "containers": [_container(kind, server)],
            "volumes": [volume for volume, _ in volumes.mounted(kind, server)],
            "topologySpreadConstraints": spread,
            # Declared to be empty, so that a deployment takes back what somebody puts there.
            "tolerations": [],
        }
    )


def _spread(kind: str) -> Value:
    return {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        # A cluster of one node must run all of them as well.
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": names.server_selector(kind)},
        # Else a rollout would be spread together with the pods that it replaces, and stand unevenly when they are gone.
        "matchLabelKeys": ["pod-template-hash"],
    }


def _container(kind: str, server: Server) -> Value:
    return given(
        {
            "name": names.server(kind),
            "image": server.image,
            "imagePullPolicy": "IfNotPresent",
            "command": [],
            "args": server.args,
            "ports": [{"name": HTTP, "containerPort": server.port, "protocol": "TCP"}],
            "env": volumes.variables(kind, server) or None,
            "envFrom": volumes.variable_sources(server),
            "resources": pods.resources(server.resources),
            "securityContext": pods.container_security(),
            "volumeMounts": [mount for _, mount in volumes.mounted(kind, server)],
            "livenessProbe": pods.probe(server.probes.liveness, HTTP),
            "readinessProbe": pods.probe(server.probes.readiness, HTTP),
            "startupProbe": pods.probe(server.probes.startup, HTTP),
        }
    )
