"""The agent's metrics in Prometheus' format, read when they are asked for."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from checks.agent.reacting import Reacting
from checks.event_log.writer import LogStats
from checks.events.occurrence import Occurrence
from checks.kube.watch.stats import WatchStats
from stacks.model import names

_WATCH = ("resource", "namespace")


@dataclass
class Counts:
    """What the agent counts itself."""

    events: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Occurrences by namespace, type and reason."""
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def occurred(self, occurred: Occurrence) -> None:
        """Count an occurrence."""
        self.events[occurred.object.namespace, occurred.type, occurred.reason] += occurred.times


class AgentCollector(Collector):
    """Collects from what the parts of an agent count. `others` yields the metrics of more parts."""

    def __init__(
        self,
        watches: Callable[[], Iterable[WatchStats]],
        log: Callable[[], LogStats],
        counts: Counts,
        others: Callable[[], Iterable[Metric]] = tuple,
    ) -> None:
        self._watches, self._log, self._counts, self._others = watches, log, counts, others

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        yield from _watch_metrics(list(self._watches()))
        yield from _log_metrics(self._log())
        events = CounterMetricFamily(
            "cortex_agent_events", "Occurrences that events told.", labels=("namespace", "type", "reason")
        )
        for labels, count in self._counts.events.items():
            events.add_metric(labels, count)
        yield events
        yield from self._others()


def render(*collectors: Collector) -> bytes:
    """Return the metrics as text."""
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry)


def gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    """Return a metric with one value."""
    return GaugeMetricFamily(f"cortex_agent_{name}", text, value=value)


def counter(name: str, text: str, value: float) -> CounterMetricFamily:
    """Return a counter with one value."""
    return CounterMetricFamily(f"cortex_agent_{name}", text, value=value)


def counters(name: str, text: str, label: str, values: Mapping[str, int]) -> CounterMetricFamily:
    """Return a counter with a value for each value of a label."""
    family = CounterMetricFamily(f"cortex_agent_{name}", text, labels=(label,))
    for labelled, value in values.items():
        family.add_metric((labelled,), value)
    return family


def reaction_metrics(reacting: Reacting) -> Iterator[Metric]:
    """Yield what reactions count."""
    stats = reacting.stats
    yield GaugeMetricFamily(names.AGENT_LEADING, "1 if this agent reacts to events.", value=reacting.leading)
    yield gauge("leader_transitions", "How often the leader has changed, as this agent saw it.", reacting.transitions)
    for name, text, counts in (
        ("reactions", "Handlers that ended.", stats.handled),
        ("reactions_failed", "Handlers that failed or did not end in time.", stats.failed),
    ):
        yield counters(name, text, "reason", counts)
    yield gauge("reactions_waiting", "Objects and reasons that wait for a handler.", stats.queued)
    yield counter("reactions_timed_out", "Handlers that did not end in time.", stats.timed_out)
    yield counter("reactions_dropped_events", "Events that no handler saw, because too many waited.", stats.dropped)
    yield counter(
        "reactions_suppressed_events", "Events that repeated within five minutes of a reaction.", stats.suppressed
    )


def _watch_metrics(watches: list[WatchStats]) -> Iterator[Metric]:
    totals: tuple[tuple[str, str, Callable[[WatchStats], int]], ...] = (
        ("watch_changes", "Changes of objects that were told.", lambda watch: watch.changes),
        ("watch_lists", "How often the objects were listed as a whole.", lambda watch: watch.lists),
        ("watch_connections", "Watch requests that were answered.", lambda watch: watch.connections),
        ("watch_expired", "Versions that the API server no longer had.", lambda watch: watch.expired),
    )
    for name, text, value in totals:
        family = CounterMetricFamily(f"cortex_agent_{name}", text, labels=_WATCH)
        for watch in watches:
            family.add_metric((watch.kind, watch.namespace), value(watch))
        yield family
    failures = CounterMetricFamily("cortex_agent_watch_failures", "Failed requests.", labels=(*_WATCH, "reason"))
    for watch in watches:
        for reason, count in watch.failures.items():
            failures.add_metric((watch.kind, watch.namespace, reason), count)
    yield failures
    now = datetime.now(UTC)
    gauges: tuple[tuple[str, str, Callable[[WatchStats], float]], ...] = (
        ("watch_objects", "Objects that are known.", lambda watch: watch.objects),
        ("watch_synced", "1 if the first list is complete.", lambda watch: watch.synced),
        ("watch_failing", "1 if the objects are not followed at the moment.", lambda watch: bool(watch.problem)),
        (
            "watch_silence_seconds",
            "Time since the API server sent something; a bookmark comes about once a minute.",
            lambda watch: (now - watch.heard).total_seconds() if watch.heard else 0,
        ),
    )
    for name, text, number in gauges:
        levels = GaugeMetricFamily(f"cortex_agent_{name}", text, labels=_WATCH)
        for watch in watches:
            levels.add_metric((watch.kind, watch.namespace), number(watch))
        yield levels


def _log_metrics(log: LogStats) -> Iterator[Metric]:
    yield counter("log_entries", "Entries written to the event log.", log.written)
    yield counter("log_dropped_entries", "Entries lost because nothing could be written.", log.dropped)
    yield counter("log_damaged_lines", "Lines that a crash left torn.", log.torn)
    yield counter("log_clock_set_back", "How often the clock was set back.", log.clock_set_back)
    yield gauge("log_failing", "1 if the event log cannot be written.", bool(log.problem))
