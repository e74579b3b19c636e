"""Check the pods of an MCP server: their number, labels, annotations and images."""

from dataclasses import dataclass

from checks.kube import models as k8s
from checks.results.builder import ResultBuilder
from checks.results.result import Ref, Remedy
from checks.workloads.rollout import is_rolled_out, settled
from stacks.manifests.labels import annotations, labels
from stacks.model import names
from stacks.model.replicas import replicas
from stacks.model.server import Server, controller


@dataclass(frozen=True)
class Live:
    """The live objects of a server; `pods` is None if they could not be read."""

    deployment: k8s.Deployment
    pods: tuple[k8s.Pod, ...] | None


def check_pods(builder: ResultBuilder, kind: str, server: Server, domain: str, live: Live) -> None:
    """Check what a comparison of fields cannot: the autoscaler's number of replicas, and the pods themselves."""
    ref = Ref(controller(server), names.server(kind), server.namespace)
    _replicas(builder, ref, server, live.deployment)
    if live.pods is not None:
        selector = names.server_selector(kind).items()
        mine = [pod for pod in live.pods if pod.live and selector <= pod.metadata.labels.items()]
        notes = annotations(kind, server, domain)
        _discovered(builder, labels(kind, server), notes, live.deployment, mine)
        if settled(live.deployment):
            _count(builder, ref, live.deployment.spec.replicas, mine)
        # Checked even if the Deployment is not settled: a pod whose image was changed may never become ready again.
        if is_rolled_out(live.deployment):
            for pod in mine:
                _images(builder, live.deployment.spec.template, pod)


def _replicas(builder: ResultBuilder, ref: Ref, server: Server, deployment: k8s.Deployment) -> None:
    if server.autoscaling is None:
        return
    wanted, asked = replicas(server), deployment.spec.replicas
    message = f"the {ref.kind} has {asked} replicas instead of {wanted}"
    within = wanted.least <= asked <= wanted.most
    builder.holds(
        within,
        "server.replicas",
        ref,
        message,
        expected=str(wanted),
        actual=asked,
        remedy=Remedy.PERSON,
    )


def _discovered(
    builder: ResultBuilder,
    wanted: dict[str, str],
    notes: dict[str, str],
    deployment: k8s.Deployment,
    pods: list[k8s.Pod],
) -> None:
    template = deployment.spec.template.metadata
    # What the template itself lacks is reported once, for the Deployment.
    wanted, notes = _in_both(wanted, template.labels), _in_both(notes, template.annotations)
    for pod in pods:
        ref = Ref("Pod", pod.metadata.name, pod.metadata.namespace)
        _pod_differs(builder, "server.label", ref, "label", wanted, pod.metadata.labels)
        _pod_differs(builder, "server.annotation", ref, "annotation", notes, pod.metadata.annotations)


def _pod_differs(builder: ResultBuilder, code: str, ref: Ref, what: str, declared: k8s.Text, live: k8s.Text) -> None:
    for key, value in declared.items():
        fault = "has another value" if key in live else "is missing"
        builder.equal(code, ref, f"the {what} {key} {fault}", value, live.get(key), Remedy.REPAIR)


def _in_both(declared: dict[str, str], template: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in declared.items() if template.get(key) == value}


def _count(builder: ResultBuilder, ref: Ref, wanted: int, pods: list[k8s.Pod]) -> None:
    ready = sum(pod.ready for pod in pods)
    message = f"discovery finds {ready} ready pods of the server, but the {ref.kind} runs {wanted}"
    builder.equal("server.pods", ref, message, wanted, ready)


def _images(builder: ResultBuilder, template: k8s.Template, pod: k8s.Pod) -> None:
    """Check that a pod runs the images of its template. No controller undoes a change of a pod's image."""
    ref = Ref("Pod", pod.metadata.name, pod.metadata.namespace)
    running = {container.name: container.image for container in pod.spec.containers}
    for container in template.spec.containers:
        if (image := running.get(container.name)) is not None:
            message = f"the container {container.name} has another image than in its template"
            builder.equal("server.image", ref, message, container.image, image, Remedy.REPAIR)
