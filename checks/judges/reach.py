"""Whether it is known already that nobody can answer behind a Service, so that no other row need report it."""

from checks.api import Unread
from checks.snapshot import Snapshot
from stacks import names
from stacks.server import Server


def explained(kind: str, server: Server, snapshot: Snapshot) -> bool:
    """Tell whether another row already reports why a server cannot answer: no ready pod, or no Service to it."""
    if not snapshot.has_namespace(server.namespace):
        return True
    services, pods = snapshot.services[server.namespace], snapshot.pods[server.namespace]
    if isinstance(services, Unread) or isinstance(pods, Unread):
        return False
    selector = names.server_selector(kind)
    ready = any(pod.ready and selector.items() <= pod.metadata.labels.items() for pod in pods.value)
    served = any(
        service.metadata.name == names.server(kind)
        and service.spec.selector == selector
        and any(port.port == server.port for port in service.spec.ports)
        for service in services.value
    )
    return not (served and ready)
