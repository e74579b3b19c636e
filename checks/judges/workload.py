"""Judges one MCP server's Deployment and pods as they are specified: labels, image, probes, replicas."""

from dataclasses import dataclass

from checks import objects as k8s
from checks.findings import Ref
from checks.judges.namespaces import differences
from checks.judges.rollout import settled
from checks.tally import Tally
from stacks import names
from stacks.discovery import annotations, labels
from stacks.probe import Probe
from stacks.replicas import replicas
from stacks.server import Server


@dataclass(frozen=True)
class Live:
    """What the cluster has of one server; `pods` is None if they could not be read."""

    deployment: k8s.Deployment
    pods: tuple[k8s.Pod, ...] | None


def judge(tally: Tally, kind: str, server: Server, live: Live) -> None:
    """Judge the Deployment as it is specified, and whether its pods are found by label."""
    ref = Ref("Deployment", names.server(kind), server.namespace)
    meta, template = live.deployment.metadata, live.deployment.spec.template
    differences(tally, "server.label", ref, "label", labels(kind, server), meta.labels)
    differences(tally, "server.annotation", ref, "annotation", annotations(kind, server), meta.annotations)
    differences(tally, "server.label", ref, "pod label", labels(kind, server), template.metadata.labels)
    differences(
        tally,
        "server.annotation",
        ref,
        "pod annotation",
        annotations(kind, server),
        template.metadata.annotations,
    )
    container = _container(kind, template.spec.containers)
    image = container.image if container else None
    tally.equal("server.image", ref, "the server's container has another image", server.image, image)
    if container is not None:
        for name, probe in _probes(server, container):
            _probe(tally, ref, name, probe[0], probe[1], server.port, container)
    _replicas(tally, ref, server, live.deployment)
    if live.pods is not None:
        selector = names.server_selector(kind).items()
        mine = [pod for pod in live.pods if pod.live and selector <= pod.metadata.labels.items()]
        _discovered(tally, kind, server, live.deployment, mine)
        if settled(live.deployment):
            _count(tally, ref, live.deployment.spec.replicas, mine)


def _container(kind: str, containers: list[k8s.Container]) -> k8s.Container | None:
    named = (container for container in containers if container.name == names.server(kind))
    return next(named, containers[0] if len(containers) == 1 else None)


def _probes(server: Server, container: k8s.Container) -> list[tuple[str, tuple[Probe, k8s.Probe | None]]]:
    return [
        ("livenessProbe", (server.probes.liveness, container.liveness_probe)),
        ("readinessProbe", (server.probes.readiness, container.readiness_probe)),
        ("startupProbe", (server.probes.startup, container.startup_probe)),
    ]


def _probe(
    tally: Tally,
    ref: Ref,
    name: str,
    declared: Probe,
    live: k8s.Probe | None,
    port: int,
    container: k8s.Container,
) -> None:
    expected = {"port": port, **declared.model_dump(by_alias=True)}
    actual: dict[str, object] = {}
    if live is not None and live.http_get is not None:
        named = {p.name: p.container_port for p in container.ports}
        actual = {
            "port": named.get(str(live.http_get.port), live.http_get.port),
            "path": live.http_get.path,
            "initialDelaySeconds": live.initial_delay_seconds,
            "periodSeconds": live.period_seconds,
            "timeoutSeconds": live.timeout_seconds,
            "failureThreshold": live.failure_threshold,
            "successThreshold": live.success_threshold,
        }
    different = [key for key in expected if expected[key] != actual.get(key)]
    fault = f"differs in {', '.join(different)}" if actual else "is missing"
    tally.holds(
        not different,
        "server.probe",
        ref,
        f"the {name} {fault}",
        expected=", ".join(f"{key}={expected[key]}" for key in different),
        actual=", ".join(f"{key}={actual[key]}" for key in different) if actual else None,
    )


def _replicas(tally: Tally, ref: Ref, server: Server, deployment: k8s.Deployment) -> None:
    wanted, asked = replicas(server), deployment.spec.replicas
    tally.holds(
        wanted.least <= asked <= wanted.most,
        "server.replicas",
        ref,
        f"the Deployment asks for {asked} replicas, not {wanted}",
        expected=str(wanted) if server.autoscaling else server.replicas,
        actual=asked,
    )


def _discovered(tally: Tally, kind: str, server: Server, deployment: k8s.Deployment, pods: list[k8s.Pod]) -> None:
    template = deployment.spec.template.metadata
    # A pod that is as its template says repeats what was already said of the Deployment.
    wanted = _in_both(labels(kind, server), template.labels)
    notes = _in_both(annotations(kind, server), template.annotations)
    for pod in pods:
        ref = Ref("Pod", pod.metadata.name, server.namespace)
        differences(tally, "server.label", ref, "label", wanted, pod.metadata.labels)
        differences(tally, "server.annotation", ref, "annotation", notes, pod.metadata.annotations)


def _in_both(declared: dict[str, str], template: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in declared.items() if template.get(key) == value}


def _count(tally: Tally, ref: Ref, wanted: int, pods: list[k8s.Pod]) -> None:
    ready = sum(pod.ready for pod in pods)
    message = f"discovery finds {ready} ready pods of the server, the Deployment runs {wanted}"
    tally.equal("server.pods", ref, message, wanted, ready)
