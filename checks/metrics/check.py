"""Check that kube-state-metrics serves the metrics that the alerts need, and the cluster's health by its metrics."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

import msgspec

from checks.drift.root_cause import metrics_explained
from checks.kube.models import Deployment, Meta
from checks.kube.reading import Read
from checks.metrics.cluster_health import PENDING_PERCENT, crowded, figures
from checks.metrics.cluster_metrics import LAG, NEEDED, QUOTA, ClusterMetrics, Key
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
    """Check the scrape, the state of kube-state-metrics itself, and the cluster's health by its metrics."""
    declared, metrics = declaration.kube_state_metrics, snapshot.get(METRICS)
    if declared is None or metrics is None:
        # The stack does not declare kube-state-metrics.
        builder.passed()
        return
    if not snapshot.has_namespace(declared.namespace):
        # Reported once, as namespace.missing.
        builder.skipped()
        return
    explained = metrics_explained(declaration, declared.namespace, snapshot)
    if (scrape := _answer(builder, declared, metrics.scrape, "/metrics", explained=explained)) is not None:
        _families(builder, declaration, declared, scrape.value)
        _is_up_to_date(builder, declaration, snapshot, scrape.value)
        _health(builder, declaration, scrape.value)
    # Without a scrape the other requests fail for the same reason.
    silent = isinstance(metrics.scrape, Refused)
    _answer(builder, declared, metrics.alive, "/healthz", explained=silent)
    if (blind := _answer(builder, declared, metrics.blind, "telemetry", explained=silent)) is not None:
        message = f"kube-state-metrics cannot list {_some(blind.value)}, so their metrics are missing"
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


def _families(
    builder: ResultBuilder, declaration: Declaration, declared: KubeStateMetrics, metrics: ClusterMetrics
) -> None:
    has_quotas = any(space.quota for space in declaration.namespaces.values())
    for name in NEEDED if has_quotas else (name for name in NEEDED if name != QUOTA):
        count = metrics.samples.get(name, 0)
        message = f"kube-state-metrics has no sample of {name}, which the alerts or the cluster's figures need"
        builder.holds(count > 0, "metrics.family", _ref(declared), message, expected="at least 1 sample", actual=count)


def _is_up_to_date(
    builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot, metrics: ClusterMetrics
) -> None:
    """Check that it reports the existing nodes and Deployments. Deleted ones may still be reported for some seconds."""
    declared = declaration.kube_state_metrics
    latest = metrics.at - LAG
    if declared is None or metrics.missing:
        return
    if (nodes := builder.use(snapshot.nodes())) is not None:
        existing = _settled((node.metadata for node in nodes.value), latest)
        _missing(builder, declared, "Nodes", existing, {("", name) for name in metrics.nodes})
    readings = [builder.use(snapshot.typed("Deployment", space, Deployment)) for space in declaration.namespaces]
    listings = [reading for reading in readings if reading is not None]
    existing = _settled((each.metadata for reading in listings for each in reading.value), latest)
    _missing(builder, declared, "Deployments", existing, set(metrics.deployments))


def _settled(metas: Iterable[Meta], latest: datetime) -> set[Key]:
    return {
        (meta.namespace, meta.name)
        for meta in metas
        if meta.deletion_timestamp is None and meta.creation_timestamp and meta.creation_timestamp < latest
    }


def _missing(
    builder: ResultBuilder, declared: KubeStateMetrics, kind: str, existing: set[Key], reported: set[Key]
) -> None:
    missing = ["/".join(filter(None, key)) for key in sorted(existing - reported)]
    message = f"kube-state-metrics does not report {len(missing)} of {len(existing)} {kind}: {_some(missing)}"
    if existing:
        expected, actual = len(existing), len(reported)
        builder.holds(not missing, "metrics.outdated", _ref(declared), message, expected=expected, actual=actual)


def _health(builder: ResultBuilder, declaration: Declaration, metrics: ClusterMetrics) -> None:
    cluster = Ref(CLUSTER, declaration.cluster.context)
    counted = figures(metrics)
    unready = [name for name, ready in metrics.nodes.items() if not ready]
    failed, stuck = (["/".join(key) for key in keys] for keys in (metrics.failed, metrics.stuck))
    crowd = f"{len(stuck)} of {counted.pods} pods are stuck in Pending: {_some(stuck)}"
    few = f"at most {PENDING_PERCENT} %"
    assertions: tuple[tuple[bool, str, str, Value, int], ...] = (
        (
            not unready,
            "metrics.nodes-not-ready",
            f"nodes are not ready: {_some(unready)}",
            counted.nodes,
            counted.nodes_ready,
        ),
        (not failed, "metrics.pods-failed", f"pods have failed: {_some(failed)}", 0, len(failed)),
        (not crowded(metrics), "metrics.pods-pending", crowd, few, len(stuck)),
    )
    for truth, code, message, expected, actual in assertions:
        builder.holds(truth, code, cluster, message, expected=expected, actual=actual)
    for name, value in msgspec.structs.asdict(counted).items():
        builder.fact("cluster", name, value)


def _some(names_: Iterable[str]) -> str:
    return enumerated(names_, _SHOWN)


CHECK = Check(
    "metrics", "Cluster metrics", frozenset({"Namespace", "Deployment", "Service", "Pod", "Node"}), (METRICS,), check
)
