"""Puts together what `cortex health` shows."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from checks.events.events import grouped
from checks.health.check import CHECK
from checks.health.collect import PROBES, probed
from checks.health.report import (
    SCHEMA,
    Container,
    Endpoint,
    Exit,
    Pod,
    Report,
    Warnings,
    WorkloadHealth,
)
from checks.kube import models as k8s
from checks.kube.reading import ReadFailure
from checks.results.catalogue import finding
from checks.results.cluster_document import head
from checks.results.conclusion import exit_code
from checks.results.result import Finding, Severity
from checks.results.suppressions import accepted
from checks.snapshot.snapshot import Snapshot
from checks.target import Target
from checks.times import ago
from checks.workloads.trouble import concerns, explain
from checks.workloads.workload import Workload, workloads
from stacks.model.declaration import Declaration


def health_report(target: Target, snapshot: Snapshot) -> Report:
    """Return the state of each declared workload.

    The findings are those of the check `health`, and one for each missing Deployment, which other checks report.
    """
    verified, declared = CHECK.run(target.declaration, snapshot), workloads(target.declaration)
    shown = [_workload(target.declaration, workload, snapshot) for workload in declared]
    missing = [_missing(workload) for workload, seen in zip(declared, shown, strict=True) if seen.missing]
    result = accepted(target.declaration, replace(verified, findings=(*verified.findings, *missing)))
    return Report(
        **head(SCHEMA, target, exit_code((result,), Severity.ERROR)),
        at=snapshot.at,
        workloads=shown,
        findings=result.findings,
        suppressed=result.suppressed,
        unknowns=result.unknowns,
    )


def _missing(workload: Workload) -> Finding:
    code = "server.missing" if workload.server else "object.missing"
    return finding(code, workload.ref, f"the {workload.kind} does not exist", expected="present", actual="absent")


def _workload(declaration: Declaration, workload: Workload, snapshot: Snapshot) -> WorkloadHealth:
    deployments = snapshot.typed(workload.kind, workload.namespace, k8s.Deployment)
    listed = snapshot.pods(workload.namespace)
    warnings = getattr(snapshot.warnings(workload.namespace), "value", ())
    deployment = None if isinstance(deployments, ReadFailure) else workload.deployment(deployments.value)
    pods = None if isinstance(listed, ReadFailure) else workload.pods(listed.value)
    healthy = None if pods is None else sum(pod.ready for pod in pods)
    concerned = {workload.name, *(pod.metadata.name for pod in pods or ())}
    about = [event for event in warnings if concerns(event, workload.name, concerned)]
    return WorkloadHealth(
        name=workload.name,
        namespace=workload.namespace,
        type=workload.server,
        missing=deployment is None and not isinstance(deployments, ReadFailure),
        replicas=deployment.spec.replicas if deployment else None,
        healthy=healthy,
        unhealthy=None if pods is None or healthy is None else len(pods) - healthy,
        restarts=None if pods is None else sum(pod.restarts for pod in pods),
        trouble=_trouble(workload, pods or [], about, snapshot.at),
        pods=[_pod(pod) for pod in pods or ()],
        warnings=list(_warnings(workload.namespace, about)),
        endpoints=list(_endpoints(declaration, workload.server, snapshot)),
    )


def _trouble(workload: Workload, pods: list[k8s.Pod], warnings: Iterable[k8s.Event], at: datetime) -> str:
    """Return the current trouble of the pods, or else the last one."""
    if now := explain(workload.name, pods, warnings):
        return now.removeprefix("; ")
    past = [
        (end.finished_at, f"container {status.name} exited {end.exit_code} ({end.reason})")
        for pod in pods
        for status in pod.status.container_statuses
        if (end := status.last_state.terminated) and end.finished_at
    ]
    past += [(event.seen, f"{event.reason}: {' '.join(event.message.split())}") for event in warnings if event.seen]
    if not past:
        return ""
    when, what = max(past)
    return f"{ago(when, at)}: {what}"


def _pod(pod: k8s.Pod) -> Pod:
    statuses = [*pod.status.init_container_statuses, *pod.status.container_statuses]
    return Pod(
        name=pod.metadata.name,
        phase=pod.status.phase,
        ready=pod.ready,
        conditions=pod.status.conditions,
        containers=[_container(status) for status in statuses],
    )


def _container(status: k8s.ContainerStatus) -> Container:
    now, end = status.state, status.last_state.terminated
    state, reason = "unknown", ""
    if now.running:
        state = "running"
    elif now.waiting:
        state, reason = "waiting", now.waiting.reason
    elif now.terminated:
        state, reason = "terminated", now.terminated.reason
    last_exit = Exit(end.exit_code, end.reason, end.finished_at) if end else None
    return Container(status.name, state, reason, status.ready, status.restart_count, last_exit)


def _warnings(namespace: str, events: Iterable[k8s.Event]) -> Iterator[Warnings]:
    for group in grouped({namespace: events}):
        yield Warnings(str(group.object), group.reason, group.message, group.count, group.last)


def _endpoints(declaration: Declaration, kind: str | None, snapshot: Snapshot) -> Iterator[Endpoint]:
    if kind is None:
        return
    probes = probed(declaration.servers[kind])
    replies = dict.fromkeys(probes, snapshot.unreachable) if snapshot.unreachable else snapshot.get(PROBES)[kind]
    for path, reply in replies.items():
        status = None if isinstance(reply, ReadFailure) else reply.status
        detail = reply.message if isinstance(reply, ReadFailure) else reply.detail
        yield Endpoint(path, probes[path], status, round(reply.seconds * 1000, 1), detail)
