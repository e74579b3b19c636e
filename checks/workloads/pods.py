"""Check the pods of a server or workload: their number and images, which no comparison of fields tells."""

from dataclasses import dataclass

from checks.kube import models as k8s
from checks.results.builder import ResultBuilder
from checks.results.result import Ref, Remedy
from checks.snapshot.snapshot import Snapshot
from checks.workloads.rollout import is_rolled_out, settled
from stacks.model.owner import Owner
from stacks.model.replicas import replicas
from stacks.model.workload import Workload, controller


@dataclass(frozen=True)
class Live:
    """The live objects of a server or workload; `pods` is None if they could not be read."""

    deployment: k8s.Deployment
    pods: tuple[k8s.Pod, ...] | None

    def selected(self, owner: Owner) -> list[k8s.Pod]:
        """Return the pods that the owner's labels select, and that are neither finished nor being deleted."""
        selector = owner.selector.items()
        return [pod for pod in self.pods or () if pod.live and selector <= pod.metadata.labels.items()]


def live(builder: ResultBuilder, snapshot: Snapshot, owner: Owner, declared: Workload) -> Live | None:
    """Return the live objects of a server or workload; None without its Deployment, which is reported as missing."""
    reading = builder.use(snapshot.typed(controller(declared), declared.namespace, k8s.Deployment))
    deployments, pods = reading.value if reading else (), builder.use(snapshot.pods(declared.namespace))
    deployment = next((each for each in deployments if each.metadata.name == owner.name), None)
    return Live(deployment, pods.value if pods else None) if deployment else None


def check_pods(builder: ResultBuilder, family: str, owner: Owner, declared: Workload, live: Live) -> None:
    """Check the autoscaler's number of replicas, and the pods; the codes of findings begin with `family`."""
    ref = Ref(controller(declared), owner.name, declared.namespace)
    _replicas(builder, family, ref, declared, live.deployment)
    if live.pods is not None:
        mine = live.selected(owner)
        if settled(live.deployment):
            _count(builder, family, ref, live.deployment.spec.replicas, mine)
        # Checked even if the Deployment is not settled: a pod whose image was changed may never become ready again.
        if is_rolled_out(live.deployment):
            for pod in mine:
                _images(builder, family, live.deployment.spec.template, pod)


def _replicas(builder: ResultBuilder, family: str, ref: Ref, declared: Workload, deployment: k8s.Deployment) -> None:
    if declared.autoscaling is None:
        return
    wanted, asked = replicas(declared), deployment.spec.replicas
    message = f"the {ref.kind} has {asked} replicas instead of {wanted}"
    within = wanted.least <= asked <= wanted.most
    builder.holds(
        within,
        f"{family}.replicas",
        ref,
        message,
        expected=str(wanted),
        actual=asked,
        remedy=Remedy.PERSON,
    )


def _count(builder: ResultBuilder, family: str, ref: Ref, wanted: int, pods: list[k8s.Pod]) -> None:
    ready = sum(pod.ready for pod in pods)
    message = f"{ready} ready pods have its labels, but the {ref.kind} runs {wanted}"
    builder.equal(f"{family}.pods", ref, message, wanted, ready)


def _images(builder: ResultBuilder, family: str, template: k8s.Template, pod: k8s.Pod) -> None:
    """Check that a pod runs the images of its template. No controller undoes a change of a pod's image."""
    ref = Ref("Pod", pod.metadata.name, pod.metadata.namespace)
    running = {container.name: container.image for container in pod.spec.containers}
    for container in template.spec.containers:
        if (image := running.get(container.name)) is not None:
            message = f"the container {container.name} has another image than in its template"
            builder.equal(f"{family}.image", ref, message, container.image, image, Remedy.REPAIR)
