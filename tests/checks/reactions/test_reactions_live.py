"""Reactions to real events of a real cluster: four pods in trouble, and a node whose kubelet is silent."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from time import monotonic, sleep

import anyio
import pytest
import yaml

from checks.agent.event_watcher import EventWatcher
from checks.events.occurrence import Occurrence
from checks.kube.client import ApiClient
from checks.kube.connection import from_kubeconfig
from checks.kube.watch.availability import Availability
from checks.kube.watch.connector import Connector
from checks.kube.watch.reflector import Gap
from checks.reactions.actions import Actions
from checks.reactions.handlers import handlers
from checks.reactions.reaction import Action, Reaction, Verb
from checks.reactions.reactor import Reactor, ReactorStats
from checks.results.result import Ref
from tests.checks.world import Json
from tests.conftest import Cluster

pytestmark = pytest.mark.live

SPACE, FULL, SILENT = "reactions-test", "reactions-full", "reactions-silent"
SECONDS = 150
"""The node counts as silent after 50 s; a crashed container backs off after about 20 s."""

WANTED = {
    ("FailedScheduling", "too-big"): (
        r"Pod reactions-test/too-big is not scheduled: none of 2 nodes takes it: too little cpu \(2\), "
        r"as many pods as it may have \(1\)"
    ),
    ("BackOff", "crash"): (
        r"container main of Pod reactions-test/crash keeps ending: it ends with exit code 3; according to its log "
        r"something that it connects to does not listen; restarts: \d"
    ),
    ("Unhealthy", "unready"): (
        r"the readiness probe of container main of Pod reactions-test/unready fails \(connection to port 1\); "
        r"the pod is not ready since \S+; restarts: 0"
    ),
    ("FailedCreate", "crowd"): (
        r"ReplicaSet reactions-full/crowd meets a limit of its namespace: few: pods 1 of 1 \(100 %\)"
    ),
    ("NodeNotReady", SILENT): r"Node reactions-silent is not ready since \S+ \(NodeStatusUnknown\)",
}


def image(cluster: Cluster, words: str) -> str:
    """Give the image on a node whose name contains this, as soon as the node tells it."""
    end = monotonic() + SECONDS
    while True:
        names = cluster.run("kubectl", "get", "nodes", "-o", "jsonpath={.items[*].status.images[*].names[*]}").stdout
        if found := next((name for name in names.split() if words in name), None):
            return found
        assert monotonic() < end, f"no image {words} in {names}"
        sleep(0.5)


def in_trouble(pause: str, python: str) -> Iterator[Json]:
    """Give what is made, so that there is something to react to."""

    def spec(image: str, **fields: object) -> Json:
        return {"containers": [{"name": "main", "image": image, "imagePullPolicy": "Never", **fields}]}

    def pod(name: str, spec: Json) -> Json:
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": SPACE}, "spec": spec}

    said = "import sys; print('boom: connection refused', flush=True); sys.exit(3)"
    yield pod("too-big", spec(pause, resources={"requests": {"cpu": "1000"}}))
    yield pod("crash", spec(python, command=["python3", "-c", said]))
    yield pod("unready", spec(pause, readinessProbe={"tcpSocket": {"port": 1}, "periodSeconds": 1}))
    yield {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "few", "namespace": FULL},
        "spec": {"hard": {"pods": "1"}},
    }
    yield {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": "crowd", "namespace": FULL},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "crowd"}},
            "template": {"metadata": {"labels": {"app": "crowd"}}, "spec": spec(pause)},
        },
    }


@pytest.fixture(scope="module")
def troubled(cluster: Cluster) -> Iterator[Cluster]:
    """The cluster with pods in trouble, and with a node that was ready once and has no kubelet."""
    pause, python = image(cluster, "/pause:"), image(cluster, "/cortex:")
    cluster.make_namespace(SPACE)
    cluster.make_namespace(FULL)
    try:
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        times = {"lastHeartbeatTime": now, "lastTransitionTime": now}
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "", **times}
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": SILENT}}
        cluster.run("kubectl", "create", "-f", "-", given=json.dumps(node))
        status = json.dumps({"status": {"conditions": [ready]}})
        cluster.run("kubectl", "patch", "node", SILENT, "--subresource=status", "--type=merge", "-p", status)
        cluster.run("kubectl", "apply", "-f", "-", given=yaml.safe_dump_all(in_trouble(pause, python)))
        yield cluster
    finally:
        cluster.run("kubectl", "delete", "node", SILENT, "--ignore-not-found")
        cluster.run("kubectl", "delete", "namespace", SPACE, FULL)


class Agent:
    """Follows events and reacts, as `cortex agent` does."""

    def __init__(self, cluster: Cluster) -> None:
        context = cluster.run("kubectl", "config", "current-context").stdout.strip()
        self.connection = from_kubeconfig(context, cluster.kubeconfig)
        self.reported: dict[tuple[str, str], tuple[Reaction | None, str, str]] = {}
        self.stats = ReactorStats()

    async def run(self) -> None:
        """Run until what is wanted was reported."""
        async with self.connection.client() as client:
            api = ApiClient(client)
            actions = Actions(frozenset({Verb.CORDON}), api)
            reactor = Reactor(handlers(), api, self._report, actions)
            self.stats = reactor.stats

            def missed(gap: Gap, namespace: str) -> None:
                raise AssertionError((gap, namespace))

            connector = Connector(self.connection, lambda: self.connection)
            watcher = EventWatcher([SPACE, FULL], connector, Availability(), reactor.take, missed)
            with anyio.fail_after(SECONDS):
                async with anyio.create_task_group() as group:
                    group.start_soon(reactor.run)
                    for each in watcher.reflectors:
                        group.start_soon(each.run)
                    while not WANTED.keys() <= self.reported.keys():
                        await anyio.sleep(0.2)
                    group.cancel_scope.cancel()

    async def _report(self, occurred: Occurrence, found: Reaction | None, failed: str, done: str) -> None:
        self.reported.setdefault((occurred.reason, occurred.object.name), (found, failed, done))


def test_what_is_behind_real_events(troubled: Cluster) -> None:
    agent = Agent(troubled)
    try:
        anyio.run(agent.run)
    except TimeoutError:
        pytest.fail(f"not reported: {WANTED.keys() - agent.reported.keys()}; {agent.stats}; {agent.reported}")
    for about, words in WANTED.items():
        found, failed, _ = agent.reported[about]
        assert failed == ""
        assert found
        assert re.fullmatch(words, found.summary), found
    assert not agent.stats.failed
    details = {about[1]: found.details for about, (found, *_) in agent.reported.items() if found}
    assert "boom: connection refused" in details["crash"]
    assert any(line.startswith("the container runs since ") for line in details["unready"])
    assert any("cpu: 1000 requested" in line for line in details["too-big"])
    assert "largest consumers of pods: ReplicaSet crowd 1" in details["crowd"]
    done = agent.reported["NodeNotReady", SILENT][2]
    assert done == (
        f"cordon of Node {SILENT} (proposed because it is not ready) was done; to undo it: kubectl uncordon {SILENT}"
    )
    node = troubled.run("kubectl", "get", "node", SILENT, "-o", "jsonpath={.spec.unschedulable}")
    assert node.stdout == "true"


def test_a_restart_replaces_the_pod_and_another_is_refused(troubled: Cluster) -> None:
    def crowd() -> set[str]:
        names = ("-o", "jsonpath={.items[*].metadata.name}")
        return set(troubled.run("kubectl", "-n", FULL, "get", "pods", *names).stdout.split())

    def other_than(known: set[str]) -> set[str]:
        """Give the pods when there are others than these."""
        end = monotonic() + SECONDS
        while not (found := crowd() - known):
            assert monotonic() < end
            sleep(0.2)
        return found

    context = troubled.run("kubectl", "config", "current-context").stdout.strip()

    async def restart(*pods: Ref) -> list[str]:
        async with from_kubeconfig(context, troubled.kubeconfig).client() as client:
            actions = Actions(frozenset({Verb.RESTART}), ApiClient(client))
            return [await actions.perform(Action(Verb.RESTART, pod, "a test")) for pod in pods]

    (before,) = other_than(set())
    done, refused = anyio.run(restart, Ref("Pod", before, FULL), Ref("Pod", "unready", SPACE))
    assert done.endswith("was done")
    assert refused.endswith("was not done: no controller would replace the pod")
    # The quota controller may count late, and so admit two.
    assert all(pod.startswith("crowd-") for pod in other_than({before}))
