"""A ready pod behind any Service of the cluster, for a forwarded port: the API server forwards ports of pods only."""

from checks.kube import models as k8s
from checks.kube.client import ApiClient, Kind
from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.kube.resources import PODS, label_selector

_SERVICES = Kind("api/v1", "services", k8s.Service)


async def pod_behind(api: ApiClient, namespace: str, name: str, port: int) -> Reading[tuple[str, int]]:
    """Return the name of a ready pod behind a port of a Service, and the pod's port."""
    what = f"find a pod of Service {namespace}/{name}"
    found = await api.get(_SERVICES, namespace, name)
    if isinstance(found, ReadFailure):
        return found
    if found.value is None:
        return ReadFailure(what, Reason.FAILED, "the Service does not exist", seconds=found.seconds)
    served = next((each for each in found.value.spec.ports if each.port == port), None)
    selector = found.value.spec.selector
    if served is None or not selector:
        lack = f"port {port}" if served is None else "selector"
        return ReadFailure(what, Reason.FAILED, f"the Service has no {lack}", seconds=found.seconds)
    pods = await api.list(PODS, namespace, labels=label_selector(selector))
    if isinstance(pods, ReadFailure):
        return pods
    for pod in pods.value:
        number = _port(pod, served)
        if pod.ready and number:
            return Read((pod.metadata.name, number), found.seconds + pods.seconds)
    return ReadFailure(what, Reason.UNREACHABLE, "it has no ready pod", seconds=found.seconds + pods.seconds)


def _port(pod: k8s.Pod, served: k8s.ServicePort) -> int:
    if isinstance(served.target_port, int):
        return served.target_port or served.port
    named = (each for container in pod.spec.containers for each in container.ports if each.name == served.target_port)
    return next((each.container_port for each in named), 0)
