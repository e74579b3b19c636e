"""The problems that Talos finds on its nodes by itself: over each way to a node, and what is said without them."""

from pathlib import Path

import anyio
import pytest
from grpclib.const import Status

from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.talos import client, talosctl
from checks.talos.answers import Diagnostic, Diagnostics, Way
from checks.talos.observe import Api
from checks.talos.places import Place
from checks.talos.talosconfig import load
from checks.talos.talosctl import Talosctl
from checks.talos.ways import Source, ask_all
from tests.checks.cli.project import Project
from tests.checks.talos import standin_talosctl
from tests.checks.talos.simulated_node import SimulatedCluster
from tests.checks.talos.talos_servers import pypi, ry_ops
from tests.checks.talos.test_mcp_server import answers
from tests.checks.talos.test_observe import FIRST
from tests.checks.talos.test_status import asked

CP = Place("cp-1", FIRST, control_plane=True)
TOLD = {
    "address-overlap": ("host and Kubernetes addresses overlap", ["host: 10.0.0.0/16", "pods: 10.0.0.0/8"]),
    "kubelet-csr": ("kubelet server certificate rotation is enabled, but CSR is not approved", []),
}
FOUND = tuple(Diagnostic(name, message, tuple(details)) for name, (message, details) in TOLD.items())


def read(*sources: Source) -> tuple[Reading[Diagnostics], tuple[Way, ...]]:
    [node], _ = anyio.run(ask_all, sources, [CP])
    assert node.known is not None
    return node.known.diagnostics, node.known.ways


def value(reading: Reading[Diagnostics]) -> Diagnostics:
    assert isinstance(reading, Read), reading
    return reading.value


def failure(reading: Reading[Diagnostics]) -> ReadFailure:
    assert isinstance(reading, ReadFailure), reading
    return reading


@pytest.fixture
def grpc(talos: SimulatedCluster, talosconfig: Path) -> Api:
    return Api(load(talosconfig), talos.port)


STATES: list[tuple[dict[str, tuple[str, list[str]]] | None, Diagnostics]] = [(TOLD, FOUND), ({}, ()), (None, None)]
"""What a node has, and what is said of it."""


@pytest.mark.parametrize(("state", "said"), STATES, ids=["some", "none", "old"])
def test_every_way_tells_them(
    talos: SimulatedCluster,
    grpc: Api,
    talosconfig: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    state: dict[str, tuple[str, list[str]]] | None,
    said: Diagnostics,
) -> None:
    monkeypatch.setattr(talosctl, "SECONDS", 120.0)
    talos.nodes[FIRST].diagnostics = state
    assert (value(read(grpc)[0]), read(grpc)[1]) == (said, (Way.API,))
    with standin_talosctl.installed(tmp_path) as program:
        assert value(read(Talosctl(str(program), load(talosconfig), talos.port))[0]) == said
    served = tmp_path / "served"
    served.write_text(talos.talosconfig(endpoints=[f"{FIRST}:{talos.port}"]))
    assert value(answers(ry_ops(served).app()).diagnostics) == said


@pytest.mark.parametrize("status", [Status.UNIMPLEMENTED, Status.NOT_FOUND])
def test_node_without_the_resource_api_has_none(talos: SimulatedCluster, grpc: Api, status: Status) -> None:
    talos.nodes[FIRST].refused = {"List": status}
    assert value(read(grpc)[0]) is None


@pytest.mark.parametrize(
    ("status", "reason"),
    [(Status.PERMISSION_DENIED, Reason.FORBIDDEN), (Status.INTERNAL, Reason.FAILED)],
)
def test_refusal_is_unknown_not_nothing(talos: SimulatedCluster, grpc: Api, status: Status, reason: Reason) -> None:
    talos.nodes[FIRST].refused = {"List": status}
    refused = failure(read(grpc)[0])
    assert (refused.what.partition(" of ")[0], refused.reason) == ("read the diagnostics", reason)


def test_node_that_hangs_while_it_lists_them_is_unknown(
    talos: SimulatedCluster, grpc: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CALL_SECONDS", 0.5)
    talos.nodes[FIRST].hangs = "List"
    assert failure(read(grpc)[0]).reason is Reason.TIMEOUT


@pytest.mark.parametrize("content", [b"\xff", b"\x08\x01", b"\x12\x01x"], ids=["bytes", "other", "no message"])
def test_what_is_not_a_diagnostic_is_not_understood(talos: SimulatedCluster, grpc: Api, content: bytes) -> None:
    talos.nodes[FIRST].diagnostics, talos.nodes[FIRST].garbage = TOLD, content
    assert failure(read(grpc)[0]).reason is Reason.UNDECODABLE


def test_server_without_a_tool_for_them_says_so(talos: SimulatedCluster, tmp_path: Path) -> None:
    served = tmp_path / "served"
    served.write_text(talos.talosconfig(endpoints=[f"{FIRST}:{talos.port}"]))
    server = pypi(served)
    assert failure(answers(server.app()).diagnostics).message == "the MCP server talos: it has no tool for that"
    assert "talos_get" not in [tool for tool, _ in server.calls]


def test_server_that_says_nothing_is_not_believed(talos: SimulatedCluster, tmp_path: Path) -> None:
    served = tmp_path / "served"
    served.write_text(talos.talosconfig(endpoints=[f"{FIRST}:{talos.port}"]))
    server = ry_ops(served)
    server.replies["talos_get_resources"] = ""
    refused = failure(answers(server.app()).diagnostics)
    assert (refused.reason, refused.message.rpartition(": ")[2]) == (Reason.UNDECODABLE, "it is empty")


def test_status_has_them_with_details(on_talos: Project, talosconfig: Path, talos: SimulatedCluster) -> None:
    talos.nodes[FIRST].diagnostics = TOLD
    report = asked(on_talos, talosconfig, code=1)
    assert report["overall"] == "degraded"
    first, second, *_ = report["nodes"]
    assert first["diagnostics"] == [
        {"id": name, "message": message, "details": details} for name, (message, details) in TOLD.items()
    ]
    assert (second["diagnostics"], second["diagnosticsDetail"]) == ([], "")
    assert report["reasons"][0] == (
        "Node cp-1: Talos reports the problem address-overlap: host and Kubernetes addresses overlap "
        "(host: 10.0.0.0/16; pods: 10.0.0.0/8)"
    )


def test_status_says_that_an_old_node_has_none(on_talos: Project, talosconfig: Path, talos: SimulatedCluster) -> None:
    for node in talos.nodes.values():
        node.diagnostics = None
    report = asked(on_talos, talosconfig, code=0)
    sentence = "this version of Talos has no diagnostics, which came with Talos 1.8"
    assert {(node["diagnostics"], node["diagnosticsDetail"]) for node in report["nodes"]} == {(None, sentence)}
    out, _ = on_talos.cortex("talos", "status", "test", "--talosconfig", str(talosconfig), code=0)
    assert f"diagnostics: not of cp-1, cp-2, cp-3, worker-1: {sentence}" in out


def test_role_that_may_not_read_them_is_unknown(on_talos: Project, talosconfig: Path, talos: SimulatedCluster) -> None:
    talos.nodes[FIRST].refused = {"List": Status.PERMISSION_DENIED}
    report = asked(on_talos, talosconfig, code=3)
    [reason] = report["reasons"]
    assert reason.startswith(f"read the diagnostics of {FIRST}:{talos.port}: no role of the client certificate ")
    assert report["nodes"][0]["diagnosticsDetail"].startswith("no role of the client certificate ")
