"""What nodes say through talos MCP servers, and each way in which such a server does not."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio
import mcp_types as types
import pytest
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.types import ASGIApp

from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.kube.reading import Read, ReadFailure, Reason
from checks.snapshot.reader import Reader
from checks.talos import mcp_calls, mcp_server
from checks.talos.answers import Alarm, NodeAnswers, Way
from checks.talos.mcp_server import McpServer, servers
from checks.talos.places import Place
from checks.talos.ways import Told, Wanted
from tests.checks.mcp.proxying import Proxy
from tests.checks.mcp.test_probe import page, running
from tests.checks.talos.simulated_node import GIB, SERVICES, SimulatedCluster, member
from tests.checks.talos.standin_talosctl import aligned
from tests.checks.talos.talos_servers import HANG, TalosServer, described, describing, failed, pypi, ry_ops, text
from tests.checks.talos.test_observe import FIRST, SECOND, THIRD, value
from tests.checks.world import SETTINGS, declared

POD = "talos-mcp-server-1"
CP = Place("cp-1", FIRST, control_plane=True)
WORKER = Place("worker-1", "127.0.0.21", control_plane=False)
DESCRIPTION: dict[str, Any] = {
    "cluster": "test",
    "node": WORKER.address,
    "talos_version": "v1.14.1",
    "ready": True,
    "resources": {
        "memory": "1.0GiB of 4.0GiB (25%)",
        "disks": [
            {"mounted_on": "/system/state", "device": "/dev/sda5", "size": "100.0MiB", "used": "10.0MiB"},
            {"mounted_on": "/var", "device": "/dev/sda6", "size": "100.0GiB", "used": "25.0GiB"},
        ],
    },
    "services": [
        {"id": "cri", "state": "Waiting"},
        {"id": "kubelet", "state": "Running", "health": "unhealthy: refused"},
        {"id": "apid", "state": "Running", "health": "healthy"},
    ],
    "events": [],
}


@pytest.fixture
def served(talos: SimulatedCluster, tmp_path: Path) -> Path:
    """The talosconfig of the server, whose endpoints have the port."""
    file = tmp_path / "served"
    file.write_text(talos.talosconfig(endpoints=[f"{FIRST}:{talos.port}", f"{SECOND}:{talos.port}"]))
    return file


@dataclass
class Asked:
    """A server that was asked: what it told, and what it lacks."""

    told: Told | ReadFailure
    lacks: tuple[str, ...]


def ask(app: ASGIApp, wanted: Wanted, pods: list[str] | None = None) -> Asked:
    """Ask the server of a stack, one of whose pods is this application."""
    declaration = declared(servers={"talos": SETTINGS["servers"]["talos"]})
    proxy = Proxy({f"pods/{POD}": app}, listed=[POD] if pods is None else pods)

    async def conversation(connection: Connection) -> Asked:
        async with connection.client() as http:
            reader = Reader(declaration, connection, ApiClient(http))
            server = McpServer(reader, "talos", declaration.servers["talos"])
            return Asked(await server.ask(wanted), server.lacks)

    with running(proxy.application()) as connection:
        return anyio.run(conversation, connection)


def asked(app: ASGIApp, *places: Place, known: NodeAnswers | None = None) -> list[NodeAnswers | ReadFailure]:
    told = ask(app, dict.fromkeys(places, known)).told
    assert not isinstance(told, ReadFailure), told
    return [told[place] for place in places]


def answers(app: ASGIApp, place: Place = CP) -> NodeAnswers:
    [told] = asked(app, place)
    assert isinstance(told, NodeAnswers), told
    return told


def failure(app: ASGIApp, place: Place = CP) -> ReadFailure:
    [told] = asked(app, place)
    assert isinstance(told, ReadFailure), told
    return told


def refused(app: ASGIApp, pods: list[str] | None = None) -> ReadFailure:
    """Ask a server that says nothing at all."""
    told = ask(app, {CP: None}, pods).told
    assert isinstance(told, ReadFailure), told
    return told


def test_pypi_server_says_all_but_the_etcd_status(talos: SimulatedCluster, served: Path) -> None:
    talos.nodes[FIRST].alarms = [(THIRD, 1)]
    talos.nodes[FIRST].ahead = 1.5
    node = answers(pypi(served).app())
    assert node.etcd is not None
    assert node.ways == (Way.MCP,)
    assert value(node.version) == "v1.6.7"
    assert {one.name: one.works for one in value(node.services)} == dict.fromkeys(SERVICES, True)
    assert round(value(node.clock).ahead, 3) == 1.5
    assert value(node.memory) == 4 * GIB
    assert abs(value(node.disk).size - 20 * GIB) < 10**7
    assert value(node.etcd.alarms) == (Alarm(member(THIRD), "NOSPACE"),)
    assert [one.name for one in value(node.etcd.members)] == ["cp-1", "cp-2", "cp-3"]
    assert isinstance(node.etcd.status, ReadFailure)
    assert node.etcd.status.what == f"read the etcd status of {FIRST}"
    assert node.etcd.status.message == "the MCP server talos: it has no tool for that"


def test_ry_ops_server_says_version_services_and_members(talos: SimulatedCluster, served: Path) -> None:
    node = answers(ry_ops(served).app())
    assert node.etcd is not None
    readings = (node.version, node.services, node.etcd.members, node.clock, node.memory, node.disk, node.etcd.alarms)
    assert [isinstance(one, Read) for one in readings] == [True, True, True, False, False, False, False]


def test_a_node_is_described(talos: SimulatedCluster) -> None:
    node = answers(describing(DESCRIPTION).app(), WORKER)
    assert value(node.version) == "v1.14.1"
    assert value(node.memory) == 4 * GIB
    assert (value(node.disk).size, value(node.disk).available) == (100 * GIB, 75 * GIB)
    states = [(one.name, one.state, one.healthy, one.message) for one in value(node.services)]
    assert states == [
        ("cri", "Waiting", None, ""), ("kubelet", "Running", False, "refused"), ("apid", "Running", True, "")
    ]  # fmt: skip
    assert isinstance(node.clock, ReadFailure)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"node": FIRST}, "it is about the node '127.0.0.11'"),
        ({"talos_version": ""}, "it has no version of the node"),
        ({"services": "many"}, "Expected `array`, got `str`"),
    ],
    ids=["other", "version", "type"],
)
def test_a_description_that_is_none(talos: SimulatedCluster, change: dict[str, Any], sentence: str) -> None:
    told = failure(describing({**DESCRIPTION, **change}).app(), WORKER)
    assert (told.reason, sentence in told.message) == (Reason.UNDECODABLE, True), told.message


@pytest.mark.parametrize(
    "change",
    [
        {"services": [], "warnings": ["services: denied"]},
        {"services": [{"id": "apid", "state": "Running", "health": "fine"}]},
        {"resources": {"memory": "much", "disks": []}},
    ],
    ids=["services", "health", "resources"],
)
def test_a_part_of_a_description_that_is_none(talos: SimulatedCluster, change: dict[str, Any]) -> None:
    node = answers(describing({**DESCRIPTION, **change}).app(), WORKER)
    both = node.memory if "resources" in change else node.services
    assert isinstance(both, ReadFailure)
    assert both.reason is Reason.UNDECODABLE


def test_only_what_is_missing_is_asked(talos: SimulatedCluster, served: Path) -> None:
    server = pypi(served)
    lacking = replace(answers(server.app(), WORKER), memory=_no(), ways=(Way.API,))
    server.calls.clear()
    [node] = asked(server.app(), WORKER, known=lacking)
    assert isinstance(node, NodeAnswers)
    assert server.calls == [("talos_memory", {"nodes": WORKER.address})]
    assert (value(node.memory), node.ways) == (4 * GIB, (Way.API, Way.MCP))


def _no() -> ReadFailure:
    return ReadFailure("read the memory", Reason.FAILED, "not implemented")


@pytest.mark.parametrize("make", [pypi, ry_ops])
def test_a_lost_node_is_unreachable(talos: SimulatedCluster, served: Path, make: Any) -> None:
    talos.stop(WORKER.address)
    lost, found = asked(make(served).app(), WORKER, CP)
    assert isinstance(lost, ReadFailure)
    assert lost.reason is Reason.UNREACHABLE
    assert isinstance(found, NodeAnswers)


@pytest.mark.parametrize(
    ("reply", "reason", "sentence"),
    [
        ("", Reason.UNDECODABLE, "cannot be understood: it has no version of a node"),
        ("<html>", Reason.UNDECODABLE, "cannot be understood: it has no version of a node"),
        ("Server:\n\tNODE: 127.0.0.99\n\tTag: v1.13.0", Reason.UNDECODABLE, "is about the node '127.0.0.99'"),
        (text("x", truncated=True), Reason.UNDECODABLE, "the answer was cut off"),
        (failed("TLS_ERROR"), Reason.UNAUTHORIZED, "reports an error: TLS_ERROR"),
        (failed("TIMEOUT"), Reason.FAILED, "reports an error: TIMEOUT"),
        (types.CallToolResult(content=[], is_error=True), Reason.FAILED, "it does not say which"),
    ],
    ids=["nothing", "page", "other", "cut", "tls", "timeout", "silent"],
)
def test_what_is_not_an_answer_is_never_one(
    talos: SimulatedCluster, served: Path, reply: Any, reason: Reason, sentence: str
) -> None:
    server = pypi(served)
    server.replies["talos_version"] = reply
    told = failure(server.app())
    assert (told.reason, sentence in told.message) == (reason, True), told.message


def test_a_server_that_invents_a_node_is_not_believed(talos: SimulatedCluster, served: Path) -> None:
    server = pypi(served)
    headings = ("NODE", "SERVICE", "STATE", "HEALTH", "LAST CHANGE", "LAST EVENT")
    server.replies["talos_service"] = aligned([headings, ("127.0.0.99", "apid", "Running", "OK", "1s ago", "well")])
    services = answers(server.app()).services
    assert isinstance(services, ReadFailure)
    assert "it is about the node '127.0.0.99'" in services.message


def test_a_tool_that_hangs_ends_in_time(talos: SimulatedCluster, served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = pypi(served)
    known = replace(answers(server.app(), WORKER), memory=_no())
    monkeypatch.setattr(mcp_calls, "SECONDS", 0.5)
    server.replies["talos_memory"] = HANG
    [node] = asked(server.app(), WORKER, known=known)
    assert isinstance(node, NodeAnswers)
    assert isinstance(node.memory, ReadFailure)
    assert node.memory.message == "not implemented; the MCP server talos did not answer within 0.5 s"


def test_a_server_that_hangs_ends_in_time(
    talos: SimulatedCluster, served: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mcp_server, "SECONDS", 1.0)
    server = pypi(served)
    server.replies["talos_version"] = HANG
    assert refused(server.app()).reason is Reason.TIMEOUT


def test_a_tool_with_other_arguments_is_not_called(talos: SimulatedCluster, served: Path) -> None:
    server = pypi(served)
    server.tools["talos_service"] = ({"type": "object", "properties": {"host": {"type": "string"}}}, ["service"])
    services = answers(server.app()).services
    assert isinstance(services, ReadFailure)
    assert services.message.endswith("its tool talos_service has other arguments than in the servers that are known")


@pytest.mark.parametrize(
    ("app", "reason"),
    [
        (page(HTMLResponse("<html>")), Reason.FAILED),
        (page(PlainTextResponse("no", 401)), Reason.GATED),
        (TalosServer(Path(), {}, plain=True).app(), None),
    ],
    ids=["page", "gated", "toolless"],
)
def test_a_server_that_is_none(app: ASGIApp, reason: Reason | None) -> None:
    if reason is None:
        assert failure(app).message == "the MCP server talos: it has no tool for that"
    else:
        assert refused(app).reason is reason


def test_without_a_ready_pod_it_cannot_be_used() -> None:
    assert refused(page(HTMLResponse("")), pods=[]).message == "the MCP server talos: no pod is ready"


def test_what_a_read_only_server_lacks_is_said(talos: SimulatedCluster, served: Path) -> None:
    assert ask(pypi(served).app(), {CP: None}).lacks == (
        "read the etcd status",
        "read the diagnostics",
        "read the system extensions",
        "fetch the kubeconfig",
        "generate a machine configuration",
        "apply a machine configuration",
        "bootstrap etcd",
    )


def test_ry_ops_server_reads_resources(talos: SimulatedCluster, served: Path) -> None:
    talos.nodes[FIRST].extensions = ("iscsi-tools", "schematic")
    server = ry_ops(served)
    [node] = asked(server.app(), replace(CP, extensions=True))
    assert isinstance(node, NodeAnswers)
    assert node.extensions is not None
    assert value(node.extensions) == ("iscsi-tools", "schematic")
    asked_for = {"nodes": FIRST, "resource": "ExtensionStatuses.runtime.talos.dev", "output": "table"}
    assert ("talos_get_resources", asked_for) in server.calls
    lacks = ask(server.app(), {CP: None}).lacks
    assert lacks[0] == "compare the clock"
    assert not {"read the diagnostics", "read the system extensions"} & set(lacks)


@pytest.mark.parametrize("make", [pypi, describing], ids=["pypi", "describing"])
def test_server_that_cannot_read_extensions_says_so(talos: SimulatedCluster, served: Path, make: Any) -> None:
    server = pypi(served) if make is pypi else describing({**DESCRIPTION, "node": FIRST})
    node = answers(server.app(), replace(CP, extensions=True))
    assert isinstance(node.extensions, ReadFailure)
    assert node.extensions.message == "the MCP server talos: it has no tool for that"


def test_servers_are_found_by_capability_or_tool() -> None:
    by_tool = {**SETTINGS["servers"]["talos"], "capabilities": {"cluster": ["talos_service"]}}
    declaration = declared(servers={**SETTINGS["servers"], "nodes": by_tool})

    async def found() -> list[str]:
        connection = Connection("test", "http://127.0.0.1:1")
        async with connection.client() as http:
            return [each.name for each in servers(Reader(declaration, connection, ApiClient(http)))]

    assert sorted(anyio.run(found)) == ["server nodes", "server talos"]


def test_a_description_is_one_call(talos: SimulatedCluster) -> None:
    server = describing(DESCRIPTION)
    server.replies["talos_node_describe"] = described(DESCRIPTION)
    answers(server.app(), WORKER)
    assert server.calls == [("talos_node_describe", {"node": WORKER.address})]
