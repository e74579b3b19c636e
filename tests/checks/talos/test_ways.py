"""In which order several ways to the nodes are asked, and what of their answers counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import anyio

from checks.kube.reading import ReadFailure, Reason
from checks.talos.answers import NodeAnswers, TalosNode, Way
from checks.talos.asking import missing
from checks.talos.lost import lost
from checks.talos.places import Place
from checks.talos.ways import Told, Unusable, Use, Wanted, ask_all
from tests.checks.talos.observing import TalosWorld, read

CP, WORKER = Place("cp-1", "127.0.0.11", control_plane=True), Place("worker-1", "127.0.0.21", control_plane=False)
NO_CONFIG = Unusable(Way.API, ReadFailure("ask the Talos API", Reason.UNAUTHORIZED, "no talosconfig"))


@dataclass
class Scripted:
    """A way with these answers; where it has none, it passes on what is known."""

    way: Way
    told: Mapping[Place, NodeAnswers | ReadFailure] | ReadFailure
    name: str = "x"
    lacks: tuple[str, ...] = ()
    asked: list[list[str]] = field(default_factory=list)

    async def ask(self, wanted: Wanted) -> Told | ReadFailure:
        self.asked.append(sorted(place.name for place in wanted))
        if isinstance(self.told, ReadFailure):
            return self.told
        return {place: self.told[place] for place in wanted}


def whole(place: Place, way: Way = Way.API) -> NodeAnswers:
    known = TalosWorld().observed[place.name].known
    assert known is not None
    return replace(known, ways=(way,))


def part(place: Place, way: Way = Way.API) -> NodeAnswers:
    return replace(whole(place, way), memory=silence(Reason.FAILED, "not implemented"))


def silence(reason: Reason, message: str = "") -> ReadFailure:
    return ReadFailure("ask", reason, message or reason.value)


def asked(*ways: Scripted | Unusable) -> tuple[dict[str, TalosNode], tuple[Use, ...]]:
    nodes, uses = anyio.run(ask_all, ways, [CP, WORKER])
    return {node.name: node for node in nodes}, uses


def test_a_way_that_says_all_is_the_only_one() -> None:
    second = Scripted(Way.MCP, {})
    nodes, uses = asked(Scripted(Way.API, {CP: whole(CP), WORKER: whole(WORKER)}), second)
    assert all(node.known and node.known.ways == (Way.API,) for node in nodes.values())
    assert second.asked == []
    assert uses == (Use(Way.API, "x", "", ()),)


def test_only_nodes_of_which_something_is_missing_are_asked_again() -> None:
    second = Scripted(Way.MCP, {WORKER: whole(WORKER, Way.MCP)})
    nodes, _ = asked(Scripted(Way.API, {CP: whole(CP), WORKER: part(WORKER)}), second)
    assert second.asked == [["worker-1"]]
    assert nodes["worker-1"].known == whole(WORKER, Way.MCP)


def test_a_node_that_is_lost_for_a_way_that_reaches_others_is_lost() -> None:
    second = Scripted(Way.MCP, {})
    nodes, _ = asked(Scripted(Way.API, {CP: whole(CP), WORKER: silence(Reason.UNREACHABLE)}), second)
    assert second.asked == []
    assert lost(list(nodes.values())) == (nodes["worker-1"],)


def test_where_one_way_reaches_no_node_the_next_one_asks_all() -> None:
    far = silence(Reason.UNREACHABLE, "no route")
    second = Scripted(Way.MCP, {CP: whole(CP, Way.MCP), WORKER: silence(Reason.UNREACHABLE, "refused")})
    third = Scripted(Way.TALOSCTL, {})
    nodes, _ = asked(Scripted(Way.API, {CP: far, WORKER: far}), second, third)
    assert second.asked == [["cp-1", "worker-1"]]
    assert third.asked == []
    assert lost(list(nodes.values())) == (nodes["worker-1"],)
    assert isinstance(nodes["worker-1"].answers, ReadFailure)
    assert nodes["worker-1"].answers.message == "no route; refused"


def test_a_node_is_lost_only_if_all_ways_that_asked_it_say_so() -> None:
    denied = silence(Reason.UNAUTHORIZED, "the node refuses the certificate")
    second = Scripted(Way.MCP, {CP: whole(CP, Way.MCP), WORKER: silence(Reason.UNREACHABLE)})
    nodes, _ = asked(Scripted(Way.API, {CP: denied, WORKER: denied}), second)
    assert lost(list(nodes.values())) == ()
    assert isinstance(nodes["worker-1"].answers, ReadFailure)
    assert nodes["worker-1"].answers.reason is Reason.UNAUTHORIZED


def test_what_no_way_says_names_the_ways_that_could_not_be_used() -> None:
    server = Scripted(Way.MCP, {CP: part(CP, Way.MCP), WORKER: whole(WORKER, Way.MCP)}, lacks=("bootstrap etcd",))
    nodes, uses = asked(NO_CONFIG, server)
    known = nodes["cp-1"].known
    assert known is not None
    assert [one.message for one in missing(known)] == ["not implemented; no talosconfig"]
    assert uses == (Use(Way.API, "", "no talosconfig", ()), Use(Way.MCP, "x", "", ("bootstrap etcd",)))


def test_without_any_way_all_that_is_missing_is_said() -> None:
    nodes, _ = asked(NO_CONFIG, Scripted(Way.MCP, silence(Reason.UNREACHABLE, "no pod is ready")))
    assert {node.answers.message for node in nodes.values() if isinstance(node.answers, ReadFailure)} == {
        "no talosconfig; no pod is ready"
    }
    assert lost(list(nodes.values())) == ()


def test_answers_of_several_ways_are_kept() -> None:
    known = part(CP)
    added = replace(known, memory=read(1), ways=(Way.API, Way.MCP))
    nodes, _ = asked(
        Scripted(Way.API, {CP: known, WORKER: whole(WORKER)}),
        Scripted(Way.MCP, {CP: added}),
        Scripted(Way.TALOSCTL, {}),
    )
    assert nodes["cp-1"].known == added
