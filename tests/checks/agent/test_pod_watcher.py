"""Transitions of pods are told once, and too many restarts alert once."""

from datetime import UTC, datetime, timedelta

import pytest

from checks.agent.pod_watcher import PodWatcher, reduced
from checks.event_log.entry import LoggedChange
from checks.kube import models as k8s
from checks.kube.connection import Connection
from checks.kube.watch.availability import Availability
from checks.kube.watch.connector import Connector
from checks.kube.watch.reflector import Change
from stacks.model import names
from tests.checks.agent.objects import pod


class Following:
    """A watcher that is told changes by hand, with a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, tzinfo=UTC)
        self.told = list[LoggedChange]()
        connection = Connection("test", "https://api")
        connector = Connector(connection, lambda: connection)
        self.watcher = PodWatcher([], connector, Availability(), self.told.append, 5, lambda: self.now)
        self._last: k8s.PodSummary | None = None

    def see(self, seen: k8s.PodSummary) -> None:
        self.watcher.consume(Change(seen, self._last))
        self._last = seen

    def delete(self) -> None:
        assert self._last is not None
        self.watcher.consume(Change(self._last, self._last, deleted=True))

    @property
    def shown(self) -> list[str]:
        return [f"{change.what}: {change.before} → {change.after}" for change in self.told]


@pytest.fixture
def following() -> Following:
    return Following()


def test_phase_and_readiness_are_told_when_they_change(following: Following) -> None:
    following.see(pod(phase="Pending", ready=False))
    following.see(pod(phase="Running", ready=False))
    following.see(pod(phase="Running", ready=False, labels={"a": "b"}))
    following.see(pod())
    following.see(pod(deletionTimestamp="2026-03-01T00:00:00Z"))
    following.delete()
    assert following.shown == [
        "pod: Pending, not ready → Running, not ready",
        "pod: Running, not ready → Running, ready",
        "pod: Running, ready → Running, terminating",
        "pod: Running, terminating → deleted",
    ]


def test_restarts_alert_once_when_they_are_too_many(following: Following) -> None:
    for count in range(9):
        following.see(pod(restarts=count))
        following.now += timedelta(minutes=1)
    assert [(change.after, change.alert) for change in following.told] == [("6 in 10 minutes, more than 5", True)]
    assert following.watcher.alerts == 1


def test_restarts_before_the_agent_began_or_long_ago_do_not_count(following: Following) -> None:
    following.see(pod(restarts=100))
    for count in range(20):
        following.now += timedelta(minutes=3)
        following.see(pod(restarts=101 + count))
    assert following.told == []


def test_after_a_quiet_time_restarts_alert_again(following: Following) -> None:
    following.see(pod())
    following.see(pod(restarts=6))
    following.now += timedelta(minutes=11)
    following.see(pod(restarts=7))
    following.see(pod(restarts=13))
    assert following.watcher.alerts == 2


@pytest.mark.parametrize(
    "seen",
    [
        pod(),
        pod(phase="Pending", ready=False),
        pod(restarts=3),
        pod(deletionTimestamp="2026-03-01T00:00:00Z"),
    ],
)
def test_what_is_remembered_of_a_pod_tells_the_same(seen: k8s.PodSummary) -> None:
    kept = reduced(seen)
    for name in ("name", "namespace", "uid", "resource_version", "deletion_timestamp"):
        assert getattr(kept.metadata, name) == getattr(seen.metadata, name)
    assert (kept.status.phase, kept.ready, kept.live, kept.restarts) == (
        seen.status.phase,
        seen.ready,
        seen.live,
        seen.restarts,
    )


def test_labels_are_remembered_of_mcp_servers_alone() -> None:
    assert reduced(pod(labels={"app": "shop"}, annotations={"a": "b"})).metadata.labels == {}
    server = pod(labels={names.APP: names.MCP_SERVER_APP, names.TYPE: "time"}, annotations={names.ENDPOINT: "http://a"})
    kept = reduced(server).metadata
    assert (kept.labels, kept.annotations) == (server.metadata.labels, server.metadata.annotations)
