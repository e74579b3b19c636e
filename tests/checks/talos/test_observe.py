"""What simulated nodes answer over gRPC with mutual TLS, and each way in which they do not."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import anyio
import pytest
from grpclib.const import Status

from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.talos import client
from checks.talos import observe as observe_module
from checks.talos.answers import Alarm, TalosNode
from checks.talos.observe import observe
from checks.talos.places import Place
from checks.talos.talosconfig import load
from tests.checks.talos.certificates import Authority
from tests.checks.talos.simulated_node import (
    GIB,
    SERVICES,
    SimulatedCluster,
    control_planes,
    member,
    simulated,
    workers,
)

T = TypeVar("T")

FIRST, SECOND, THIRD, WORKER = "127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.21"


def asked(talos: SimulatedCluster, config: Path) -> dict[str, TalosNode]:
    places = [Place(node.name, node.address, node.control_plane) for node in talos.nodes.values()]
    return {node.address: node for node in anyio.run(observe, load(config), places, talos.port)}


def failure(node: TalosNode) -> ReadFailure:
    assert isinstance(node.answers, ReadFailure), node
    return node.answers


def value(reading: Reading[T]) -> T:
    assert isinstance(reading, Read), reading
    return reading.value


def test_everything_is_told(talos: SimulatedCluster, talosconfig: Path) -> None:
    talos.nodes[SECOND].alarms = [(THIRD, 1)]
    talos.nodes[SECOND].ahead = -2.5
    node = asked(talos, talosconfig)[SECOND].known
    assert node is not None
    assert node.etcd is not None
    assert value(node.version) == "v1.6.7"
    assert value(node.clock).ahead == -2.5
    assert value(node.memory) == 4 * GIB
    assert value(node.disk).size == 20 * GIB
    assert {one.name: one.works for one in value(node.services)} == dict.fromkeys(SERVICES, True)
    assert value(node.etcd.alarms) == (Alarm(member(THIRD), "NOSPACE"),)
    assert (value(node.etcd.status).member, value(node.etcd.status).leader) == (member(SECOND), member(FIRST))
    assert [one.name for one in value(node.etcd.members)] == ["cp-1", "cp-2", "cp-3"]
    assert node.expires is not None


def test_a_worker_is_asked_through_the_next_endpoint_if_one_is_lost(talos: SimulatedCluster, talosconfig: Path) -> None:
    talos.stop(FIRST)
    nodes = asked(talos, talosconfig)
    assert failure(nodes[FIRST]).reason is Reason.UNREACHABLE
    known = nodes[WORKER].known
    assert known is not None
    assert (known.etcd, known.expires) == (None, None)
    assert "EtcdStatus" not in talos.nodes[WORKER].asked


def test_a_lost_worker_is_unreachable(talos: SimulatedCluster, talosconfig: Path) -> None:
    talos.stop(WORKER)
    lost = failure(asked(talos, talosconfig)[WORKER])
    assert lost.reason is Reason.UNREACHABLE
    assert "connection refused" in lost.message


def test_a_node_that_hangs_times_out_and_the_others_answer(
    talos: SimulatedCluster, talosconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CALL_SECONDS", 0.5)
    talos.nodes[SECOND].hang = True
    nodes = asked(talos, talosconfig)
    assert failure(nodes[SECOND]).reason is Reason.TIMEOUT
    assert [node.known is not None for node in nodes.values()] == [True, False, True, True]


def test_a_node_takes_a_bounded_time_over_all_its_routes(
    talos: SimulatedCluster, talosconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CALL_SECONDS", 0.4)
    monkeypatch.setattr(observe_module, "NODE_SECONDS", 0.6)
    talos.nodes[WORKER].hang = True
    start = perf_counter()
    assert failure(asked(talos, talosconfig)[WORKER]).reason is Reason.TIMEOUT
    # Over its three routes it would take 1.2 s.
    assert perf_counter() - start < 1.1


@contextmanager
def mute(address: str, port: int) -> Iterator[None]:
    """Accept connections and say nothing, not even in TLS."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
        listening.listen()
        yield


def test_a_node_that_is_mute_times_out(
    talos: SimulatedCluster, talosconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CONNECT_SECONDS", 0.5)
    talos.stop(SECOND)
    with mute(SECOND, talos.port):
        assert failure(asked(talos, talosconfig)[SECOND]).message == "no connection within 0.5 s"


@pytest.mark.parametrize(
    ("status", "reason", "sentence"),
    [
        (Status.PERMISSION_DENIED, Reason.FORBIDDEN, "no role of the client certificate of the talosconfig permits it"),
        (Status.UNAUTHENTICATED, Reason.UNAUTHORIZED, "the node refuses the client certificate of the talosconfig"),
        (Status.UNAVAILABLE, Reason.UNREACHABLE, "the node is unreachable"),
    ],
)
def test_a_refusal_says_why(
    talos: SimulatedCluster, talosconfig: Path, status: Status, reason: Reason, sentence: str
) -> None:
    talos.nodes[SECOND].refused = {"Version": status}
    refused = failure(asked(talos, talosconfig)[SECOND])
    assert (refused.reason, refused.message) == (reason, f"{sentence}: refused by the test")


def test_what_is_not_implemented_is_one_missing_answer(talos: SimulatedCluster, talosconfig: Path) -> None:
    talos.nodes[SECOND].refused = {"EtcdAlarmList": Status.UNIMPLEMENTED}
    known = asked(talos, talosconfig)[SECOND].known
    assert known is not None
    assert known.etcd is not None
    assert isinstance(known.etcd.alarms, ReadFailure)
    assert known.etcd.alarms.message.startswith("this version of Talos does not implement it")
    assert isinstance(known.etcd.status, Read)


def test_a_talosconfig_of_another_cluster_does_not_trust_the_nodes(talos: SimulatedCluster, talosconfig: Path) -> None:
    talosconfig.write_text(Authority().talosconfig([FIRST]))
    assert {failure(node).message for node in asked(talos, talosconfig).values()} == {
        "the certificate of the node's Talos API is not signed by the CA of the talosconfig, "
        "which may be that of another cluster"
    }


def test_nodes_that_do_not_trust_the_talosconfig_close_the_connection(
    talos: SimulatedCluster, talosconfig: Path
) -> None:
    talosconfig.write_text(Authority().talosconfig([FIRST], ca=talos.authority.pem))
    refused = failure(asked(talos, talosconfig)[FIRST])
    assert refused.reason is Reason.UNAUTHORIZED
    assert "it refuses the client certificate of the talosconfig" in refused.message


def test_an_expired_client_certificate_is_told_with_its_date_and_nobody_is_asked(
    talos: SimulatedCluster, talosconfig: Path
) -> None:
    talosconfig.write_text(talos.talosconfig(lives=timedelta(days=-2)))
    date = load(talosconfig).expires
    assert f" expired on {date:%Y-%m-%d}: get a new one " in failure(asked(talos, talosconfig)[FIRST]).message
    assert talos.nodes[FIRST].asked == []


def test_an_expired_certificate_of_a_node_is_told_with_its_date(talos: SimulatedCluster, talosconfig: Path) -> None:
    talos.stop(SECOND)
    talos.nodes[SECOND].lives = timedelta(days=-2)
    talos.start(SECOND)
    message = failure(asked(talos, talosconfig)[SECOND]).message
    assert message.startswith("the certificate of the node's Talos API expired on 20")


def test_a_node_without_an_address_is_said(talos: SimulatedCluster, talosconfig: Path) -> None:
    [node] = anyio.run(observe, load(talosconfig), [Place("cp-1", "", control_plane=True)], talos.port)
    assert failure(node).message == "the node has no InternalIP"


def test_nodes_are_asked_at_the_same_time(tmp_path: Path) -> None:
    with simulated(*control_planes(3), *workers(6)) as talos:
        config = tmp_path / "talosconfig"
        config.write_text(talos.talosconfig())
        asked(talos, config)
        for node in talos.nodes.values():
            node.delay = 0.5
        start = perf_counter()
        nodes = asked(talos, config)
        # One after the other they take 4.5 s, and their answers one after the other 31 s.
        assert perf_counter() - start < 2
        assert all(node.known for node in nodes.values())
