"""What one look at a container tells of its past: restarts in a loop, and an end for lack of memory.

A container's status has a count of restarts since the pod began, and the times of its current and its previous run; how
many restarts fell into the last minutes stands nowhere. So a loop is only called one where the times leave no doubt.
"""

from datetime import datetime, timedelta

from checks.kube import models as k8s

OOM_KILLED = "OOMKilled"
OOM_RECENT = timedelta(hours=1)


def loops(pod: k8s.Pod, status: k8s.ContainerStatus, at: datetime, most: int, window: timedelta) -> bool:
    """Tell whether a container restarted more than `most` times in `window`, as far as one look can tell.

    It did so on the average of the pod's whole life, and the previous run both began and ended within the window. A pod
    younger than the window thus counts exactly. A loop that began late in a long life is not seen here.
    """
    previous = status.last_state.terminated
    born = pod.status.start_time or pod.metadata.creation_timestamp
    if previous is None or previous.started_at is None or born is None:
        return False
    within = previous.started_at >= at - window
    return within and status.restart_count * window > most * max(at - born, window)


def out_of_memory(status: k8s.ContainerStatus, at: datetime) -> datetime | None:
    """Give when the container was killed for lack of memory; None if that was not within the last hour."""
    for state in (status.state, status.last_state):
        end = state.terminated
        if end is not None and end.reason == OOM_KILLED and end.finished_at and end.finished_at >= at - OOM_RECENT:
            return end.finished_at
    return None
