"""Unhealthy: which probe fails, where it asks, and in which state the container is."""

import re
from collections.abc import Iterator

from checks.events.occurrence import Occurrence
from checks.kube.client import ApiClient
from checks.reactions.objects import Container, ContainerStatus, Pod, Probe
from checks.reactions.reaction import Reaction
from checks.reactions.reading import read_pod
from checks.times import rfc3339

_PROBE = re.compile(r"(Readiness|Liveness|Startup) probe")


async def react(occurred: Occurrence, api: ApiClient) -> Reaction | None:
    """Return the probe and the container's state.

    A pod that is ready is no reason to be silent: it becomes unready only after several failures.
    """
    if occurred.object.kind != "Pod":
        return None
    pod = await read_pod(occurred, api)
    return pod if isinstance(pod, Reaction) else explain(occurred, pod)


def explain(occurred: Occurrence, pod: Pod) -> Reaction:
    """Return which probe of which container fails, and what is known of the container."""
    # What the probe got can be the output of a command, so that it stands in the details, not in the summary.
    details = [f"the kubelet says: {occurred.message}"]
    container = pod.container(occurred.container)
    found = _PROBE.match(occurred.message)
    if container is None or found is None:
        return Reaction(f"a probe of {occurred.object} fails; {_readiness(pod)}", tuple(details))
    kind = found[1].lower()
    probe = {"readiness": container.readiness_probe, "liveness": container.liveness_probe}.get(
        kind, container.startup_probe
    )
    status = pod.container_status(container.name)
    where = f" ({endpoint(probe)})" if probe else ""
    restarts = f"; restarts: {status.restart_count}" if status else ""
    details += _lines(container, kind, probe, status)
    return Reaction(
        f"the {kind} probe of container {container.name} of {occurred.object} fails{where}; "
        f"{_readiness(pod)}{restarts}",
        tuple(details),
    )


def endpoint(probe: Probe) -> str:
    """Return where a probe asks."""
    if probe.http_get:
        return f"GET {probe.http_get.scheme.lower()} :{probe.http_get.port}{probe.http_get.path}"
    if probe.tcp_socket:
        return f"connection to port {probe.tcp_socket.port}"
    if probe.grpc:
        return f"gRPC health service on port {probe.grpc.port}"
    # The arguments of a command can be anything, also secret.
    command = probe.exec.command[0] if probe.exec and probe.exec.command else ""
    return f"command {command}"


def _readiness(pod: Pod) -> str:
    ready = next((each for each in pod.status.conditions if each.type == "Ready"), None)
    if ready is None:
        return "the pod is not ready"
    since = f" since {rfc3339(ready.last_transition_time)}" if ready.last_transition_time else ""
    return f"the pod is {'still ready' if ready.status == 'True' else f'not ready{since}'}"


def _lines(container: Container, kind: str, probe: Probe | None, status: ContainerStatus | None) -> Iterator[str]:
    if probe:
        yield (
            f"the {kind} probe asks every {probe.period_seconds} s, waits {probe.timeout_seconds} s for the answer, "
            f"and counts after {probe.failure_threshold} failures in a row"
        )
    if status is None:
        return
    if status.started is False and container.startup_probe:
        startup = container.startup_probe
        most = startup.initial_delay_seconds + startup.period_seconds * startup.failure_threshold
        yield f"the container has not started: its startup probe ({endpoint(startup)}) allows {most} s"
    elif status.started is False:
        yield "the container has not started"
    if status.state.running and status.state.running.started_at:
        yield f"the container runs since {rfc3339(status.state.running.started_at)}"
    if status.state.waiting:
        yield f"the container waits: {status.state.waiting.reason}"
    if ended := status.last_state.terminated:
        at = f" at {rfc3339(ended.finished_at)}" if ended.finished_at else ""
        yield f"its previous run ended{at} with exit code {ended.exit_code} ({ended.reason})"
