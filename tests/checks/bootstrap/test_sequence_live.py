"""The whole way: from a plan to a cluster with its stack, against a fake Proxmox and simulated nodes."""

import json
import signal
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from checks.bootstrap.sequence import STEPS
from checks.private_folder import MEMORY
from tests.checks.bootstrap.planning import Planning

if TYPE_CHECKING:
    import subprocess

pytestmark = pytest.mark.live

NAMES = [step.name for step in STEPS]
BETWEEN = (
    "after:vm-intended:machines:1",  # nothing is made yet
    "before:vm-made:machines:2",  # the VM exists
    "before:applied:apply:2",  # the node is configured
    "after:etcd-intended:etcd:1",  # etcd is not bootstrapped
    "after:kubeconfig-intended:kubeconfig:1",  # it is not stored
)


def test_a_plan_becomes_a_cluster_with_its_stack(planning: Planning) -> None:
    out, err = planning.run("bootstrap", "--yes")
    planning.made_once()
    assert planning.done() == NAMES
    assert "8. write the registry" in out
    assert "s  CoreDNS is ready" in err
    calls = (planning.project.folder / "pulumi.log").read_text().splitlines()
    assert [call.partition(" ")[2] for call in calls] == [
        "test stack select --create test --non-interactive",
        "test up --stack test --yes --skip-preview --non-interactive",
    ]
    (file,) = {Path(call.partition(" ")[0]) for call in calls}
    assert file.is_relative_to(MEMORY), "it is in the clear in memory only"
    assert not file.exists()
    registry = json.loads((planning.project.folder / "mcp-server-registry.json").read_text())
    assert (registry["context"], registry["servers"]) == ("test", {})
    _its_secrets_are_encrypted(planning)
    # A run of a plan that is done changes nothing.
    _, err = planning.run("bootstrap", "--yes")
    assert err.count("done before") == len(STEPS)


def _its_secrets_are_encrypted(planning: Planning) -> None:
    for file in planning.state.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        assert not any(word in file.read_bytes() for word in (b"very-secret", b"PRIVATE", b"crt")), file
    assert planning.stored.read_bytes().startswith(b"-----BEGIN AGE ENCRYPTED FILE-----")
    assert stat.S_IMODE(planning.stored.stat().st_mode) == 0o600
    assert (planning.state / "secrets.age").read_bytes().startswith(b"-----BEGIN AGE ENCRYPTED FILE-----")


def test_a_run_that_is_killed_in_each_step_goes_on_there(planning: Planning) -> None:
    for number, name in enumerate(NAMES):
        planning.killed(f"before:done:{name}:1")
        assert planning.done() == NAMES[:number]
    planning.run("bootstrap", "--yes")
    assert planning.done() == NAMES
    planning.made_once()


def test_a_run_that_is_killed_within_a_step_makes_nothing_twice(planning: Planning) -> None:
    for kill in BETWEEN:
        planning.killed(kill)
    planning.run("bootstrap", "--yes")
    assert planning.done() == NAMES
    planning.made_once()
    journaled = [entry for entry in planning.journal() if entry["event"] == "vm-made"]
    assert len(journaled) == 3, "the entry of one was lost with the run that was killed"


def test_of_two_runs_at_once_the_second_says_who_runs(planning: Planning) -> None:
    hold = planning.project.folder / "hold"
    hold.touch()
    first = planning.begin("bootstrap", "--yes")
    _until_it_deploys(planning, first)
    _, err = planning.run("bootstrap", "--yes", code=3)
    assert err == f"cortex: process {first.pid} works on cluster prod: wait for it, or end it first\n"
    assert "process" in planning.run("destroy", "--yes", "prod", code=3)[1]
    hold.unlink()
    out, err = first.communicate(timeout=240)
    assert first.returncode == 0, out + err
    planning.made_once()


def test_an_interrupted_run_says_how_to_go_on(planning: Planning) -> None:
    hold = planning.project.folder / "hold"
    hold.touch()
    process = planning.begin("bootstrap", "--yes")
    _until_it_deploys(planning, process)
    process.send_signal(signal.SIGINT)
    try:
        _, err = process.communicate(timeout=60)
    finally:
        hold.unlink()
        process.kill()
    assert process.returncode == 130, err
    assert "cortex: interrupted\nnow there is: VMs cp-1 (100), " in err
    assert "go on with `cortex talos bootstrap " in err
    assert "Traceback" not in err
    planning.run("bootstrap", "--yes")
    planning.made_once()


def _until_it_deploys(planning: Planning, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 240
    while not (planning.project.folder / "pulumi.log").exists():
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


def test_a_plan_that_changed_meanwhile_is_refused(planning: Planning) -> None:
    planning.killed("before:done:machines:1")
    planning.document["workers"][0]["vm"] = {"cores": 4, "memory": 4096, "disk": 20}
    _, err = planning.run("bootstrap", "--yes", code=3)
    assert "with another plan: restore that plan, or run `cortex talos destroy " in err


def test_a_step_that_fails_says_what_exists_and_how_to_go_on(planning: Planning) -> None:
    failing = planning.project.folder / "bin" / "pulumi"
    right = failing.read_text()
    failing.write_text("#!/bin/sh\necho 'error: no stack'\nexit 7\n")
    _, err = planning.run("bootstrap", "--yes", code=3)
    assert "step 7 (deploy and verify the stack) failed: `pulumi stack select --create test" in err
    assert (
        "ended with 7: error: no stack\nnow there is: VMs cp-1 (100), cp-2 (101), cp-3 (102), worker-1 (103); " in err
    )
    assert (
        "configured nodes cp-1, cp-2, cp-3, worker-1; a bootstrapped etcd; the stored kubeconfig of stack test" in err
    )
    assert f"go on with `cortex talos bootstrap {planning.write()}`, or undo it with `cortex talos destroy " in err
    failing.write_text(right)
    _, err = planning.run("bootstrap", "--yes")
    assert err.count("done before") == 6
    planning.made_once()


@pytest.mark.parametrize("options", [["--dry-run"], []])
def test_nothing_is_made_without_a_confirmation(planning: Planning, options: list[str]) -> None:
    out, err = planning.run("bootstrap", *options, code=0 if options else 2)
    assert "cp-1      127.0.0.31  control-plane  02:" in out
    assert (
        options or err == "cortex: there is no terminal to ask on: give --yes to make it without asking, or --dry-run\n"
    )
    assert not planning.proxmox.vms
    assert not planning.state.exists()
