"""The state of a cluster from a scrape of kube-state-metrics."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from checks.metrics.exposition import Line, Sample, sample

LAG = timedelta(seconds=60)
"""Younger objects count neither as missing nor as stuck, because kube-state-metrics lags by some seconds."""

NODE = "kube_node_info"
NODE_CONDITION = "kube_node_status_condition"
POD = "kube_pod_info"
POD_CREATED = "kube_pod_created"
POD_PHASE = "kube_pod_status_phase"
POD_DELETION = "kube_pod_deletion_timestamp"
DEPLOYMENT = "kube_deployment_created"
REPLICAS = "kube_deployment_spec_replicas"
AVAILABLE = "kube_deployment_status_replicas_available"

QUOTA = "kube_resourcequota"

_ALERTED = ("kube_pod_container_status_restarts_total", QUOTA)
NEEDED = (NODE, NODE_CONDITION, POD, POD_CREATED, POD_PHASE, DEPLOYMENT, REPLICAS, AVAILABLE, *_ALERTED)
"""The metrics that the figures and the alerts need. A cluster with this stack has at least one sample of each."""
READ = (*NEEDED, POD_DELETION)
"""The metrics that are read. Only pods that are being deleted have a sample of POD_DELETION."""

Key = tuple[str, str]
"""Namespace and name."""


class Replicas(NamedTuple):
    """The numbers of wanted and available replicas of a Deployment."""

    wanted: float
    available: float


@dataclass(frozen=True)
class ClusterMetrics:
    """The cluster as kube-state-metrics reports it."""

    at: datetime
    """When the scrape began."""
    samples: Mapping[str, int] = field(default_factory=dict)
    """Needed metric → number of its samples."""
    nodes: Mapping[str, bool] = field(default_factory=dict)
    """Name → whether it is Ready."""
    phases: Mapping[str, int] = field(default_factory=dict)
    """Phase → number of pods."""
    failed: tuple[Key, ...] = ()
    """Failed pods, without those of Jobs, which are kept for inspection, and those that are being deleted."""
    stuck: tuple[Key, ...] = ()
    """Pods that have been Pending for longer than LAG."""
    deployments: Mapping[Key, Replicas] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the needed metrics that have no sample."""
        return tuple(name for name in NEEDED if not self.samples.get(name))


class SampleCollector:
    """Counts the lines of a scrape as they arrive, and keeps only those that are parsed."""

    def __init__(self) -> None:
        self._samples: Counter[str] = Counter()
        self._lines: dict[str, list[Line]] = {name: [] for name in READ if name not in _ALERTED}

    def add(self, lines: Iterable[Line]) -> None:
        """Add more lines."""
        for line in lines:
            name = line.name.decode()
            self._samples[name] += 1
            # Four of the five phases of a pod are 0.
            if name in self._lines and not (name == POD_PHASE and line.rest.endswith(b"} 0")):
                self._lines[name].append(line)

    def metrics(self, at: datetime) -> ClusterMetrics:
        """Return the state of the cluster.

        Raises:
            ValueError: a line is not in the text exposition format.
        """
        phases: dict[str, list[Key]] = {}
        for name, labels, value in self._parsed(POD_PHASE):
            if value:
                phases.setdefault(labels.get("phase", ""), []).append(_key(Sample(name, labels, value), "pod"))
        return ClusterMetrics(
            at=at,
            samples=dict(self._samples),
            nodes=self._nodes(),
            phases={phase: len(pods) for phase, pods in phases.items()},
            failed=self._failed(phases.get("Failed", [])),
            stuck=self._stuck(phases.get("Pending", []), at),
            deployments=self._deployments(),
        )

    def _parsed(self, name: str) -> Iterable[Sample]:
        return map(sample, self._lines[name])

    def _nodes(self) -> dict[str, bool]:
        ready = {
            found.labels.get("node")
            for found in self._parsed(NODE_CONDITION)
            if found.value == 1 and found.labels.get("condition") == "Ready" and found.labels.get("status") == "true"
        }
        nodes = [found.labels.get("node", "") for found in self._parsed(NODE)]
        return {node: node in ready for node in nodes}

    def _failed(self, pods: list[Key]) -> tuple[Key, ...]:
        if not pods:
            return ()
        jobs = {_key(found, "pod") for found in self._parsed(POD) if found.labels.get("created_by_kind") == "Job"}
        # A container that exits with an error when it is terminated makes its pod Failed until the pod is deleted.
        ending = {_key(found, "pod") for found in self._parsed(POD_DELETION)}
        return tuple(pod for pod in pods if pod not in jobs | ending)

    def _stuck(self, pods: list[Key], at: datetime) -> tuple[Key, ...]:
        if not pods:
            return ()
        created = {_key(found, "pod"): found.value for found in self._parsed(POD_CREATED)}
        latest = (at - LAG).timestamp()
        return tuple(pod for pod in pods if created.get(pod, latest) < latest)

    def _deployments(self) -> dict[Key, Replicas]:
        wanted = {_key(found, "deployment"): found.value for found in self._parsed(REPLICAS)}
        available = {_key(found, "deployment"): found.value for found in self._parsed(AVAILABLE)}
        keys = [_key(found, "deployment") for found in self._parsed(DEPLOYMENT)]
        return {key: Replicas(wanted.get(key, 0), available.get(key, 0)) for key in keys}


def _key(found: Sample, name: str) -> Key:
    return found.labels.get("namespace", ""), found.labels.get(name, "")


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)
