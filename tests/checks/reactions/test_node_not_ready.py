"""A node that is not ready: its conditions, taints and pods, and the proposal to cordon it."""

import pytest

from checks.reactions import node_not_ready
from checks.reactions.node_not_ready import react
from checks.reactions.reaction import Action, Reaction, Verb
from checks.results.result import Ref
from tests.checks.fake_api import FakeApi, status
from tests.checks.reactions.examples import SPACE, ask, node, occurred, pod

ABOUT = Ref("Node", "worker")
EVENT = occurred("NodeNotReady", "Node worker status is now: NodeNotReady", ABOUT)

pytestmark = pytest.mark.usefixtures("impatient")


def down(**spec: object) -> dict[str, object]:
    found = node("worker", ready=False, spec=dict(spec))
    found["status"]["conditions"][1] |= {"status": "Unknown", "reason": "NodeStatusUnknown", "message": "no news"}
    return found


def test_what_is_known_and_the_proposal(api: FakeApi) -> None:
    taint = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}
    api.world.add("nodes", "", down(taints=[taint]))
    for number in range(3):
        api.world.add("pods", SPACE, pod({"nodeName": "worker"}, name=f"time-{number}"))
    api.world.objects["pods", "kube-system"] = []
    api.world.add("pods", "kube-system", {**pod(name="dns"), "metadata": {"name": "dns"}})
    found = ask(api, lambda client: react(EVENT, client))
    assert found == Reaction(
        "Node worker is not ready since 2026-01-01T11:00:00Z (KubeletNotReady)",
        (
            "condition Ready is False since 2026-01-01T11:00:00Z: KubeletNotReady: container runtime is down",
            "condition MemoryPressure is Unknown: NodeStatusUnknown: no news",
            "taints: node.kubernetes.io/unreachable:NoExecute",
            "pods on it: 4 (cortex-mcp 3, kube-system 1)",
        ),
        Action(Verb.CORDON, ABOUT, "it is not ready"),
    )
    assert {"fieldSelector": "spec.nodeName=worker", "limit": "500"} in api.queries


def test_a_cordoned_node_is_not_proposed_again(api: FakeApi) -> None:
    api.world.add("nodes", "", down(unschedulable=True))
    found = ask(api, lambda client: react(EVENT, client))
    assert found
    assert found.summary.endswith("(KubeletNotReady); it is cordoned")
    assert found.action is None


def test_the_status_may_be_updated_after_the_event(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_not_ready, "SETTLE_SECONDS", 0.0)
    api.world.add("nodes", "", node("worker"))
    assert ask(api, lambda client: react(EVENT, client)) is None

    def update(path: str) -> None:
        if api.requests["/api/v1/nodes/worker"] == 4:
            api.world.one("nodes", "", "worker")["status"] = down()["status"]

    api.on_request = update
    found = ask(api, lambda client: react(EVENT, client))
    assert found
    assert found.action


def test_forbidden_gone_or_no_node(api: FakeApi) -> None:
    assert ask(api, lambda client: react(EVENT, client)) == Reaction("Node worker no longer exists")
    assert ask(api, lambda client: react(occurred("NodeNotReady", "Node is not ready"), client)) is None
    api.world.add("nodes", "", down())
    api.faults["/api/v1/pods"] = [status(403, "no")]
    found = ask(api, lambda client: react(EVENT, client))
    assert found
    assert found.details[-1] == 'list pods: the account lacks the verb "list" on "pods" cluster-wide: grant it'
    api.faults["/api/v1/nodes/worker"] = [status(403, "no")]
    found = ask(api, lambda client: react(EVENT, client))
    assert found == Reaction(
        "Node worker could not be examined",
        ('get nodes /worker: the account lacks the verb "get" on "nodes" cluster-wide: grant it',),
    )
