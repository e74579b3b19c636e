"""What an agent does to a cluster: only what the stack allows, seldom, and never to too many nodes."""

from collections.abc import Iterable

import anyio
import pytest

from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.reactions import actions as module
from checks.reactions.actions import PERIOD_SECONDS, Actions, cordon_refusal
from checks.reactions.reaction import Action, Verb
from checks.results.result import Ref
from tests.checks.fake_api import Answer, FakeApi, status
from tests.checks.reactions.examples import SPACE, Json, as_node, node, pod

ALL = frozenset(Verb)
CORDON = Action(Verb.CORDON, Ref("Node", "n0"), "it is not ready")

pytestmark = pytest.mark.usefixtures("impatient")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def perform(
    api: FakeApi, actions: Iterable[Action], allowed: frozenset[Verb] | None = ALL, step: float = 0.0
) -> list[str]:
    async def main() -> list[str]:
        async with Connection("test", api.url).client() as client:
            clock, done = Clock(), []
            performer = Actions(allowed, ApiClient(client), clock)
            for action in actions:
                done.append(await performer.perform(action))
                clock.now += step
            return done

    return anyio.run(main)


def restart(name: str) -> Action:
    return Action(Verb.RESTART, Ref("Pod", name, SPACE), "a test")


@pytest.fixture
def nodes(api: FakeApi) -> FakeApi:
    """Four nodes, of which the first is not ready."""
    api.world.objects["nodes", ""] = []
    for number in range(4):
        api.world.add("nodes", "", node(f"n{number}", ready=number > 0))
    return api


def test_a_cordon(nodes: FakeApi) -> None:
    first, again = perform(nodes, [CORDON, CORDON])
    what = "cordon of Node n0 (proposed because it is not ready)"
    assert first == f"{what} was done; to undo it: kubectl uncordon n0"
    assert again == f"{what} was not done: it is cordoned already"
    assert nodes.patched == [
        (
            "/api/v1/nodes/n0",
            {"fieldManager": "cortex-agent"},
            [{"op": "add", "path": "/spec/unschedulable", "value": True}],
        )
    ]


def test_outside_the_cluster_nothing_is_done(nodes: FakeApi) -> None:
    (said,) = perform(nodes, [CORDON], allowed=None)
    assert said.endswith("was not done: an agent outside the cluster changes nothing")
    assert nodes.patched == []


def test_what_the_stack_does_not_allow_is_not_done(nodes: FakeApi) -> None:
    (said,) = perform(nodes, [CORDON], frozenset({Verb.RESTART}))
    assert said.endswith("was not done: the stack does not allow it: add cordon to actions in cortex:agent")
    (said,) = perform(nodes, [Action(Verb.CORDON, Ref("Pod", "x", SPACE), "a test")])
    assert said.endswith("was not done: only a Node can be the object of it")
    assert not nodes.patched
    assert nodes.requests.total() == 0


def some(*states: str) -> tuple[Json, ...]:
    """Give nodes: `r` is ready, `d` down, capitals are cordoned."""
    return tuple(
        node(f"n{number}", ready=state in "rR", spec={"unschedulable": state.isupper()})
        for number, state in enumerate(states)
    )


@pytest.mark.parametrize(
    ("states", "refusal"),
    [
        ("dr", ""),
        ("d", "no other node is ready and schedulable"),
        ("dd", "no other node is ready and schedulable"),
        ("dR", "1 of 2 nodes is cordoned, which is the most"),
        ("dRrrr", "1 of 5 nodes is cordoned, which is the most"),
        ("dRrrrr", ""),
        ("dRRrrr", "2 of 6 nodes are cordoned, which is the most"),
        ("rr", "it is ready again"),
        ("Dr", "it is cordoned already"),
        ("", "it no longer exists"),
    ],
)
def test_how_many_nodes_may_be_cordoned(states: str, refusal: str) -> None:
    assert cordon_refusal("n0", tuple(map(as_node, some(*states)))) == refusal


def test_a_restart_is_of_a_pod_that_is_replaced(api: FakeApi) -> None:
    api.world.add("pods", SPACE, pod(name="managed", owner="time-5d"))
    api.world.add("pods", SPACE, pod(name="alone"))
    static = pod(name="static", owner="n0")
    static["metadata"]["ownerReferences"][0]["kind"] = "Node"
    api.world.add("pods", SPACE, static)
    said = perform(api, map(restart, ("managed", "alone", "static", "gone")))
    what = "restart of Pod cortex-mcp/{} (proposed because a test)"
    assert said == [
        f"{what.format('managed')} was done",
        f"{what.format('alone')} was not done: no controller would replace the pod",
        f"{what.format('static')} was not done: no controller would replace the pod",
        f"{what.format('gone')} was not done: it no longer exists",
    ]
    assert api.deleted == [f"/api/v1/namespaces/{SPACE}/pods/managed"]


def test_three_of_a_verb_in_ten_minutes(api: FakeApi) -> None:
    names = [f"pod-{number}" for number in range(5)]
    for name in names:
        api.world.add("pods", SPACE, pod(name=name, owner="time-5d"))
    said = perform(api, map(restart, names))
    assert [one.endswith("was done") for one in said] == [True] * 3 + [False] * 2
    assert said[3].endswith("was not done: 3 were done within 10 minutes, which is the most")
    for name in names[:3]:
        api.world.add("pods", SPACE, pod(name=name, owner="time-5d"))
    assert all(one.endswith("was done") for one in perform(api, map(restart, names), step=PERIOD_SECONDS / 3))


def test_what_was_not_done_does_not_count(api: FakeApi) -> None:
    api.world.add("pods", SPACE, pod(name="managed", owner="time-5d"))
    said = perform(api, map(restart, ["gone"] * 5 + ["managed"]))
    assert said[-1].endswith("was done")


def test_a_failure_is_one_sentence(nodes: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes.faults["/api/v1/nodes/n0"] = [status(403, "no")]
    (said,) = perform(nodes, [CORDON])
    assert said.endswith('was not done: the account lacks the verb "patch" on "nodes" cluster-wide: grant it')
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.1)
    nodes.faults["/api/v1/nodes/n0"] = [Answer(hang=True)]
    (said,) = perform(nodes, [CORDON])
    assert said.endswith("may be done or not: the API server did not answer within 0 s")
