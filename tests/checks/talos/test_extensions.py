"""The system extensions of nodes, over the Talos API and with talosctl; they are asked for only where it is wanted."""

from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from grpclib.const import Status

from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.talos import talosctl
from checks.talos.answers import NodeAnswers, Way
from checks.talos.observe import Api
from checks.talos.places import Place
from checks.talos.talosconfig import load
from checks.talos.talosctl import Talosctl
from checks.talos.ways import Source, ask_all
from tests.checks.talos import standin_talosctl
from tests.checks.talos.simulated_node import SimulatedCluster
from tests.checks.talos.test_observe import FIRST, WORKER

BOTH = ("iscsi-tools", "schematic")
CP = Place("cp-1", FIRST, control_plane=True, extensions=True)
PLACES = (CP, Place("worker-1", WORKER, control_plane=False, extensions=True))


def told(sources: list[Source], *places: Place) -> list[NodeAnswers]:
    nodes, _ = anyio.run(ask_all, sources, places)
    return [node.answers for node in nodes if isinstance(node.answers, NodeAnswers)]


def failure(reading: Reading[tuple[str, ...]] | None) -> ReadFailure:
    assert isinstance(reading, ReadFailure)
    return reading


def found(answers: NodeAnswers) -> tuple[str, ...]:
    assert isinstance(answers.extensions, Read)
    return answers.extensions.value


@pytest.fixture
def api(talos: SimulatedCluster, talosconfig: Path) -> Api:
    return Api(load(talosconfig), talos.port)


def test_node_names_them_or_has_none(talos: SimulatedCluster, api: Api) -> None:
    talos.nodes[FIRST].extensions = BOTH
    assert [found(answers) for answers in told([api], *PLACES)] == [BOTH, ()]


def test_they_are_asked_for_only_where_it_is_wanted(talos: SimulatedCluster, api: Api) -> None:
    talos.nodes[FIRST].extensions = BOTH
    [answers] = told([api], replace(CP, extensions=False))
    assert answers.extensions is None
    assert talos.nodes[FIRST].asked.count("List") == 1


def test_talosctl_tells_them_where_the_api_does_not(
    talos: SimulatedCluster, api: Api, talosconfig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talosctl, "SECONDS", 120.0)
    talos.nodes[FIRST].extensions = BOTH
    talos.nodes[FIRST].refused = {"List": Status.PERMISSION_DENIED}
    with standin_talosctl.installed(tmp_path) as program:
        by_program = Talosctl(str(program), load(talosconfig), talos.port)
        [refused] = told([api, by_program], CP)
        assert failure(refused.extensions).reason is Reason.FORBIDDEN
        talos.nodes[FIRST].refused = {}
        [first, worker] = told([by_program], *PLACES)
    assert (found(first), found(worker), first.ways) == (BOTH, (), (Way.TALOSCTL,))


@pytest.mark.parametrize("content", [b"\xff", b"\x08\x01", b"\x12\x02\x12\x00"], ids=["bytes", "other", "nameless"])
def test_what_is_not_an_extension_is_not_understood(content: bytes, talos: SimulatedCluster, api: Api) -> None:
    talos.nodes[FIRST].extensions, talos.nodes[FIRST].garbage = BOTH, content
    [answers] = told([api], CP)
    assert failure(answers.extensions).reason is Reason.UNDECODABLE
