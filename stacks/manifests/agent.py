"""The agent inside the cluster: `cortex agent --in-cluster`."""

from collections.abc import Iterator, Mapping

from stacks.manifests import network, pods
from stacks.manifests.agent_access import agent_access
from stacks.manifests.cilium import dns_names_policy
from stacks.manifests.dashboard import dashboard_manifest
from stacks.manifests.manifest import Manifest, Value, given
from stacks.manifests.rbac import service_account
from stacks.manifests.site import Site
from stacks.manifests.volumes import SECRET_MODE, claim_spec, writable_tmp
from stacks.model import names
from stacks.model.agent import Agent, AgentMetrics
from stacks.model.quantity import amount

LOG_FOLDER = "/var/log/cortex"
COMMAND = ("cortex", "agent", "--in-cluster", "--log", LOG_FOLDER, "--listen", f"0.0.0.0:{names.AGENT_PORT}")
"""The image's own entry point is the bridge."""
WEBHOOKS, WEBHOOKS_FOLDER = "webhooks", "/etc/cortex/webhooks"

GRACE_SECONDS = 15
"""Seconds that a pod has to end after SIGTERM; the agent needs at most 5."""
_ROOM = 2
"""A log of its whole size may fill only half of a volume: Kubernetes evicts a pod whose volume is full."""

_NAME = names.AGENT
_LABELS = names.agent_labels()
_SELECTOR = {names.APP: _NAME}
_MONITORING = "monitoring.coreos.com/v1"


def agent_manifests(agent: Agent, site: Site, digest: str, secrets: Mapping[str, str]) -> tuple[Manifest, ...]:
    """Return the agent's objects; `digest` is the hash of what it follows, and another one restarts the pods.

    `secrets` are the names of the Secrets of its webhooks.
    """
    before_pods = (
        service_account(_NAME, names.SYSTEM_NAMESPACE, _LABELS),
        *agent_access(agent.actions, site),
        *_policies(agent, site),
        *_claim(agent),
    )
    deployment = _deployment(agent, site, digest, secrets).after(before_pods)
    return (
        *before_pods,
        *([_disruption_budget()] if agent.replicas > 1 else []),
        deployment,
        # Pulumi waits for a Service's endpoints, which exist once pods are ready.
        _service().after([deployment]),
        *(_monitoring(agent.metrics, site) if agent.metrics else ()),
        *([dashboard_manifest()] if agent.dashboard else []),
    )


def _policies(agent: Agent, site: Site) -> Iterator[Manifest]:
    """Yield the policies that allow its pods to connect to the API and webhooks, and the scraper to connect to them."""
    ingress: list[Value] = []
    if metrics := agent.metrics:
        peer = network.pods(metrics.scraper.namespace, metrics.scraper.labels)
        ingress = [{"from": [peer], "ports": network.tcp(names.AGENT_PORT)}]
    place = _NAME, names.SYSTEM_NAMESPACE, _LABELS, network.selector(_SELECTOR)
    yield network.policy(
        *place, ingress=ingress, egress=[network.api_egress(site), *network.destinations(agent.egress)]
    )
    yield from dns_names_policy(*place, agent.egress, site.dns)


def _claim(agent: Agent) -> Iterator[Manifest]:
    if claim := agent.log.claim:
        content = {"spec": claim_spec(claim)}
        # Without the label by which undeclared objects are found, since the stack leaves a retained claim behind.
        yield Manifest(
            "v1",
            "PersistentVolumeClaim",
            names.AGENT_LOG,
            names.SYSTEM_NAMESPACE,
            _SELECTOR,
            content=content,
            retained=claim.retain,
        )


def _disruption_budget() -> Manifest:
    spec: Value = {
        "maxUnavailable": 1,
        "selector": {"matchLabels": _SELECTOR},
        # Otherwise pods that never become ready would block every drain.
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
    return Manifest("policy/v1", "PodDisruptionBudget", _NAME, names.SYSTEM_NAMESPACE, _LABELS, content={"spec": spec})


def _deployment(agent: Agent, site: Site, digest: str, secrets: Mapping[str, str]) -> Manifest:
    rolling: Value = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": agent.surge, "maxUnavailable": 0}}
    spec: Value = {
        "replicas": agent.replicas,
        # A new pod cannot mount a claim that a pod of another node still has.
        "strategy": rolling if agent.shares_log else {"type": "Recreate"},
        "selector": {"matchLabels": _SELECTOR},
        "template": {
            "metadata": {"labels": _LABELS, "annotations": {names.FOLLOWED_HASH: digest}},
            "spec": _pod(agent, site, secrets),
        },
    }
    return Manifest("apps/v1", "Deployment", _NAME, names.SYSTEM_NAMESPACE, _LABELS, content={"spec": spec})


def _pod(agent: Agent, site: Site, secrets: Mapping[str, str]) -> Value:
    tmp, tmp_mount = writable_tmp()
    mounts: list[Value] = [tmp_mount, {"name": "log", "mountPath": LOG_FOLDER}]
    volumes: list[Value] = [tmp, {"name": "log", **_log_volume(agent)}]
    if agent.webhooks:
        mounts.append(pods.read_only(WEBHOOKS, WEBHOOKS_FOLDER))
        volumes.append(_webhooks(agent, secrets))
    return given(
        {
            "serviceAccountName": _NAME,
            "imagePullSecrets": site.image_pull_secrets(names.SYSTEM_NAMESPACE),
            "automountServiceAccountToken": True,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": GRACE_SECONDS,
            "securityContext": pods.pod_security(),
            "containers": [_container(agent, mounts)],
            "volumes": volumes,
            "tolerations": [],
            "topologySpreadConstraints": [pods.spread(_SELECTOR)] if agent.replicas > 1 else None,
        }
    )


def _log_volume(agent: Agent) -> dict[str, Value]:
    if agent.log.claim:
        return {"persistentVolumeClaim": {"claimName": names.AGENT_LOG}}
    return {"emptyDir": {"sizeLimit": str(int(amount(agent.log.size) * _ROOM))}}


def _webhooks(agent: Agent, secrets: Mapping[str, str]) -> Value:
    """Return the volume that has a file with the address of each webhook."""
    sources: list[Value] = [
        {"secret": {"name": secrets[name], "items": [{"key": hook.key, "path": name}]}}
        for name, hook in agent.webhooks.items()
    ]
    return {"name": WEBHOOKS, "projected": {"defaultMode": SECRET_MODE, "sources": sources}}


def _container(agent: Agent, mounts: list[Value]) -> Value:
    return {
        "name": names.AGENT_COMPONENT,
        "image": agent.image,
        "imagePullPolicy": "IfNotPresent",
        "command": [*COMMAND, *(("--webhooks", WEBHOOKS_FOLDER) if agent.webhooks else ())],
        "env": [{"name": names.AGENT_IDENTITY, "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
        "ports": [{"name": names.HTTP, "containerPort": names.AGENT_PORT, "protocol": "TCP"}],
        "resources": pods.resources(agent.resources),
        "securityContext": pods.container_security(),
        **pods.http_probes({"path": "/healthz", "port": names.HTTP}, {"path": "/readyz", "port": names.HTTP}),
        "volumeMounts": mounts,
    }


def _service() -> Manifest:
    port: Value = {"name": names.HTTP, "port": names.AGENT_PORT, "targetPort": names.HTTP, "protocol": "TCP"}
    spec: Value = {"type": "ClusterIP", "selector": _SELECTOR, "ports": [port], "externalIPs": []}
    return Manifest("v1", "Service", _NAME, names.SYSTEM_NAMESPACE, _LABELS, content={"spec": spec})


def _monitoring(metrics: AgentMetrics, site: Site) -> Iterator[Manifest]:
    if site.isolates(metrics.scraper):
        to = network.pods(names.SYSTEM_NAMESPACE, _SELECTOR)
        rule: Value = {"to": [to], "ports": network.tcp(names.AGENT_PORT)}
        chosen, where = network.selector(metrics.scraper.labels), metrics.scraper.namespace
        yield network.policy(names.AGENT_CLIENT, where, _LABELS, chosen, egress=[rule], types=["Egress"])
    # Prometheus selects both objects by the additional labels.
    labels = {**_LABELS, **metrics.monitor_labels}
    if metrics.service_monitor:
        monitor: Value = {
            "selector": {"matchLabels": _SELECTOR},
            # Its metrics have their own labels `namespace` and `pod`, of the objects that they are about.
            "endpoints": [{"port": names.HTTP, "honorLabels": True}],
        }
        yield Manifest(_MONITORING, "ServiceMonitor", _NAME, names.SYSTEM_NAMESPACE, labels, content={"spec": monitor})
    if metrics.alerts:
        rules: Value = {"groups": [{"name": _NAME, "rules": [_no_leader()]}]}
        yield Manifest(_MONITORING, "PrometheusRule", _NAME, names.SYSTEM_NAMESPACE, labels, content={"spec": rules})


def _no_leader() -> Value:
    return {
        "alert": "CortexAgentSilent",
        "expr": f"absent({names.AGENT_LEADING} == 1)",
        "for": "5m",
        "labels": {"severity": "critical"},
        "annotations": {"summary": "No agent leads, so events are neither logged nor reacted to"},
    }
