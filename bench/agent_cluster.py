"""A pod's change until the agent's consumer has it, against `kubectl get --watch`; and what an idle agent uses.

It runs on a cluster of KWOK's: `cortex local up --name bench-agent --node kwok`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Thread

import anyio
import yaml

from bench.agent_process import agent
from checks.kube import models as k8s
from checks.kube.connection import Connection, from_kubeconfig
from checks.kube.resources import PODS
from checks.kube.watch.connector import Connector
from checks.kube.watch.reflector import Change, Reflector
from checks.kube.watch.stream import Scope
from local.waiting import wait_until

CLUSTER = "bench-agent"
CHANGES, PAUSE_SECONDS = 400, 0.03
LATENCY_GOAL_MS, CPU_GOAL = 100, 0.02
NAMESPACES = 3
_SPACE = "team-0"
_PODS = "/api/v1/namespaces/team-0/pods"
_CORTEX = str(Path(sys.executable).parent / "cortex")
_PATCH = {"Content-Type": "application/merge-patch+json"}
_POD = {"metadata": {"name": "pod"}, "spec": {"nodeName": "nowhere", "containers": [{"name": "c", "image": "none"}]}}


def main() -> None:
    """Print how far behind kubectl the consumer is, and the share of a core."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long to look at the idle agent")
    seconds = parser.parse_args().seconds
    subprocess.run([_CORTEX, "local", "up", "--name", CLUSTER, "--node", "kwok"], check=True)
    try:
        shown = subprocess.run(
            [_CORTEX, "local", "env", "--name", CLUSTER, "--format", "json"], check=True, capture_output=True
        )
        env = os.environ | json.loads(shown.stdout)
        kubeconfig = Path(env["KUBECONFIG"])
        connection = from_kubeconfig(yaml.safe_load(kubeconfig.read_text())["current-context"], kubeconfig)
        anyio.run(_prepare, connection)
        _latency(connection, env)
        with tempfile.TemporaryDirectory() as folder:
            _idle(Path(folder), kubeconfig, seconds)
    finally:
        subprocess.run([_CORTEX, "local", "down", "--name", CLUSTER, "--delete"], check=False)


class _Kubectl:
    """`kubectl get pods --watch`: when it showed each version of a pod."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.shown: dict[str, float] = {}
        version = r'jsonpath={.metadata.resourceVersion}{"\n"}'
        command = ["kubectl", "--namespace", _SPACE, "get", "pods", "--watch", "--output", version]
        self._process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True, bufsize=1)
        self._thread = Thread(target=self._read)
        self._thread.start()

    def end(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()
        self._thread.join()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self.shown[line.strip()] = time.perf_counter()


def _latency(connection: Connection, env: Mapping[str, str]) -> None:
    kubectl = _Kubectl(env)
    try:
        assert wait_until(lambda: kubectl.shown, 30), "kubectl shows no pod"
        changed, consumed = anyio.run(_follow, connection)
        assert wait_until(lambda: kubectl.shown.keys() >= changed.keys(), 10), "kubectl does not show all changes"
    finally:
        kubectl.end()
    assert consumed.keys() >= changed.keys(), "changes are missing"
    ours = [(consumed[version] - sent) * 1000 for version, sent in changed.items()]
    theirs = [(kubectl.shown[version] - sent) * 1000 for version, sent in changed.items()]
    behind = [mine - official for mine, official in zip(ours, theirs, strict=True)]
    print(
        f"{len(changed)} changes of a pod, from the request: consumed after {_shown(ours)} / kubectl get --watch "
        f"{_shown(theirs)}; behind it {_shown(behind)} (goal for p95 {LATENCY_GOAL_MS}); load of the machine "
        f"{os.getloadavg()[0]:.1f}",
        flush=True,
    )


def _shown(milliseconds: list[float]) -> str:
    """Return the median and the 95th percentile."""
    return f"p50 {statistics.median(milliseconds):.1f}, p95 {statistics.quantiles(milliseconds, n=20)[-1]:.1f} ms"


async def _follow(connection: Connection) -> tuple[dict[str, float], dict[str, float]]:
    """Return when each version was requested, and when it was consumed."""
    consumed: dict[str, float] = {}
    changed: dict[str, float] = {}

    def consume(change: Change[k8s.Pod]) -> None:
        consumed[change.object.metadata.resource_version] = time.perf_counter()

    reflector = Reflector(PODS, Scope(_SPACE), Connector(connection, lambda: connection), consume)
    async with connection.client() as client, anyio.create_task_group() as group:
        group.start_soon(reflector.run)
        while not reflector.stats.synced:
            await anyio.sleep(0.05)
        for number in range(CHANGES):
            body = json.dumps({"metadata": {"annotations": {"bench": str(number)}}})
            sent = time.perf_counter()
            answer = await client.patch(f"{_PODS}/pod", content=body, headers=_PATCH)
            changed[answer.raise_for_status().json()["metadata"]["resourceVersion"]] = sent
            await anyio.sleep(PAUSE_SECONDS)
        await anyio.sleep(1)
        group.cancel_scope.cancel()
    return changed, consumed


async def _prepare(connection: Connection) -> None:
    """Make the namespaces and the pod."""
    async with connection.client() as client:
        for name in ("cortex-system", *(f"team-{number}" for number in range(NAMESPACES))):
            made = await client.post("/api/v1/namespaces", json={"metadata": {"name": name}})
            made.raise_for_status()
        with anyio.fail_after(60):
            # A pod needs the ServiceAccount of its namespace, which a controller makes.
            while (await client.post(_PODS, json=_POD)).status_code != 201:
                await anyio.sleep(0.2)


def _idle(folder: Path, kubeconfig: Path, seconds: int) -> None:
    with agent(folder, kubeconfig, NAMESPACES) as run:
        used, started = run.cpu_seconds, time.monotonic()
        time.sleep(seconds)
        share = (run.cpu_seconds - used) / (time.monotonic() - started)
        print(
            f"idle cortex agent of {NAMESPACES + 1} namespaces for {seconds} s: {share * 100:.1f} % of a core (goal "
            f"{CPU_GOAL * 100:.0f} %), {run.memory} MB; load of the machine {os.getloadavg()[0]:.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
