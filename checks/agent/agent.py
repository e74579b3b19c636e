"""The agent: what it follows, and where each change goes."""

import socket
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import anyio
from prometheus_client.core import Metric

from checks.agent.alerting import Alerting
from checks.agent.api_timer import ApiTimer
from checks.agent.config_map_watcher import ConfigMapWatcher
from checks.agent.event_watcher import EventWatcher
from checks.agent.http_app import HttpApp
from checks.agent.log_keeper import LogKeeper
from checks.agent.metrics import AgentCollector, Counts, counter, gauge, reaction_metrics, render
from checks.agent.node_watcher import NodeWatcher
from checks.agent.pod_watcher import PodWatcher
from checks.agent.problem_reporter import Problem
from checks.agent.quota_watcher import QuotaWatcher
from checks.agent.reacting import Reacting
from checks.agent.registry_keeper import RegistryKeeper
from checks.event_log.entry import LoggedChange, LoggedReaction
from checks.event_log.writer import Retention
from checks.events.occurrence import Occurrence
from checks.kube import models as k8s
from checks.kube.watch.availability import Availability
from checks.kube.watch.connector import Connector
from checks.kube.watch.reflector import Gap, Reflector
from checks.kube.watch.stats import WatchStats
from checks.reactions.reaction import Verb
from checks.target import Target
from stacks.model.agent import Agent as Declared
from stacks.model.quantity import amount

HUNG_SECONDS = 30.0
"""Without a turn for so long, the agent's own loop hangs."""
OLDEST = timedelta(minutes=5)
"""What occurred longer ago, before the agent began, is only logged: nothing is to be found out any more."""


class Agent:
    """Follows one cluster until it is cancelled (R8)."""

    def __init__(
        self,
        target: Target,
        connector: Connector,
        log: Path,
        *,
        registry: Path | None = None,
        webhooks: Path | None = None,
        identity: str = "",
    ) -> None:
        """Make an agent; with an `identity` it is one of several in the cluster, and only one of them reacts.

        Raises:
            UncheckedError: an extension cannot be loaded.
        """
        followed = target.declaration.followed()
        spaces, declared = followed.namespaces, followed.agent
        availability = Availability()
        self._counts = Counts()
        self._verified: Mapping[str, str] = {}
        self._turn = monotonic()
        self._events = EventWatcher(spaces, connector, availability, self._occurred, self._missed)
        self.log = LogKeeper(log, _retention(declared), self._events.known)
        allowed = frozenset(Verb(verb) for verb in declared.actions) if declared and identity else None
        self._reacting = Reacting(connector, allowed, identity, self.log.opened, self._reacted)
        self._alerting = Alerting(
            target.stack, target.connection.context, declared.webhooks if declared else {}, log / "webhooks", webhooks
        )
        self._pods = PodWatcher(spaces, connector, availability, self._pod_changed, followed.restarts)
        self._nodes = NodeWatcher(connector, availability, self._changed)
        self._config_maps = ConfigMapWatcher(spaces, connector, availability, self._changed, self._verification)
        self._quotas = QuotaWatcher(spaces, connector, availability)
        self._timer, self._connector = ApiTimer(connector), connector
        self._registry = RegistryKeeper(followed, target.connection, registry, self._known_pods)
        self._reflectors: list[Reflector[Any]] = [
            *self._events.reflectors,
            *self._pods.reflectors,
            *self._nodes.reflectors,
            *self._config_maps.reflectors,
            *self._quotas.reflectors,
        ]

    @property
    def watches(self) -> list[WatchStats]:
        """Return what each watch counts."""
        return [reflector.stats for reflector in self._reflectors]

    async def run(self, listener: socket.socket | None = None) -> None:
        """Follow until cancelled; then write what is not in the log yet."""
        async with anyio.create_task_group() as group:
            for reflector in self._reflectors:
                group.start_soon(reflector.run)
            group.start_soon(self.log.run)
            group.start_soon(self._count_turns)
            group.start_soon(self._reacting.run)
            group.start_soon(self._timer.run)
            group.start_soon(self._alerting.run)
            group.start_soon(self._registry.run)
            if listener:
                group.start_soon(self._http().serve, listener)

    def unready(self) -> str:
        """Return why the agent does not know the whole cluster yet; empty if it does."""
        waiting = [watch for watch in self.watches if not watch.synced]
        if not waiting:
            return ""
        first = waiting[0]
        why = first.problem or "its first list is not complete"
        return f"{first}: {why}"

    def problems(self) -> Iterable[Problem]:
        """Return what does not work at the moment."""
        found = [
            *((str(watch), watch.problem) for watch in self.watches),
            ("event log", self.log.stats.problem),
            ("credential", self._connector.problem),
            ("election", self._reacting.problem),
            ("registry", self._registry.problem),
            *((f"webhook {name}", problem) for name, problem in self._alerting.problems()),
        ]
        return (problem for problem in found if problem[1])

    def unhealthy(self) -> str:
        """Return why the agent should be started again; empty if it works, also while the API server is down."""
        late = monotonic() - self._turn
        return f"the agent had no turn for {late:.0f} s" if late > HUNG_SECONDS else ""

    def metrics(self) -> bytes:
        """Return the metrics, with those of the last published verification."""
        own = render(AgentCollector(lambda: self.watches, lambda: self.log.stats, self._counts, self._more))
        return own + self._verified.get("metrics.prom", "").encode()

    def _http(self) -> HttpApp:
        return HttpApp(self.log.folder, self.metrics, self.unready, self.unhealthy, self._registry.registry)

    def _more(self) -> Iterable[Metric]:
        yield from reaction_metrics(self._reacting)
        yield from self._alerting.metrics()
        yield self._quotas.metric()
        yield from self._timer.histogram.collect()
        yield counter("api_request_failures", "Small requests that were not answered.", self._timer.failures)
        if expires := self._connector.connection.credential().expires:
            text = "When the credential expires, in seconds since 1970."
            yield gauge("credential_expiry_timestamp_seconds", text, expires.timestamp())
        yield gauge("log_writer", "1 if this agent writes the event log.", not self.log.waits)
        yield gauge("restart_alerts", "Pods that restarted too often, since the start.", self._pods.alerts)
        yield gauge("config_map_faults", "Files in ConfigMaps that were not valid.", self._config_maps.faults)

    async def _count_turns(self) -> None:
        while True:
            self._turn = monotonic()
            await anyio.sleep(1)

    def _occurred(self, occurred: Occurrence) -> None:
        self._counts.occurred(occurred)
        self.log.occurred(occurred)
        if occurred.last >= self._counts.started - OLDEST:
            self._reacting.take(occurred)

    def _missed(self, gap: Gap, namespace: str) -> None:
        self.log.missed(gap, namespace)

    def _reacted(self, reaction: LoggedReaction) -> None:
        self.log.reacted(reaction)
        self._alerting.reacted(reaction)

    def _changed(self, change: LoggedChange) -> None:
        self.log.changed(change)
        if change.alert and self._reacting.leading:
            self._alerting.changed(change)

    def _pod_changed(self, change: LoggedChange) -> None:
        self._changed(change)
        self._registry.changed()

    def _known_pods(self) -> Iterable[k8s.PodSummary]:
        return (pod for reflector in self._pods.reflectors for pod in reflector.objects)

    def _verification(self, data: Mapping[str, str]) -> None:
        self._verified = data


def _retention(declared: Declared | None) -> Retention:
    return Retention(declared.log.days, int(amount(declared.log.size))) if declared else Retention()
