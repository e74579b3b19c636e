"""Does kube-state-metrics tell what the alerts need, of the cluster that is there? (Seed, sections 9 and 11.2.)"""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

import msgspec

from checks.drift.root_cause import metrics_explained
from checks.kube.models import Deployment, Meta
from checks.kube.reading import Read
from checks.metrics import cluster_health
from checks.metrics.cluster_metrics import LAG, NEEDED, ClusterMetrics, Key
from checks.metrics.collect import METRICS, Answer, Refused
from checks.plain_text import enumerated
from checks.results.builder import ResultBuilder
from checks.results.result import CLUSTER, Ref, Value
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.kube_state_metrics import KubeStateMetrics

T = TypeVar("T")

_SHOWN = 5


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Judge the scrape, kube-state-metrics' own state, and the cluster's health by its metrics."""
    declared, metrics = declaration.kube_state_metrics, snapshot.get(METRICS)
    if declared is None or metrics is None:
        # Nothing to ask is itself as declared.
        builder.passed()
        return
    if not snapshot.has_namespace(declared.namespace):
        # Reported once, as namespace.missing.
        builder.skipped()
        return
    explained = metrics_explained(declaration, declared.namespace, snapshot)
    if (scrape := _answer(builder, declared, metrics.scrape, "/metrics", explained=explained)) is not None:
        _families(builder, declared, scrape.value)
        _knows(builder, declaration, snapshot, scrape.value)
        _health(builder, declaration, scrape.value)
    # What refuses the scrape refuses the rest.
    silent = isinstance(metrics.scrape, Refused)
    _answer(builder, declared, metrics.alive, "/healthz", explained=silent)
    if (blind := _answer(builder, declared, metrics.blind, "telemetry", explained=silent)) is not None:
        message = f"kube-state-metrics cannot list {_some(blind.value)}, so nothing of it is in the metrics"
        builder.holds(not blind.value, "metrics.blind", _ref(declared), message, actual=", ".join(blind.value))


def _ref(declared: KubeStateMetrics) -> Ref:
    return Ref("Service", names.KUBE_STATE_METRICS, declared.namespace)


def _answer(
    builder: ResultBuilder, declared: KubeStateMetrics, answer: Answer[T], what: str, *, explained: bool
) -> Read[T] | None:
    if not isinstance(answer, Refused):
        return builder.use(answer)
    builder.took(answer.seconds)
    if explained:
        builder.skipped()
    else:
        message = f"kube-state-metrics does not answer on {what}: {answer.detail}"
        builder.fault("metrics.down", _ref(declared), message, expected="an answer", actual=None)
    return None


def _families(builder: ResultBuilder, declared: KubeStateMetrics, metrics: ClusterMetrics) -> None:
    for name in NEEDED:
        count = metrics.samples.get(name, 0)
        message = f"the scrape has no {name}, which the alerts or the cluster's figures need"
        builder.holds(count > 0, "metrics.family", _ref(declared), message, expected="at least 1 sample", actual=count)


def _knows(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot, metrics: ClusterMetrics) -> None:
    """Judge whether it knows the nodes and Deployments that are there; what is gone it may know for some seconds."""
    declared = declaration.kube_state_metrics
    latest = metrics.at - LAG
    if declared is None or metrics.missing:
        return
    if (nodes := builder.use(snapshot.nodes())) is not None:
        there = _settled((node.metadata for node in nodes.value), latest)
        _missing(builder, declared, "Nodes", there, {("", name) for name in metrics.nodes})
    readings = [builder.use(snapshot.typed("Deployment", space, Deployment)) for space in declaration.namespaces]
    listings = [reading for reading in readings if reading is not None]
    there = _settled((one.metadata for reading in listings for one in reading.value), latest)
    _missing(builder, declared, "Deployments", there, set(metrics.deployments))


def _settled(metas: Iterable[Meta], latest: datetime) -> set[Key]:
    return {
        (meta.namespace, meta.name)
        for meta in metas
        if meta.deletion_timestamp is None and meta.creation_timestamp and meta.creation_timestamp < latest
    }


def _missing(builder: ResultBuilder, declared: KubeStateMetrics, kind: str, there: set[Key], known: set[Key]) -> None:
    missing = ["/".join(filter(None, key)) for key in sorted(there - known)]
    message = f"kube-state-metrics does not know {len(missing)} of {len(there)} {kind}: {_some(missing)}"
    if there:
        builder.holds(not missing, "metrics.outdated", _ref(declared), message, expected=len(there), actual=len(known))


def _health(builder: ResultBuilder, declaration: Declaration, metrics: ClusterMetrics) -> None:
    cluster = Ref(CLUSTER, declaration.cluster.context)
    counted = cluster_health.figures(metrics)
    unready = [name for name, ready in metrics.nodes.items() if not ready]
    failed, stuck = (["/".join(key) for key in keys] for keys in (metrics.failed, metrics.stuck))
    crowd = f"{len(stuck)} of {counted.pods} pods are stuck in Pending: {_some(stuck)}"
    few = f"at most {cluster_health.PENDING_PERCENT} %"
    judged: tuple[tuple[bool, str, str, Value, int], ...] = (
        (not unready, "metrics.nodes-not-ready", f"not ready: {_some(unready)}", counted.nodes, counted.nodes_ready),
        (not failed, "metrics.pods-failed", f"pods have failed: {_some(failed)}", 0, len(failed)),
        (not cluster_health.crowded(metrics), "metrics.pods-pending", crowd, few, len(stuck)),
    )
    for truth, code, message, expected, actual in judged:
        builder.holds(truth, code, cluster, message, expected=expected, actual=actual)
    for name, value in msgspec.structs.asdict(counted).items():
        builder.fact("cluster", name, value)


def _some(names_: Iterable[str]) -> str:
    return enumerated(names_, _SHOWN)


CHECK = Check(
    "metrics", "Cluster metrics", frozenset({"Namespace", "Deployment", "Service", "Pod", "Node"}), (METRICS,), check
)
