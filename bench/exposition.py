"""Writes what kube-state-metrics tells of a cluster: 40 samples of each pod, so of 5,000 pods 200,000 in 30 MB."""

from collections.abc import Iterator
from itertools import chain

_POD: dict[str, tuple[str, ...]] = {
    "kube_pod_info": (
        'host_ip="10.1.0.7",pod_ip="10.2.3.4",node="{node}",created_by_kind="ReplicaSet",created_by_name="app-7d9f8c",'
        'priority_class="",host_network="false"',
    ),
    "kube_pod_start_time": ("",),
    "kube_pod_created": ("",),
    "kube_pod_owner": ('owner_kind="ReplicaSet",owner_name="app-7d9f8c",owner_is_controller="true"',),
    "kube_pod_ips": ('ip="10.2.3.4",ip_family="4"',),
    "kube_pod_restart_policy": ('type="Always"',),
    "kube_pod_service_account": ('service_account="app"',),
    "kube_pod_status_phase": tuple(
        f'phase="{phase}"' for phase in ("Pending", "Succeeded", "Failed", "Unknown", "Running")
    ),
    "kube_pod_status_qos_class": tuple(f'qos_class="{name}"' for name in ("BestEffort", "Burstable", "Guaranteed")),
    "kube_pod_status_ready": tuple(f'condition="{value}"' for value in ("true", "false", "unknown")),
    "kube_pod_status_scheduled": tuple(f'condition="{value}"' for value in ("true", "false", "unknown")),
    "kube_pod_status_scheduled_time": ("",),
    "kube_pod_status_ready_time": ("",),
    "kube_pod_status_initialized_time": ("",),
    "kube_pod_status_reason": tuple(
        f'reason="{reason}"'
        for reason in ("Evicted", "NodeAffinity", "NodeLost", "Shutdown", "UnexpectedAdmissionError")
    ),
    "kube_pod_container_info": (
        'container="app",image_spec="registry.example/app:1.0.0",image="registry.example/app:1.0.0",'
        f'image_id="registry.example/app@sha256:{"0123456789abcdef" * 4}",container_id="containerd://{"fedcba98" * 8}"',
    ),
    "kube_pod_container_resource_requests": (
        'container="app",node="{node}",resource="cpu",unit="core"',
        'container="app",node="{node}",resource="memory",unit="byte"',
    ),
    "kube_pod_container_resource_limits": (
        'container="app",node="{node}",resource="cpu",unit="core"',
        'container="app",node="{node}",resource="memory",unit="byte"',
    ),
    "kube_pod_container_state_started": ('container="app"',),
    "kube_pod_container_status_ready": ('container="app"',),
    "kube_pod_container_status_restarts_total": ('container="app"',),
    "kube_pod_container_status_running": ('container="app"',),
    "kube_pod_container_status_terminated": ('container="app"',),
    "kube_pod_container_status_waiting": ('container="app"',),
}
_DEPLOYMENT = (
    "kube_deployment_created",
    "kube_deployment_spec_replicas",
    "kube_deployment_status_replicas_available",
    "kube_deployment_metadata_generation",
)


def scrape(pods: int, namespaces: int = 50, pods_a_node: int = 50) -> bytes:
    """Give the scrape of a cluster with so many running pods, ten to a Deployment."""
    return "".join(_lines(pods, namespaces, pods_a_node)).encode()


def _lines(pods: int, namespaces: int, pods_a_node: int) -> Iterator[str]:
    nodes = [f"node-{number}" for number in range(max(1, pods // pods_a_node))]
    spaces = [f"team-{number % namespaces}" for number in range(pods)]
    yield from _family("kube_node_info", (f'node="{node}",kernel_version="6.1"' for node in nodes), "1")
    ready = (
        (f'node="{node}",condition="Ready",status="{status}"', str(int(status == "true")))
        for node in nodes
        for status in ("true", "false", "unknown")
    )
    yield from _head("kube_node_status_condition")
    yield from (f"kube_node_status_condition{{{labels}}} {value}\n" for labels, value in ready)
    for name in _DEPLOYMENT:
        owners = (f'namespace="{spaces[number]}",deployment="app-{number}"' for number in range(0, pods, 10))
        yield from _family(name, owners, "1.732e+09" if name.endswith("created") else "10")
    quotas = (
        f'namespace="team-{number}",resourcequota="team-{number}-quota",resource="pods",type="{side}"'
        for number in range(namespaces)
        for side in ("hard", "used")
    )
    yield from _family("kube_resourcequota", quotas, "100")
    for name, variants in _POD.items():
        yield from _head(name)
        for number in range(pods):
            uid = f"6c0f7d5e-0000-4000-8000-{number:012}"
            who = f'namespace="{spaces[number]}",pod="app-7d9f8c-{number:05}",uid="{uid}"'
            node = nodes[number % len(nodes)]
            for variant in variants:
                more = f",{variant.replace('{node}', node)}" if variant else ""
                yield f"{name}{{{who}{more}}} {int(variant == variants[-1])}\n"


def _family(name: str, labels: Iterator[str], value: str) -> Iterator[str]:
    return chain(_head(name), (f"{name}{{{each}}} {value}\n" for each in labels))


def _head(name: str) -> Iterator[str]:
    return iter((f"# HELP {name} [STABLE] What it says.\n", f"# TYPE {name} gauge\n"))
