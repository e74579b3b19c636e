"""Recognize restart loops and out-of-memory kills from a single container status.

A container's status has the number of restarts since the pod's start, and the times of its current and previous run,
but not the number of restarts in the last minutes. A loop is therefore reported only if the times leave no doubt.
"""

from datetime import datetime, timedelta

from checks.kube import models as k8s

OOM_KILLED = "OOMKilled"
OOM_RECENT = timedelta(hours=1)


def loops(pod: k8s.Pod, status: k8s.ContainerStatus, at: datetime, most: int, window: timedelta) -> bool:
    """Return whether a container restarts more than `most` times in `window`, as far as a single status shows.

    That is so if the average over the pod's whole life exceeds this rate and the previous run began within the window.
    For a pod younger than the window the result is exact. A loop that began late in a long life is not recognized.
    """
    previous = status.last_state.terminated
    born = pod.status.start_time or pod.metadata.creation_timestamp
    if previous is None or previous.started_at is None or born is None:
        return False
    within = previous.started_at >= at - window
    return within and status.restart_count * window > most * max(at - born, window)


def out_of_memory(status: k8s.ContainerStatus, at: datetime) -> datetime | None:
    """Return when the container was killed because it ran out of memory; None if not within the last hour."""
    for state in (status.state, status.last_state):
        end = state.terminated
        if end is not None and end.reason == OOM_KILLED and end.finished_at and end.finished_at >= at - OOM_RECENT:
            return end.finished_at
    return None
