"""A permission that is taken away, a credential that is replaced, and an API server that hangs."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from checks.kube import models as k8s
from checks.kube.connection import from_kubeconfig
from checks.kube.resources import CONFIG_MAPS
from checks.kube.watch import stream
from checks.kube.watch.connector import Connector
from checks.kube.watch.reflector import Change, Reflector
from checks.kube.watch.stream import Scope
from local.waiting import wait_until
from tests.checks.agent.cutting_proxy import cutting_proxy
from tests.checks.agent.following import SPACE, Agent, event, following
from tests.conftest import Cluster
from tests.provider.processes import api_server

pytestmark = pytest.mark.live

VIEWER = "agent-viewer"
SETTLED_SECONDS = 120
"""After several failures an agent waits up to a minute."""


def account(kwok: Cluster, name: str) -> str:
    """Make an account that may list and watch what an agent follows, and return a token of it."""
    kwok.run("kubectl", "--namespace", SPACE, "create", "serviceaccount", name)
    role = ("clusterrole", VIEWER, "--verb=get,list,watch", "--resource=events,pods,configmaps,resourcequotas,nodes")
    kwok.run("kubectl", "create", *role, check=False)
    kwok.run(
        "kubectl", "create", "clusterrolebinding", name, f"--clusterrole={VIEWER}", f"--serviceaccount={SPACE}:{name}"
    )
    return kwok.run("kubectl", "--namespace", SPACE, "create", "token", name).stdout.strip()


def with_token(kubeconfig: Path, token: str) -> None:
    """Let a kubeconfig use a token instead of its certificate."""
    config = json.loads(kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token}
    renewed = kubeconfig.with_suffix(".new")
    renewed.write_text(json.dumps(config))
    renewed.replace(kubeconfig)


def write_event(kwok: Cluster, name: str) -> None:
    """Make an event of the reason Seen."""
    document = event(name, reason="Seen")
    document["metadata"] = {"name": f"seen-{name}", "namespace": SPACE}
    kwok.run("kubectl", "create", "-f", "-", given=json.dumps(document))


def seen(agent: Agent) -> float:
    """Return how many events of the reason Seen were told."""
    return agent.metric("cortex_agent_events_total", reason="Seen", namespace=SPACE)


def test_a_permission_that_is_taken_away_is_named_and_nothing_is_lost(kwok: Cluster, tmp_path: Path) -> None:
    token = account(kwok, "taken")
    with cutting_proxy(kwok.kubeconfig, tmp_path) as proxy:
        with_token(proxy.kubeconfig, token)
        with following(kwok, tmp_path, kubeconfig=proxy.kubeconfig) as agent:
            kwok.run("kubectl", "delete", "clusterrolebinding", "taken")
            proxy.cut()
            assert wait_until(
                lambda: agent.metric(
                    "cortex_agent_watch_failures_total", namespace=SPACE, resource="events", reason="403"
                ),
                30,
            )
            assert agent.metric("cortex_agent_watch_failing", resource="events", namespace=SPACE) == 1
            write_event(kwok, "meanwhile")
            given = ("clusterrolebinding", "taken", f"--clusterrole={VIEWER}", f"--serviceaccount={SPACE}:taken")
            kwok.run("kubectl", "create", *given)
            assert wait_until(lambda: seen(agent), SETTLED_SECONDS)
            assert wait_until(lambda: not agent.metric("cortex_agent_watch_failing"), SETTLED_SECONDS)
        assert agent.counted("Seen") == {"meanwhile": 1}


def test_a_replaced_credential_is_read_again(kwok: Cluster, tmp_path: Path) -> None:
    first, second = account(kwok, "first"), account(kwok, "second")
    with cutting_proxy(kwok.kubeconfig, tmp_path) as proxy:
        with_token(proxy.kubeconfig, first)
        with following(kwok, tmp_path, kubeconfig=proxy.kubeconfig) as agent:
            kwok.run("kubectl", "--namespace", SPACE, "delete", "serviceaccount", "first")
            with_token(proxy.kubeconfig, second)
            proxy.cut()
            known = seen(agent)
            write_event(kwok, "renewed")
            assert wait_until(lambda: seen(agent) > known, SETTLED_SECONDS), agent.get("/metrics")
            assert wait_until(lambda: not agent.metric("cortex_agent_watch_failing"), SETTLED_SECONDS)
        assert agent.counted("Seen")["renewed"] == 1
    assert first not in agent.said
    assert second not in agent.said


def test_an_api_server_that_hangs_is_noticed_and_followed_again(kwok: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "SILENCE_SECONDS", 2.0)
    connection = from_kubeconfig("cortex-local", kwok.kubeconfig)
    names = list[str]()

    def consume(change: Change[k8s.ConfigMap]) -> None:
        names.append(change.object.metadata.name)

    reflector = Reflector(CONFIG_MAPS, Scope(SPACE), Connector(connection, lambda: connection), consume)

    async def until(holds: Callable[[], object]) -> None:
        with anyio.fail_after(30):
            while not holds():
                await anyio.sleep(0.05)

    async def go() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(reflector.run)
            await until(lambda: reflector.stats.synced)
            server = api_server(kwok)
            os.kill(server, signal.SIGSTOP)
            try:
                await until(lambda: "did not answer in time" in reflector.stats.problem)
            finally:
                os.kill(server, signal.SIGCONT)
            await anyio.to_thread.run_sync(
                lambda: kwok.run("kubectl", "--namespace", SPACE, "create", "configmap", "after-the-hang")
            )
            await until(lambda: "after-the-hang" in names)
            group.cancel_scope.cancel()

    anyio.run(go)
    assert reflector.stats.lists == 1
