"""Check one node by what its Talos API says."""

from checks.kube.models import Node
from checks.results.builder import ResultBuilder
from checks.results.result import Ref
from checks.talos.answers import STARTING, Diagnostics, NodeAnswers, Service, TalosNode
from checks.talos.versions import fits, kubernetes_range, minor
from stacks.model.talos import Talos

WORKER_SERVICES = ("machined", "apid", "containerd", "cri", "kubelet")
CONTROL_PLANE_SERVICES = (*WORKER_SERVICES, "etcd", "trustd")
GIB = 1024**3
_RESERVED = 150 * 1024**2
"""Firmware and kernel keep a part of the memory for themselves."""
LEAST_MEMORY, LEAST_WORKER_MEMORY = 2 * GIB - _RESERVED, GIB - _RESERVED
LEAST_DISK = 6 * GIB - 1400 * 1024**2
"""Talos requires a disk of 6 GiB, and its other partitions take up to 1400 MiB of it."""
LARGEST_SKEW_SECONDS = 1.0
NO_DIAGNOSTICS = "this version of Talos has no diagnostics, which came with Talos 1.8"


def check_node(
    builder: ResultBuilder, declared: Talos, node: TalosNode, answers: NodeAnswers, kubernetes: Node | None
) -> None:
    """Check services, version, memory, disk, clock, diagnostics and extensions of a node."""
    ref = Ref("Node", node.name)
    if (services := builder.use(answers.services)) is not None:
        _services(builder, ref, node, services.value)
    if (version := builder.use(answers.version)) is not None:
        builder.fact(node.name, "talos_version", version.value)
        _version(builder, ref, declared, version.value, kubernetes)
    if (memory := builder.use(answers.memory)) is not None:
        least = LEAST_MEMORY if node.control_plane else LEAST_WORKER_MEMORY
        message = f"the node has {memory.value / GIB:.1f} GiB of memory, and Talos needs {least / GIB:.1f} GiB"
        builder.holds(memory.value >= least, "talos.memory", ref, message, expected=least, actual=memory.value)
    if (disk := builder.use(answers.disk)) is not None:
        size = disk.value.size
        message = f"/var has {size / GIB:.1f} GiB, and Talos needs {LEAST_DISK / GIB:.1f} GiB"
        builder.holds(size >= LEAST_DISK, "talos.disk", ref, message, expected=LEAST_DISK, actual=size)
    if (clock := builder.use(answers.clock)) is not None:
        ahead = round(clock.value.ahead, 3)
        builder.fact(node.name, "clock_ahead_seconds", ahead)
        direction = "ahead of" if ahead > 0 else "behind"
        message = f"the clock is {abs(ahead):.1f} s {direction} the time server {clock.value.server}"
        few = f"at most {LARGEST_SKEW_SECONDS:g} s"
        builder.holds(abs(ahead) <= LARGEST_SKEW_SECONDS, "talos.clock", ref, message, expected=few, actual=ahead)
    if (diagnostics := builder.use(answers.diagnostics)) is not None:
        _diagnostics(builder, ref, diagnostics.value)
    if answers.extensions is not None and (extensions := builder.use(answers.extensions)) is not None:
        found = ", ".join(extensions.value)
        builder.fact(node.name, "extensions", found)
        for name in declared.extensions:
            message = f"the node does not have the system extension {name}"
            builder.holds(
                name in extensions.value, "talos.extension", ref, message, expected=name, actual=found or "none"
            )


def _services(builder: ResultBuilder, ref: Ref, node: TalosNode, services: tuple[Service, ...]) -> None:
    """Check that the boot is finished, that what Talos needs runs, and that nothing else has failed."""
    starting = sorted(one.name for one in services if one.state in STARTING)
    message = f"the boot is not finished: services that are starting: {', '.join(starting)}"
    builder.holds(not starting, "talos.boot", ref, message, expected="finished", actual=", ".join(starting))
    known = {one.name: one for one in services}
    needed = CONTROL_PLANE_SERVICES if node.control_plane else WORKER_SERVICES
    for name in dict.fromkeys((*needed, *known)):
        service = known.get(name)
        if service is None:
            message = f"the service {name} does not exist"
            builder.fault("talos.service", ref, message, expected="Running", actual=None)
        elif service.state in STARTING:
            # Reported once, as talos.boot.
            builder.skipped()
        else:
            _service(builder, ref, service, needed=name in needed)


def _service(builder: ResultBuilder, ref: Ref, service: Service, *, needed: bool) -> None:
    fails = service.state == "Failed" or (service.healthy is False and service.state == "Running")
    state = f"{service.state}, unhealthy" if service.healthy is False else service.state
    detail = f": {service.message}" if service.message else ""
    message = f"the service {service.name} is {state}{detail}"
    holds = service.works if needed else not fails
    builder.holds(holds, "talos.service", ref, message, expected="Running", actual=state)


def _diagnostics(builder: ResultBuilder, ref: Ref, found: Diagnostics) -> None:
    """Check that Talos itself reports no problem of the node; old versions do not look for any."""
    if found is None:
        builder.fact(ref.name, "diagnostics", NO_DIAGNOSTICS)
        return
    builder.passed(0 if found else 1)
    for one in found:
        details = f" ({'; '.join(one.details)})" if one.details else ""
        message = f"Talos reports the problem {one.id}: {one.message}{details}"
        builder.fault("talos.diagnostic", ref, message, expected="no problem", actual=one.id)


def _version(builder: ResultBuilder, ref: Ref, declared: Talos, version: str, kubernetes: Node | None) -> None:
    if declared.version:
        message = f"the node runs Talos {version}, and Talos {declared.version} is declared"
        holds = fits(version, declared.version)
        builder.holds(holds, "talos.version", ref, message, expected=declared.version, actual=version)
    kubelet = kubernetes.status.node_info.kubelet_version if kubernetes else ""
    supported, number = kubernetes_range(version), minor(kubelet)
    if supported is None or number is None:
        return
    first, last = supported
    span = f"1.{first} to 1.{last}" if first else f"up to 1.{last}"
    message = f"Talos {version} supports Kubernetes {span}, and the kubelet is {kubelet}"
    builder.holds(first <= number <= last, "talos.kubelet-version", ref, message, expected=span, actual=kubelet)
