"""What talosctl says, where it is on PATH, and each way in which it does not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import Process

from checks.kube.reading import Read, ReadFailure, Reason
from checks.talos import program, talosctl
from checks.talos.answers import Alarm, NodeAnswers, Way
from checks.talos.places import Place
from checks.talos.talosconfig import load
from checks.talos.talosctl import Talosctl
from local.waiting import wait_until
from tests.checks.talos import standin_talosctl
from tests.checks.talos.simulated_node import GIB, SERVICES, SimulatedCluster, member
from tests.checks.talos.test_observe import FIRST, SECOND, THIRD, value

NODE = Place("cp-1", FIRST, control_plane=True)
VERSION = "Client:\\n\\tTag:  v1.13.2\\nServer:\\n\\tNODE:  127.0.0.11\\n\\tTag:  v1.13.2\\n"


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a program as much time as a busy machine needs."""
    monkeypatch.setattr(talosctl, "SECONDS", 120.0)


def asked(program: Path, talosconfig: Path, *places: Place, port: int = 50000) -> list[NodeAnswers | ReadFailure]:
    source = Talosctl(str(program), load(talosconfig), port)
    told = anyio.run(source.ask, dict.fromkeys(places))
    return [told[place] for place in places]


def silent(program: Path, talosconfig: Path) -> ReadFailure:
    """Ask a node of which nothing is told."""
    [told] = asked(program, talosconfig, NODE)
    assert isinstance(told, ReadFailure)
    return told


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[Path]:
    with standin_talosctl.installed(tmp_path) as program:
        yield program


def script(folder: Path, text: str) -> Path:
    file = folder / "talosctl"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


def test_everything_is_told(talos: SimulatedCluster, talosconfig: Path, standin: Path) -> None:
    talos.nodes[SECOND].alarms = [(THIRD, 1)]
    talos.nodes[SECOND].ahead = -2.5
    talos.nodes[SECOND].services["kubelet"] = ("Running", False, "refused")
    place = Place("cp-2", SECOND, control_plane=True)
    [node] = asked(standin, talosconfig, place, port=talos.port)
    assert isinstance(node, NodeAnswers)
    assert node.etcd is not None
    assert node.ways == (Way.TALOSCTL,)
    assert value(node.version) == "v1.6.7"
    assert round(value(node.clock).ahead, 3) == -2.5
    assert value(node.memory) == 4 * GIB
    assert abs(value(node.disk).size - 20 * GIB) < 10**7
    assert {one.name: one.works for one in value(node.services)} == {**dict.fromkeys(SERVICES, True), "kubelet": False}
    assert [one.message for one in value(node.services) if not one.works] == ["refused"]
    assert value(node.etcd.alarms) == (Alarm(member(THIRD), "NOSPACE"),)
    assert (value(node.etcd.status).member, value(node.etcd.status).leader) == (member(SECOND), member(FIRST))
    assert value(node.etcd.status).size == 64 * 10**6
    assert [one.name for one in value(node.etcd.members)] == ["cp-1", "cp-2", "cp-3"]


def test_a_lost_node_is_unreachable(talos: SimulatedCluster, talosconfig: Path, standin: Path) -> None:
    talos.stop(FIRST)
    [told] = asked(standin, talosconfig, NODE, port=talos.port)
    assert isinstance(told, ReadFailure)
    assert told.reason is Reason.UNREACHABLE
    assert told.message.startswith("talosctl ends with exit code 1: the node is unreachable: ")


@pytest.mark.parametrize(
    ("text", "reason", "sentence"),
    [
        ("exit 1", Reason.FAILED, "talosctl ends with exit code 1: it says nothing"),
        ("echo broken >&2; exit 1", Reason.FAILED, "talosctl ends with exit code 1: broken"),
        ("exit 0", Reason.UNDECODABLE, "the answer of talosctl cannot be understood: it has no version of a node"),
        ("echo '<html>'", Reason.UNDECODABLE, "cannot be understood: it has no version of a node"),
        ("printf '\\377\\376'", Reason.UNDECODABLE, "can't decode byte"),
        ("head -c 3000000 /dev/zero", Reason.UNDECODABLE, "it prints too much"),
        (f"printf '{VERSION}' | sed s/127.0.0.11/127.0.0.99/", Reason.UNDECODABLE, "is about the node '127.0.0.99'"),
    ],
    ids=["exit", "error", "nothing", "page", "bytes", "flood", "other"],
)
def test_what_is_not_an_answer_is_never_one(
    talosconfig: Path, tmp_path: Path, text: str, reason: Reason, sentence: str
) -> None:
    told = silent(script(tmp_path, text), talosconfig)
    assert told.reason is reason
    assert sentence in told.message


def test_it_cannot_be_started(talosconfig: Path, tmp_path: Path) -> None:
    assert "No such file" in silent(tmp_path / "missing", talosconfig).message


def test_no_alarms_are_believed_only_if_the_members_are_listed(talosconfig: Path, tmp_path: Path) -> None:
    # It knows its version, and prints nothing else.
    [told] = asked(script(tmp_path, f'case "$*" in *version*) printf "{VERSION}";; esac'), talosconfig, NODE)
    assert isinstance(told, NodeAnswers)
    assert told.etcd is not None
    assert isinstance(told.version, Read)
    assert isinstance(told.services, ReadFailure)
    assert isinstance(told.etcd.alarms, ReadFailure)
    assert "answers with nothing" in told.etcd.alarms.message


def test_one_that_hangs_ends_in_time(talosconfig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talosctl, "SECONDS", 0.5)
    told = silent(script(tmp_path, "sleep 600"), talosconfig)
    assert (told.reason, told.message) == (Reason.TIMEOUT, "talosctl did not end within 0.5 s")


@pytest.mark.parametrize("slow", [False, True], ids=["running", "starting"])
def test_a_program_is_ended_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slow: bool) -> None:
    child = tmp_path / "child"
    command = [str(script(tmp_path, f"sleep 600 & echo $! > {child}.new; mv {child}.new {child}; wait"))]
    start = anyio.open_process

    async def started_slowly(*arguments: Any, **options: Any) -> Process:
        process = await start(*arguments, **options)
        while not child.exists():
            await anyio.sleep(0.02)
        await anyio.sleep(0.2)
        return process

    if slow:
        monkeypatch.setattr(anyio, "open_process", started_slowly)

    async def cancelled() -> None:
        with anyio.fail_after(60):
            async with anyio.create_task_group() as group:
                group.start_soon(program.run, command, 600)
                while not child.exists():
                    await anyio.sleep(0.02)
                group.cancel_scope.cancel()

    anyio.run(cancelled)
    assert wait_until(lambda: not alive(int(child.read_text())), 30)


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_context_and_the_endpoints_are_those_of_the_talosconfig(talosconfig: Path, tmp_path: Path) -> None:
    silent(script(tmp_path, f'echo "$@" >> {tmp_path}/asked; exit 1'), talosconfig)
    given = f"--talosconfig {talosconfig} --context simulated --endpoints 127.0.0.11:50000 --nodes 127.0.0.11 version"
    assert (tmp_path / "asked").read_text().splitlines() == [given]


def test_a_node_without_an_address_is_said(talosconfig: Path, tmp_path: Path) -> None:
    [told] = asked(script(tmp_path, "exit 1"), talosconfig, Place("cp-1", "", control_plane=True))
    assert isinstance(told, ReadFailure)
    assert told.message == "the node has no InternalIP"


def test_the_output_of_a_program_is_bounded() -> None:
    with pytest.raises(ValueError, match="it prints too much"):
        anyio.run(program.run, ["head", "-c", "3000000", "/dev/zero"], 30)
