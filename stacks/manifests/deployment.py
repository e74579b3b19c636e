"""The Deployment of an MCP server: fit for Pod Security `restricted`, probed, labelled for discovery."""

from stacks.manifests import labels, pods, volumes
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
"""Seconds that a pod has to end after SIGTERM; the bridge needs at most 5.5."""


def deployment(kind: str, server: Server, content: Content[object], site: Site) -> Manifest:
    """Return a server's Deployment."""
    carried, annotations = labels.labels(kind, server), labels.annotations(kind, server, site.domain)
    rolled = {names.CHECKSUM: _checksum(kind, server, content)}
    spec: dict[str, Value] = {
        "selector": {"matchLabels": names.server_selector(kind)},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": server.SURGE, "maxUnavailable": 0}},
        "template": {
            "metadata": {"labels": carried, "annotations": {**annotations, **rolled}},
            "spec": _pod(kind, server, site),
        },
    }
    if not server.autoscaling:
        spec["replicas"] = server.replicas
    # The autoscaler owns the number afterwards: two owners would undo each other's work. Without a number to begin
    # with, the Deployment would start with one pod.
    initial = {"spec.replicas": server.replicas} if server.autoscaling else {}
    fixed = {} if server.autoscaling else names.FIXED_REPLICAS
    return Manifest(
        "apps/v1",
        "Deployment",
        names.server(kind),
        server.namespace,
        carried,
        {**annotations, **fixed},
        {"spec": spec},
        initial,
    )


def checksum_owner(kind: str, server: Server) -> str:
    """Return the salt of the checksum of a server's pods."""
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
            # Declared as empty, so that a deployment removes what somebody adds.
            "tolerations": [],
        }
    )


def _spread(kind: str) -> Value:
    return {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        # A cluster of one node must also run all of them.
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": names.server_selector(kind)},
        # Otherwise new pods would be spread together with those that they replace, and unevenly once those are gone.
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
