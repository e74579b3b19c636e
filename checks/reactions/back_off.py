"""BackOff: why a container keeps ending or does not start, with its last log lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from checks.events.occurrence import Occurrence
from checks.kube.client import ApiClient
from checks.kube.reading import ReadFailure, Reading
from checks.plain_text import brief
from checks.reactions.cause import IMAGE, likely_cause
from checks.reactions.objects import Container, ContainerStatus, Pod
from checks.reactions.reaction import Reaction
from checks.reactions.reading import read_pod

MOST_LINES = 50
"""Lines of a log that are read."""

Log = Reading[tuple[str, ...]]


@dataclass(frozen=True)
class Logs:
    """The last lines of a container's current run and of the one before."""

    current: Log
    previous: Log


async def react(occurred: Occurrence, api: ApiClient) -> Reaction | None:
    """Return the likely cause and the log; None if no container of the pod is in trouble any more."""
    if occurred.object.kind != "Pod":
        return None
    pod = await read_pod(occurred, api)
    if isinstance(pod, Reaction):
        return pod
    found = troubled(pod, occurred.container)
    if found is None:
        return None
    container, status = found
    if status.ready and not status.restart_count:
        return None
    if status.state.waiting and status.state.waiting.reason in IMAGE:
        return explain(occurred, container, status, None)
    space, name = occurred.object.namespace, occurred.object.name
    current = await api.log(space, name, container.name, lines=MOST_LINES)
    previous = await api.log(space, name, container.name, lines=MOST_LINES, previous=True)
    return explain(occurred, container, status, Logs(current, previous))


def troubled(pod: Pod, name: str) -> tuple[Container, ContainerStatus] | None:
    """Return the container of an event; if the event names none, the first one that waits or has ended."""
    names = [name] if name else [each.name for each in (*pod.spec.init_containers, *pod.spec.containers)]
    for one in names:
        container, status = pod.container(one), pod.container_status(one)
        if container and status and (name or status.state.waiting or status.state.terminated):
            return container, status
    return None


def explain(occurred: Occurrence, container: Container, status: ContainerStatus, logs: Logs | None) -> Reaction:
    """Return the likely cause. Log lines stand only in the details: they can have secrets."""
    lines = [*_read(logs.previous), *_read(logs.current)] if logs else []
    state = "keeps ending" if status.restart_count else "does not run"
    summary = (
        f"container {container.name} of {occurred.object} {state}: {likely_cause(container, status, lines)}; "
        f"restarts: {status.restart_count}" + ("; it runs again now" if status.ready else "")
    )
    return Reaction(summary, (*_states(status), *(_logs(status, logs) if logs else ())))


def _states(status: ContainerStatus) -> Iterator[str]:
    if (waiting := status.state.waiting) and waiting.message:
        yield f"{waiting.reason}: {brief(waiting.message)}"
    ended = status.state.terminated or status.last_state.terminated
    if ended:
        message = f": {brief(ended.message)}" if ended.message else ""
        yield f"the last run ended with exit code {ended.exit_code} ({ended.reason}){message}"


def _logs(status: ContainerStatus, logs: Logs) -> Iterator[str]:
    # Of a container that waits for its next start, both are the log of its last run.
    if _read(logs.current) != _read(logs.previous):
        yield from _log("previous run", logs.previous)
    yield from _log("current run" if status.state.running else "last run", logs.current)


def _log(run: str, log: Log) -> Iterator[str]:
    if isinstance(log, ReadFailure) and log.status == HTTPStatus.BAD_REQUEST:
        yield f"the {run} has no log"
    elif isinstance(log, ReadFailure):
        yield f"{log.what}: {log.message}"
    elif log.value:
        yield f"the last lines of the {run}:"
        yield from log.value
    else:
        yield f"the {run} wrote nothing"


def _read(log: Log) -> tuple[str, ...]:
    return () if isinstance(log, ReadFailure) else log.value
