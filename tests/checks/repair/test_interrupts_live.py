"""`cortex repair` that is interrupted between its writes, or whose API server goes away: a second run finishes."""

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from checks.kube.connection import from_kubeconfig
from tests.checks.repair.api_proxy import ApiProxy, serve
from tests.checks.repair.test_repair_live import Hand
from tests.conftest import CORTEX, Cluster

pytestmark = pytest.mark.live

CONTEXT = "cortex-local"
ROWS = ("--only", "config,network,servers")


@pytest.fixture
def proxy(stack: Cluster, tmp_path: Path) -> Iterator[ApiProxy]:
    with serve(from_kubeconfig(CONTEXT, stack.kubeconfig), tmp_path) as proxy:
        yield proxy


@pytest.fixture
def drift(stack: Cluster) -> None:
    """Three objects with something undeclared; a repair writes them in this order."""
    hand = Hand(stack)
    hand.patch("configmap", "time-mcp-config", {"data": {"more": "seen", "other": "seen"}})
    hand.patch("networkpolicy", "allow-dns", {"spec": {"ingress": [{}]}})
    hand.patch("service", "time-mcp-server", {"spec": {"publishNotReadyAddresses": True}})


def undeclared(stack: Cluster) -> list[bool]:
    """Return which of the objects still have what a repair removes."""
    hand = Hand(stack)
    data = hand.get("configmap", "time-mcp-config")["data"]
    assert ("more" in data) == ("other" in data), "half of an object is written"
    policy = hand.get("networkpolicy", "allow-dns")["spec"]
    service = hand.get("service", "time-mcp-server")["spec"]
    return ["more" in data, bool(policy.get("ingress")), bool(service.get("publishNotReadyAddresses"))]


def finish(stack: Cluster) -> None:
    """Repair what is left, past the proxy."""
    stack.run("cortex", "repair", "local", "--yes", *ROWS)
    assert undeclared(stack) == [False, False, False]


def repair(stack: Cluster, proxy: ApiProxy, meanwhile: Callable[[subprocess.Popen[str]], object]) -> tuple[int, str]:
    """Repair through the proxy, and return the exit code and what it said on standard error; its plan is JSON."""
    process = subprocess.Popen(
        (str(CORTEX), "repair", "local", "--yes", *ROWS, "--kubeconfig", str(proxy.kubeconfig), "--format", "json"),
        cwd=stack.root,
        env=dict(stack.env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever started the tests may ignore interrupts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    meanwhile(process)
    out, err = process.communicate(timeout=120)
    outcomes = [(action["object"]["kind"], action["outcome"]) for action in json.loads(out)["actions"]]
    assert outcomes == [
        ("ConfigMap", "done"),
        ("ConfigMap", "done"),
        ("NetworkPolicy", "unknown"),
        ("Service", "not-done"),
    ]
    return process.returncode, err


@pytest.mark.usefixtures("drift")
def test_an_api_server_that_goes_away_leaves_no_object_half_written(stack: Cluster, proxy: ApiProxy) -> None:
    def go_away(number: int) -> bool:
        proxy.answers = number != 2
        return True

    proxy.on_write = go_away
    assert repair(stack, proxy, lambda process: None) == (3, "")
    assert undeclared(stack) == [False, False, True]
    finish(stack)


@pytest.mark.usefixtures("drift")
def test_an_interrupt_between_two_writes_is_told_and_a_second_run_finishes(stack: Cluster, proxy: ApiProxy) -> None:
    reached, over = Event(), Event()

    def hold(number: int) -> bool:
        if number == 2:
            reached.set()
            over.wait(60)
        return number != 2

    def interrupt(process: subprocess.Popen[str]) -> None:
        assert reached.wait(60)
        process.send_signal(signal.SIGINT)

    proxy.on_write = hold
    try:
        said = repair(stack, proxy, interrupt)
    finally:
        over.set()
    assert said == (130, "cortex: interrupted: run cortex repair again to finish\n")
    assert undeclared(stack) == [False, True, True]
    finish(stack)
