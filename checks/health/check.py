"""Check the health of the declared workloads.

Deployments, the containers of their pods, the probe paths of MCP servers, and the latest runs of verifier and rotator.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from checks.drift.root_cause import explained
from checks.health.collect import PROBES, ROTATOR, VERIFIER, probed
from checks.kube import models as k8s
from checks.kube.reading import ReadFailure
from checks.mcp.answer import Answer, Outcome
from checks.mcp.collect import ANSWERS
from checks.results.builder import ResultBuilder
from checks.results.result import Ref
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from checks.times import ago
from checks.workloads.restarts import loops, out_of_memory
from checks.workloads.rollout import check_rollout, is_available, is_rolled_out
from checks.workloads.trouble import explain
from checks.workloads.workload import KINDS, Workload, workloads
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.kube_state_metrics import Alerts
from stacks.model.owner import SERVERS, Owner

_SUCCESS = range(200, 400)
"""HTTP statuses that the kubelet accepts as success."""
_ROTATOR_MEANINGS = {
    1: "a new value does not work, and the old one is back",
    2: "a Secret cannot be rotated as it is",
    3: "a rotation could not go on, and the next run finishes it",
}
_MEANINGS = {1: "it found differences", 2: "bad usage or a bad declaration", 3: "something could not be checked"}


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Check each declared Deployment, each server's probe paths, and the latest run of what runs on a schedule."""
    metrics = declaration.kube_state_metrics
    alerts = declaration.thresholds()
    for workload in workloads(declaration):
        _workload(builder, declaration, workload, snapshot, alerts)
    for kind in declaration.servers:
        _probes(builder, declaration, kind, snapshot)
    if declaration.verifier:
        _latest_run(builder, _VERIFIER, snapshot)
    if declaration.rotator:
        _latest_run(builder, _ROTATOR, snapshot)
    if not (declaration.running() or metrics or declaration.verifier or declaration.rotator or declaration.agent):
        # The stack declares no workload.
        builder.passed()


def _workload(
    builder: ResultBuilder, declaration: Declaration, workload: Workload, snapshot: Snapshot, alerts: Alerts
) -> None:
    if not snapshot.has_namespace(workload.namespace):
        # Reported once, as namespace.missing.
        builder.skipped(workload.namespace)
        return
    deployments = builder.use(snapshot.typed(workload.kind, workload.namespace, k8s.Deployment))
    reading = builder.use(snapshot.pods(workload.namespace))
    pods = workload.pods(reading.value) if reading else []
    deployment = workload.deployment(deployments.value) if deployments else None
    least = _least(declaration, workload, deployment)
    if deployment is not None:
        warnings = builder.use(snapshot.warnings(workload.namespace))
        why = explain(workload.name, pods, warnings.value if warnings else ())
        family = "server" if workload.server else "deployment"
        check_rollout(builder, family, workload.ref, deployment, least, why)
    elif deployments is not None:
        # Reported once, as missing.
        builder.skipped(workload.namespace)
    explains = deployment is not None and not is_available(deployment, least)
    for pod in pods:
        _ephemeral(builder, pod)
        if deployment is not None and is_rolled_out(deployment) and pod.live:
            _injected(builder, pod, deployment.spec.template)
        watch = _Watch(workload, pod, snapshot.at, alerts, explained=explains and not pod.ready)
        for status in [*pod.status.init_container_statuses, *pod.status.container_statuses]:
            _container(builder, watch, status)
    if reading is not None:
        healthy = sum(pod.ready for pod in pods)
        builder.fact(workload.name, "healthy", healthy)
        builder.fact(workload.name, "unhealthy", len(pods) - healthy)
        builder.fact(workload.name, "restarts", sum(pod.restarts for pod in pods))


def _least(declaration: Declaration, workload: Workload, deployment: k8s.Deployment | None) -> int:
    """Return how many replicas must be available: with an autoscaler, at most its minimum, since it may be scaling."""
    asked = deployment.spec.replicas if deployment else 0
    scaling = declaration.running()[workload.owner].autoscaling if workload.owner else None
    return min(asked, scaling.min_replicas) if scaling else asked


def _ephemeral(builder: ResultBuilder, pod: k8s.Pod) -> None:
    """Check that no ephemeral container was added to a running pod, which no controller undoes."""
    added = ", ".join(f"{each.name} ({each.image})" for each in pod.spec.ephemeral_containers)
    ref = Ref("Pod", pod.metadata.name, pod.metadata.namespace)
    message = f"ephemeral container added to the pod: {added}"
    builder.holds(not added, "pod.ephemeral-container", ref, message, expected=None, actual=added)


def _injected(builder: ResultBuilder, pod: k8s.Pod, template: k8s.Template) -> None:
    """Check that a pod has no containers that its template lacks, which an admission webhook can add."""
    declared = {each.name for each in (*template.spec.containers, *template.spec.init_containers)}
    every = (*pod.spec.containers, *pod.spec.init_containers)
    added = ", ".join(f"{each.name} ({each.image})" for each in every if each.name not in declared)
    ref = Ref("Pod", pod.metadata.name, pod.metadata.namespace)
    message = f"container that the pod template lacks, added by an admission webhook: {added}"
    builder.holds(not added, "pod.undeclared-container", ref, message, expected=None, actual=added)


@dataclass(frozen=True)
class _Watch:
    """A pod, and the thresholds for its containers."""

    workload: Workload
    pod: k8s.Pod
    at: datetime
    alerts: Alerts
    explained: bool
    """Whether a finding about the Deployment already explains this pod."""

    @property
    def ref(self) -> Ref:
        return Ref("Pod", self.pod.metadata.name, self.workload.namespace)


def _container(builder: ResultBuilder, watch: _Watch, status: k8s.ContainerStatus) -> None:
    """Check the restarts of a container; being killed for exceeding its memory limit explains them."""
    window = timedelta(minutes=watch.alerts.restart_minutes)
    killed = out_of_memory(status, watch.at)
    looping = loops(watch.pod, status, watch.at, watch.alerts.restarts, window)
    if (killed or looping) and watch.explained:
        builder.skipped(watch.ref.namespace)
    elif killed:
        message = f"container {status.name} was killed because it ran out of memory {ago(killed, watch.at)}" + _times(
            status
        )
        builder.fault("container.oom-killed", watch.ref, message, expected="not in the last hour", actual="OOMKilled")
    elif looping:
        builder.fault(
            "container.restarts",
            watch.ref,
            f"container {status.name} restarts again and again{_times(status)}{_last_exit(status, watch.at)}",
            expected=f"at most {watch.alerts.restarts} in {watch.alerts.restart_minutes} min",
            actual=status.restart_count,
        )
    else:
        builder.passed(namespace=watch.ref.namespace)


def _times(status: k8s.ContainerStatus) -> str:
    return f", {status.restart_count} restarts so far" if status.restart_count else ""


def _last_exit(status: k8s.ContainerStatus, at: datetime) -> str:
    end = status.last_state.terminated
    if end is None:
        return ""
    when = f" {ago(end.finished_at, at)}" if end.finished_at else ""
    return f", last exit {end.exit_code} ({end.reason}){when}"


def _probes(builder: ResultBuilder, declaration: Declaration, kind: str, snapshot: Snapshot) -> None:
    """Check the server's answers on the paths of its probes."""
    server = declaration.servers[kind]
    if server.replicas == 0:
        # Declared with 0 replicas.
        builder.passed(namespace=server.namespace)
        return
    ref = Ref("Service", names.server(kind), server.namespace)
    is_reported = explained(declaration, Owner(SERVERS, kind), snapshot) or _silent(snapshot.get(ANSWERS)[kind].service)
    for path, probes in probed(server).items():
        reply = snapshot.get(PROBES)[kind][path]
        if isinstance(reply, ReadFailure):
            builder.use(reply)
            continue
        builder.took(reply.seconds)
        fine = reply.status in _SUCCESS
        if is_reported and not fine:
            builder.skipped(server.namespace)
            continue
        answer = reply.detail or f"HTTP {reply.status}"
        message = f"pods are ready, but GET {path} ({probes}) on port {server.port} fails: {answer}"
        builder.holds(fine, "probe.failing", ref, message, expected="HTTP 200 to 399", actual=reply.status)


def _silent(answer: Answer) -> bool:
    """Return whether the check `mcp` already reports that the server does not answer."""
    return answer.outcome in (Outcome.UNREACHABLE, Outcome.TIMEOUT)


@dataclass(frozen=True)
class _Runner:
    """What runs on a schedule: who, the label of its Jobs, and what its exit codes mean."""

    name: str
    label: tuple[str, str]
    meanings: Mapping[int, str]


_VERIFIER = _Runner("verifier", VERIFIER, _MEANINGS)
_ROTATOR = _Runner("rotator", ROTATOR, _ROTATOR_MEANINGS)


def _latest_run(builder: ResultBuilder, runner: _Runner, snapshot: Snapshot) -> None:
    """Check the latest finished run; a failure before a successful run is not reported."""
    if (jobs := builder.use(snapshot.typed("Job", names.SYSTEM_NAMESPACE, k8s.Job))) is None:
        return
    label, value = runner.label
    runs = [job for job in jobs.value if job.metadata.labels.get(label) == value]
    ended = [job for job in runs if job.finished and job.status.start_time]
    latest = max(ended, key=lambda job: str(job.status.start_time), default=None)
    failure = latest.failure if latest else None
    if latest is None or failure is None:
        builder.passed(namespace=names.SYSTEM_NAMESPACE)
        return
    code = _exit_code(latest.metadata.name, snapshot)
    why = "" if code is None else f"exit code {code}"
    if code is not None and code in runner.meanings:
        why += f": {runner.meanings[code]}"
    ref = Ref("Job", latest.metadata.name, names.SYSTEM_NAMESPACE)
    message = f"the {runner.name}'s latest run failed: {why or failure.message or failure.reason}"
    builder.fault(f"{runner.name}.failed", ref, message, expected="Complete", actual=failure.reason)


def _exit_code(job: str, snapshot: Snapshot) -> int | None:
    """Return the exit code of a Job's last pod; None if its pods no longer exist."""
    reading = snapshot.pods(names.SYSTEM_NAMESPACE)
    pods = () if isinstance(reading, ReadFailure) else reading.value
    mine = [pod for pod in pods if pod.metadata.labels.get("batch.kubernetes.io/job-name") == job]
    ends = [status.state.terminated for pod in mine for status in pod.status.container_statuses]
    codes = [(str(end.finished_at), end.exit_code) for end in ends if end]
    return max(codes)[1] if codes else None


CHECK = Check(
    "health",
    "Health",
    frozenset({"Namespace", *KINDS, "Service", "Pod", "Event", "Job"}),
    (PROBES, ANSWERS),
    check,
)
