"""Two programs on a live API server: when the leader is killed, the other takes over."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from tests.conftest import ROOT, Cluster

pytestmark = pytest.mark.live

TAKEOVER_SECONDS = 20.0
"""What docs/declaration.md promises after a kill."""
PATIENCE_SECONDS = 60.0


class Candidate:
    """A running candidate, and when it began to lead."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.name = name
        context = cluster.run("kubectl", "config", "current-context").stdout.strip()
        command = [sys.executable, "-m", "tests.checks.agent.candidate", str(cluster.kubeconfig), context, name]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.led = Event()
        self.since = 0.0
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for _ in lines:
                self.since = time.monotonic()
                self.led.set()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()


@contextmanager
def two(cluster: Cluster) -> Iterator[tuple[Candidate, Candidate]]:
    """Start two, one after the other, so that the first leads and the second follows."""
    found: list[Candidate] = []
    try:
        found.append(Candidate(cluster, "first"))
        assert found[0].led.wait(PATIENCE_SECONDS)
        found.append(Candidate(cluster, "second"))
        yield found[0], found[1]
    finally:
        for each in found:
            each.stop()
        cluster.run("kubectl", "delete", "lease", "cortex-agent", "--namespace", "cortex-system")


def spec(cluster: Cluster) -> dict[str, object]:
    shown = cluster.run("kubectl", "get", "lease", "cortex-agent", "--namespace", "cortex-system", "--output", "json")
    found: dict[str, object] = json.loads(shown.stdout)["spec"]
    return found


def show(capsys: pytest.CaptureFixture[str], figure: str) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{figure}\n")


def test_the_other_leads_within_20_seconds_of_a_kill(kwok: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    with two(kwok) as (first, second):
        # A follower that has not started yet would see the Lease later.
        assert not second.led.wait(10)
        first.process.kill()
        killed = time.monotonic()
        assert second.led.wait(PATIENCE_SECONDS)
        seconds = second.since - killed
        show(capsys, f"the other led {seconds:.1f} s after SIGKILL of the leader")
        assert seconds < TAKEOVER_SECONDS
        assert (spec(kwok)["holderIdentity"], spec(kwok)["leaseTransitions"]) == ("second", 1)


def test_a_leader_that_is_told_to_end_hands_over(kwok: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    with two(kwok) as (first, second):
        assert not second.led.wait(10)
        first.process.terminate()
        ended = time.monotonic()
        assert first.process.wait(PATIENCE_SECONDS) == 0
        assert second.led.wait(PATIENCE_SECONDS)
        seconds = second.since - ended
        show(capsys, f"the other led {seconds:.1f} s after SIGTERM of the leader")
        # Less than the Lease lasts, which is what a kill takes.
        assert seconds < 10
