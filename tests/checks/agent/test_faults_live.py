"""Whatever happens to the API server and the connection: nothing is lost, nothing is told twice."""

import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from threading import Thread

import anyio
import pytest

from checks.kube.client import ApiClient, Kind
from checks.kube.connection import from_kubeconfig
from checks.kube.reading import ReadFailure
from checks.kube.resources import CONFIG_MAPS, EVENTS, Document
from local.waiting import wait_until
from tests.checks.agent.cutting_proxy import cutting_proxy
from tests.checks.agent.following import SPACE, Agent, end, event, following, tell
from tests.conftest import Cluster
from tests.provider.processes import api_server

pytestmark = pytest.mark.live

EVENTS_HERE = {"resource": "events", "namespace": SPACE}
JSON_EVENTS: Kind[Document] = Kind("api/v1", "events", dict)


CUTS, A_CUT = 50, 100
"""How often every connection is cut, and how many events are written meanwhile."""
KEPT = 500
WRITERS = 8


class Writer:
    """Writes events, each again until the API server has it; `written` counts them by the object's name.

    Of these it keeps the last ones, as an API server does, which forgets events after an hour.
    """

    def __init__(self, cluster: Cluster, reason: str, *, pause: float = 0.0, writers: int = 1) -> None:
        self.written: Counter[str] = Counter()
        self._connection = from_kubeconfig("cortex-local", cluster.kubeconfig)
        self._reason, self._pause, self._writers = reason, pause, writers
        self._numbers = count()

    def write(self, events: int) -> None:
        """Write so many events about ten objects."""
        anyio.run(self._write, events)

    def start(self, events: int) -> Thread:
        """Write in the background."""
        thread = Thread(target=self.write, args=(events,))
        thread.start()
        return thread

    async def _write(self, events: int) -> None:
        numbers = islice(self._numbers, events)
        async with self._connection.client() as client, anyio.create_task_group() as group:
            for _ in range(self._writers):
                group.start_soon(self._write_each, ApiClient(client), numbers)

    async def _write_each(self, api: ApiClient, numbers: Iterator[int]) -> None:
        for number in numbers:
            name = f"pod-{number % 10}"
            document = event(name, reason=self._reason)
            # A name of its own: a write that was not answered is not repeated as another event.
            document["metadata"] = {"name": self._name(number), "namespace": SPACE}
            while True:
                done = await api.create(JSON_EVENTS, SPACE, "", document)
                if not isinstance(done, ReadFailure) or done.status == 409:
                    break
                await anyio.sleep(0.2)
            self.written[name] += 1
            if number >= KEPT:
                await api.delete(JSON_EVENTS, SPACE, self._name(number - KEPT))
            await anyio.sleep(self._pause)

    def _name(self, number: int) -> str:
        return f"{self._reason.lower()}-{number}"


def test_an_api_server_that_dies_in_a_stream_of_events_loses_none(kwok: Cluster, tmp_path: Path) -> None:
    writer = Writer(kwok, "Killed", pause=0.01)
    with following(kwok, tmp_path) as agent:
        writing = writer.start(600)
        assert wait_until(lambda: agent.metric("cortex_agent_events_total", reason="Killed") > 50, 30)
        os.kill(api_server(kwok), signal.SIGKILL)
        writing.join()
        assert wait_until(lambda: agent.metric("cortex_agent_events_total", reason="Killed") == 600, 60)
        assert wait_until(lambda: "cortex: over since" in agent.said, 30), agent.said
    assert re.search(r"^cortex: .+ and \d+ more: the API server ", agent.said, re.MULTILINE), agent.said
    assert agent.counted("Killed") == writer.written
    tell(f"{sum(writer.written.values())} events through a restart of the API server: none lost, none twice")


def test_ten_thousand_changes_through_fifty_cuts_lose_nothing_and_cost_no_memory(kwok: Cluster, tmp_path: Path) -> None:
    writer, choose = Writer(kwok, "Cut", writers=WRITERS), random.Random(14)

    def cut() -> None:
        """Cut every connection in the middle of changes, and wait until the events are followed again."""
        before = connections()
        writing = writer.start(A_CUT)
        time.sleep(choose.uniform(0, 0.2))
        proxy.cut()
        writing.join()
        assert wait_until(lambda: connections() > before, 30, pause=0.2)

    def connections() -> float:
        return agent.metric("cortex_agent_watch_connections_total", **EVENTS_HERE)

    def told() -> bool:
        return agent.metric("cortex_agent_events_total", reason="Cut") == writer.written.total()

    with cutting_proxy(kwok.kubeconfig, tmp_path) as proxy:
        with following(kwok, tmp_path, kubeconfig=proxy.kubeconfig) as agent:
            writer.write(3 * KEPT)
            for _ in range(3):
                cut()
            assert wait_until(told, 60)
            before = agent.resident
            for _ in range(CUTS):
                cut()
            assert wait_until(told, 60)
            listed = anyio.run(_list, kwok)
            assert wait_until(lambda: agent.metric("cortex_agent_watch_objects", **EVENTS_HERE) == listed, 60)
            after = agent.resident
        assert agent.counted("Cut") == writer.written
    changes = 2 * CUTS * A_CUT
    tell(f"{changes} changes through {CUTS} cuts: none lost, none twice; memory {before} KiB, then {after} KiB")
    assert after < before * 1.05


async def _list(cluster: Cluster) -> int:
    async with from_kubeconfig("cortex-local", cluster.kubeconfig).client() as client:
        reading = await ApiClient(client).list(EVENTS, SPACE)
    assert not isinstance(reading, ReadFailure)
    return len(reading.value)


def test_requests_cost_no_memory(kwok: Cluster, tmp_path: Path) -> None:
    with following(kwok, tmp_path) as agent:
        measured = []
        for _ in range(2):
            for _ in range(400):
                assert agent.get("/metrics")
            measured.append(agent.resident)
    first, second = measured
    tell(f"memory after 400 requests of /metrics {first} KiB, after 400 more {second} KiB")
    assert second - first < 200  # A KiB a request, if garbage is kept.


def test_an_expired_version_is_listed_exactly_once(kwok: Cluster, tmp_path: Path) -> None:
    with (
        cutting_proxy(kwok.kubeconfig, tmp_path) as proxy,
        following(kwok, tmp_path, kubeconfig=proxy.kubeconfig) as agent,
    ):
        lists = again(agent)
        proxy.freeze()
        kwok.run("kubectl", "--namespace", SPACE, "create", "configmap", "made-meanwhile", "--from-literal=a=1")
        _forget_history(kwok)
        proxy.cut()
        proxy.thaw()
        assert wait_until(lambda: again(agent) == lists + 1, 30), agent.get("/metrics")
        assert agent.metric("cortex_agent_watch_expired_total", resource="configmaps", namespace=SPACE) == 1
        assert again(agent) == lists + 1


def again(agent: Agent) -> float:
    """Return how often the ConfigMaps of cortex-mcp were listed."""
    return agent.metric("cortex_agent_watch_lists_total", resource="configmaps", namespace=SPACE)


def _forget_history(cluster: Cluster) -> None:
    """Start the API server anew, which empties its memory of changes, after changes enough to fill it."""
    anyio.run(_change_often, cluster)
    os.kill(api_server(cluster), signal.SIGKILL)
    assert wait_until(lambda: cluster.run("kubectl", "get", "--raw", "/readyz", check=False).returncode == 0, 60)


async def _change_often(cluster: Cluster) -> None:
    async with from_kubeconfig("cortex-local", cluster.kubeconfig).client() as client:
        for number in range(20):
            document = {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "often"},
                "data": {"n": f"{number}"},
            }
            await ApiClient(client).apply(CONFIG_MAPS, SPACE, "often", "test", document)


def test_a_second_agent_follows_and_takes_over_within_seconds(kwok: Cluster, tmp_path: Path) -> None:
    writer = Writer(kwok, "Shared", pause=0.01)
    with following(kwok, tmp_path) as first, following(kwok, tmp_path) as second:
        assert "another agent writes the event log" in second.said
        writing = writer.start(600)
        assert wait_until(lambda: first.metric("cortex_agent_events_total", reason="Shared") > 100, 30)
        end(first)
        begin = time.monotonic()
        assert wait_until(lambda: second.metric("cortex_agent_log_writer"), 20)
        taken = time.monotonic() - begin
        writing.join()
        assert wait_until(lambda: second.metric("cortex_agent_events_total", reason="Shared") == 600, 60)
    assert second.counted("Shared") == writer.written
    tell(f"the second agent wrote the log {taken:.1f} s after the first was killed: none lost, none twice")


def test_a_restart_writes_nothing_twice(kwok: Cluster, tmp_path: Path) -> None:
    writer = Writer(kwok, "Again")
    with following(kwok, tmp_path):
        writer.write(100)
    writer.written.clear()
    Writer(kwok, "Between").write(50)
    with following(kwok, tmp_path) as agent:
        pass
    assert sum(agent.counted("Again").values()) == 100
    assert sum(agent.counted("Between").values()) == 50
