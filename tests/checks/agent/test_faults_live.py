"""Whatever happens to the API server and the connection: nothing is lost, nothing is told twice."""

import os
import random
import re
import signal
import time
from collections import Counter
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

JSON_EVENTS: Kind[Document] = Kind("api/v1", "events", dict)


class Writer:
    """Writes events, each again until the API server has it; `written` counts them by the object's name."""

    def __init__(self, cluster: Cluster, reason: str, pause: float = 0.0) -> None:
        self.written: Counter[str] = Counter()
        self._connection = from_kubeconfig("cortex-local", cluster.kubeconfig)
        self._reason, self._pause = reason, pause
        self._stop = False

    def write(self, count: int) -> None:
        """Write so many events about ten objects."""
        anyio.run(self._write, count)

    def start(self, count: int) -> Thread:
        """Write in the background."""
        thread = Thread(target=self.write, args=(count,))
        thread.start()
        return thread

    async def _write(self, count: int) -> None:
        async with self._connection.client() as client:
            api = ApiClient(client)
            for number in range(count):
                name = f"pod-{number % 10}"
                document = event(name, reason=self._reason)
                # A name of its own: a write that was not answered is not repeated as another event.
                document["metadata"] = {"name": f"{self._reason.lower()}-{number}", "namespace": SPACE}
                while True:
                    done = await api.create(JSON_EVENTS, SPACE, "", document)
                    if not isinstance(done, ReadFailure) or done.status == 409:
                        break
                    await anyio.sleep(0.2)
                self.written[name] += 1
                await anyio.sleep(self._pause)


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


def test_a_hundred_cuts_lose_nothing_and_cost_no_memory(kwok: Cluster, tmp_path: Path) -> None:
    writer, choose = Writer(kwok, "Cut"), random.Random(14)
    with cutting_proxy(kwok.kubeconfig, tmp_path) as proxy:
        with following(kwok, tmp_path, kubeconfig=proxy.kubeconfig) as agent:
            Writer(kwok, "Warm").write(500)
            before = agent.resident
            writing = writer.start(2000)
            while writing.is_alive():
                time.sleep(choose.uniform(0.02, 0.2))
                proxy.cut()
            writing.join()
            assert wait_until(lambda: agent.metric("cortex_agent_events_total", reason="Cut") == 2000, 60)
            after = agent.resident
            served = agent.metric("cortex_agent_watch_objects", resource="events", namespace=SPACE)
        assert agent.counted("Cut") == writer.written
    listed = anyio.run(_list, kwok)
    assert served == listed
    tell(f"2000 events through {proxy.cuts} cuts: none lost, none twice; memory {before} KiB, then {after} KiB")
    assert after < before * 1.25  # The log and the memory of 2,000 more events.


async def _list(cluster: Cluster) -> int:
    async with from_kubeconfig("cortex-local", cluster.kubeconfig).client() as client:
        reading = await ApiClient(client).list(EVENTS, SPACE)
    assert not isinstance(reading, ReadFailure)
    return len(reading.value)


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
