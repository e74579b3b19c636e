"""Puts together what `cortex talos status` shows, from what the checks have read anyway."""

from collections.abc import Iterable, Iterator
from typing import cast

from msgspec.structs import replace

from checks.health.check import CHECK as HEALTH
from checks.health.overview import health_report
from checks.kube.models import Node
from checks.kube.reading import Read, ReadFailure, Reading
from checks.metrics.check import CHECK as METRICS
from checks.metrics.overview import metrics_report
from checks.results.builder import ResultBuilder
from checks.results.catalogue import for_stack
from checks.results.cluster_document import cluster_head
from checks.results.conclusion import FINDINGS, OK, UNKNOWN, exit_code
from checks.results.result import Result, Severity
from checks.results.suppressions import accepted
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from checks.talos.answers import Alarm, Diagnostics, Service, TalosNode, told
from checks.talos.check import CHECK, judge
from checks.talos.collect import TALOS, Observation
from checks.talos.etcd import leader_of, member_lists, quorum
from checks.talos.lost import lost
from checks.talos.node import NO_DIAGNOSTICS
from checks.talos.pods import has_dns, unready_dns
from checks.talos.report import (
    SCHEMA,
    EtcdSummary,
    NodeDiagnostic,
    NodeService,
    NodeStatus,
    Overall,
    PodsOf,
    TalosReport,
    WayUsed,
)
from checks.target import Target
from checks.usage.check import CHECK as USAGE
from stacks.model.declaration import Declaration

UNHEALTHY = "talos.quorum-lost"
SKIPPED = "assertions were skipped because something else is wrong: `cortex verify` says what"
"""The reason where nothing is broken or unknown in these checks, but in one that they rely on."""


def parts(declaration: Declaration) -> tuple[Check, ...]:
    """Return the checks that the status rests on."""
    metrics = (METRICS,) if declaration.kube_state_metrics else ()
    return (CHECK, HEALTH, *metrics, USAGE)


def talos_report(target: Target, snapshot: Snapshot) -> TalosReport:
    """Return one status of Kubernetes and Talos."""
    declaration = target.declaration
    seen = cast("Observation | None", snapshot.collected.get(TALOS))
    first, *others = parts(declaration)
    results = (
        _without_kubernetes(declaration, snapshot, seen) if snapshot.unreachable else first.run(declaration, snapshot),
        *(each.run(declaration, snapshot) for each in others),
    )
    results = tuple(_for_stack(accepted(declaration, result), target.stack) for result in results)
    listed = snapshot.nodes()
    nodes = listed.value if isinstance(listed, Read) else ()
    overall, reasons = conclude(results, (*_unready(nodes), *_dns(declaration, seen)))
    head = cluster_head(SCHEMA, target, *results)
    head["exit_code"] = {Overall.HEALTHY: OK, Overall.UNKNOWN: UNKNOWN}.get(overall, FINDINGS)
    has_metrics = declaration.kube_state_metrics is not None
    return TalosReport(
        **head,
        at=snapshot.at,
        overall=overall,
        reasons=reasons,
        nodes=tuple(_nodes(seen, nodes)),
        ways=tuple(WayUsed(one.way, one.name, one.detail, list(one.lacks)) for one in seen.uses) if seen else (),
        etcd=_etcd(seen),
        workloads=tuple(
            PodsOf(one.name, one.namespace, one.replicas, one.healthy)
            for one in health_report(target, snapshot).workloads
        ),
        figures=metrics_report(target, snapshot).figures if has_metrics else None,
        results=results,
    )


def _without_kubernetes(declaration: Declaration, snapshot: Snapshot, seen: Observation | None) -> Result:
    """Return the result of the check where only Talos answers."""
    builder = ResultBuilder(CHECK.name, CHECK.title)
    builder.use(snapshot.version)
    if seen and declaration.talos:
        judge(builder, declaration, declaration.talos, seen, (), snapshot)
    return builder.build()


def _for_stack(result: Result, stack: str) -> Result:
    return replace(result, findings=tuple(for_stack(each, stack) for each in result.findings))


def conclude(results: tuple[Result, ...], besides: Iterable[str]) -> tuple[Overall, tuple[str, ...]]:
    """Return the overall status with its reasons: what is broken, also `besides` the results, else what is unknown."""
    errors = [each for result in results for each in result.findings if each.severity is Severity.ERROR]
    errors.sort(key=lambda each: each.code != UNHEALTHY)
    broken = (*(f"{each.object}: {each.message}" for each in errors), *besides)
    if broken:
        lost_quorum = any(each.code == UNHEALTHY for each in errors)
        return (Overall.UNHEALTHY if lost_quorum else Overall.DEGRADED), broken
    if exit_code(results, Severity.ERROR) == UNKNOWN:
        unknowns = dict.fromkeys(f"{each.what}: {each.message}" for result in results for each in result.unknowns)
        return Overall.UNKNOWN, tuple(unknowns) or (SKIPPED,)
    return Overall.HEALTHY, ()


def _unready(nodes: Iterable[Node]) -> Iterator[str]:
    """Yield the nodes that are not ready, which the check `connection` reports in a verification."""
    return (f"Node {node.metadata.name}: the node is not ready" for node in nodes if not node.ready)


def _dns(declaration: Declaration, seen: Observation | None) -> Iterator[str]:
    """Yield what is wrong with CoreDNS, which the check `connection` reports in a verification."""
    pods = told(seen.pods) if seen else None
    if pods is None or declaration.cluster.dns:
        # Its pods are elsewhere.
        return
    if not has_dns(pods):
        yield "CoreDNS: no pod is ready"
    elif unready := unready_dns(pods):
        yield f"CoreDNS: pods are not ready: {', '.join(unready)}"


def _nodes(seen: Observation | None, nodes: Iterable[Node]) -> Iterator[NodeStatus]:
    by_name = {node.metadata.name: node for node in nodes}
    every = seen.nodes if seen else ()
    gone = lost(every)
    members = _member_names(every)
    for node in every:
        yield _node(node, by_name.get(node.name), members, is_lost=node in gone)


def _node(node: TalosNode, kubernetes: Node | None, members: dict[int, str], *, is_lost: bool) -> NodeStatus:
    answers = node.known
    etcd = answers.etcd if answers else None
    status, alarms = (told(etcd.status), told(etcd.alarms)) if etcd else (None, None)
    services = told(answers.services) if answers else None
    clock = told(answers.clock) if answers else None
    diagnostics, without = _diagnostics(answers.diagnostics) if answers else (None, "")
    return NodeStatus(
        name=node.name,
        address=node.address,
        control_plane=node.control_plane,
        reachable=True if answers else False if is_lost else None,
        detail=node.answers.message if isinstance(node.answers, ReadFailure) else "",
        ways=list(answers.ways) if answers else [],
        talos=told(answers.version) if answers else None,
        kubelet=kubernetes.status.node_info.kubelet_version if kubernetes else None,
        ready=kubernetes.ready if kubernetes else None,
        schedulable=not kubernetes.spec.unschedulable if kubernetes else None,
        conditions=list(_troubles(kubernetes)) if kubernetes else [],
        diagnostics=diagnostics,
        diagnostics_detail=without,
        services=None if services is None else [_service(one) for one in services],
        etcd_member=status.member in members if status and members else None,
        etcd_leader=status.member == status.leader if status and status.leader else None,
        etcd_db_bytes=status.size if status else None,
        etcd_alarms=None if alarms is None or status is None else _of_member(alarms, status.member),
        clock_ahead_seconds=round(clock.ahead, 3) if clock else None,
        certificate_expires=answers.expires if answers else None,
    )


def _diagnostics(reading: Reading[Diagnostics]) -> tuple[list[NodeDiagnostic] | None, str]:
    """Return the diagnostics of a node, or why there are none."""
    if isinstance(reading, ReadFailure):
        return None, reading.message
    if reading.value is None:
        return None, NO_DIAGNOSTICS
    return [NodeDiagnostic(one.id, one.message, list(one.details)) for one in reading.value], ""


def _of_member(alarms: Iterable[Alarm], member: int) -> list[str]:
    return [alarm.kind for alarm in alarms if alarm.member == member]


def _service(service: Service) -> NodeService:
    return NodeService(service.name, service.state, service.healthy, service.message)


def _troubles(node: Node) -> Iterator[str]:
    for one in node.status.conditions:
        if one.status != ("True" if one.type == "Ready" else "False"):
            yield f"{one.type}={one.status}" + (f" ({one.reason})" if one.reason else "")


def _etcd(seen: Observation | None) -> EtcdSummary | None:
    if seen is None or (found := quorum(seen.nodes)) is None:
        return None
    members = _member_names(seen.nodes)
    leaders = {members.get(leader) for node in seen.nodes if (leader := leader_of(node))}
    agreed = leaders.pop() if len(leaders) == 1 else None
    return EtcdSummary(sorted(members.values()), found.voters, found.working, found.unknown, found.needed, agreed)


def _member_names(nodes: Iterable[TalosNode]) -> dict[int, str]:
    return {one.id: one.name for members in member_lists(nodes).values() for one in members}
