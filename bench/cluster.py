"""`cortex verify` of 50 namespaces with 5,000 pods, against kubectl listing the pods, and against popeye.

It runs on a cluster of KWOK's nodes: `cortex local up --name bench-kwok --node kwok`. What KWOK cannot show (DNS, MCP
endpoints, metrics) is not declared, or is a finding: the objects are all compared.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import yaml

from bench.pods import pod
from bench.ratio import interleaved, seconds
from checks.kube.connection import Connection, from_kubeconfig
from local.folders import cache
from local.progress import Progress
from local.tool_finder import ToolFinder
from local.toolchain import TEST_TOOLS
from stacks.loader import load
from stacks.manifests.build import build

CLUSTER, STACK = "bench-kwok", "bench"
NAMESPACES, NODES, PODS = 50, 50, 5000
KUBECTL_GOAL, POPEYE_GOAL, MEMORY_GOAL = 0.35, 10, 200
GROWTH = (500, 20_000)
_WRITERS = 16
_CORTEX = str(Path(sys.executable).parent / "cortex")
# The peak is that of the largest process that it waited for, in KiB.
_MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


class Cluster:
    """The cluster, and a project with a stack that declares its namespaces."""

    def __init__(self, folder: Path) -> None:
        shown = subprocess.run(
            [_CORTEX, "local", "env", "--name", CLUSTER, "--format", "json"], check=True, capture_output=True
        )
        # Without the cache of compiled modules each start would compile the packages again.
        inherited = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        self.env = inherited | json.loads(shown.stdout)
        self.folder, self.pods = folder, 0
        context = yaml.safe_load(Path(self.env["KUBECONFIG"]).read_text())["current-context"]
        (folder / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
        (folder / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump({"config": _settings(context)}))
        self.connection = from_kubeconfig(context, Path(self.env["KUBECONFIG"]))

    def fill(self, pods: int) -> None:
        """Bring what the stack declares, and so many pods altogether; wait until they run."""
        objects = [obj.document() for obj in build(load(STACK, self.folder))] if not self.pods else []
        order = ["Namespace", "ServiceAccount"]
        objects.sort(key=lambda obj: order.index(str(obj["kind"])) if obj["kind"] in order else len(order))
        early = [*(obj for obj in objects if obj["kind"] == "Namespace"), *map(_node, range(NODES if objects else 0))]
        anyio.run(_write, self.connection, early)
        self._wait("serviceaccounts", "metadata.name=default", lambda count: count >= NAMESPACES)
        anyio.run(_write, self.connection, [obj for obj in objects if obj["kind"] != "Namespace"])
        anyio.run(_write, self.connection, [_admissible(number) for number in range(self.pods, pods)])
        self.pods = pods
        self._wait("pods", "status.phase!=Running", lambda count: count == 0)

    def verify(self) -> int:
        """Verify, and give the peak memory in MB."""
        command = [sys.executable, "-c", _MEASURED, _CORTEX, "verify", STACK, "--format", "json"]
        done = subprocess.run(command, cwd=self.folder, env=self.env, check=True, capture_output=True, text=True)
        code, peak = map(int, done.stdout.split())
        # Findings, for KWOK runs no DNS; but not that nothing could be read.
        assert code == 1, f"cortex verify ended with {code}: {done.stderr}"
        return peak

    def run(self, *command: str) -> None:
        """Run a program of the cluster, whatever it prints."""
        subprocess.run(command, env=self.env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _wait(self, plural: str, fields: str, enough: Callable[[int], bool]) -> None:
        end = time.monotonic() + 1200
        while not enough(count := anyio.run(_count, self.connection, plural, fields)):
            if time.monotonic() > end:
                raise TimeoutError(f"there are {count} {plural} with {fields} after 20 minutes")
            time.sleep(1)


def main() -> None:
    """Print the ratios, the peak memory and the growth; with --pods, of so many pods alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, help="measure this many pods, and no growth")
    pods = parser.parse_args().pods
    subprocess.run([_CORTEX, "local", "up", "--name", CLUSTER, "--node", "kwok"], check=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            cluster = Cluster(Path(folder))
            if pods:
                cluster.fill(pods)
                _compare(cluster)
            else:
                _all(cluster)
    finally:
        subprocess.run([_CORTEX, "local", "down", "--name", CLUSTER, "--delete"], check=False)


def _all(cluster: Cluster) -> None:
    small, large = GROWTH
    cluster.fill(small)
    few = _median(cluster)
    cluster.fill(PODS)
    middle = _compare(cluster)
    cluster.fill(large)
    many = _median(cluster)
    slopes = (middle - few) / (PODS - small), (many - middle) / (large - PODS)
    _say(
        f"cortex verify of {small:,} / {PODS:,} / {large:,} pods: {few:.2f} / {middle:.2f} / {many:.2f} s; each 1,000 "
        f"pods more cost {slopes[0] * 1000:.2f} s, then {slopes[1] * 1000:.2f} s (goal: no more)"
    )


def _compare(cluster: Cluster) -> float:
    peak = cluster.verify()
    listing = partial(cluster.run, "kubectl", "get", "pods", "--all-namespaces", "--output", "json")
    mine, kubectl = interleaved(cluster.verify, listing)
    what = f"cortex verify of {cluster.pods:,} pods in {NAMESPACES} namespaces"
    ratio = f"{mine / kubectl:.2f} (goal {KUBECTL_GOAL})"
    _say(f"{what}: {mine:.2f} s / kubectl get pods -A -o json {kubectl:.2f} s = {ratio}")
    _say(f"its peak memory: {peak} MB (goal {MEMORY_GOAL})")
    popeye = ToolFinder(cache(), Progress()).ensure(TEST_TOOLS)["popeye"]
    looking = partial(cluster.run, str(popeye), "--all-namespaces", "--logs", "none", "--force-exit-zero")
    theirs = seconds(looking)
    _say(f"{what}: {mine:.2f} s / popeye {theirs:.2f} s: {theirs / mine:.0f} times faster (goal {POPEYE_GOAL})")
    return mine


def _median(cluster: Cluster) -> float:
    return sorted(seconds(cluster.verify) for _ in range(3))[1]


def _say(line: str) -> None:
    """Print a line at once: the next may take minutes."""
    print(line, flush=True)


def _settings(context: str) -> dict[str, Any]:
    quota = {"pods": "100000"} | dict.fromkeys(("requests.cpu", "limits.cpu"), "100k")
    quota |= dict.fromkeys(("requests.memory", "limits.memory"), "100Ti")
    team = {"component": "bench", "description": "Pods that nobody runs", "quota": quota}
    spaces = {"cortex-system": team} | {f"team-{number}": team for number in range(NAMESPACES)}
    return {"cortex:cluster": {"context": context, "environment": "bench"}, "cortex:namespaces": spaces}


def _node(number: int) -> Mapping[str, object]:
    size = {"cpu": "64", "memory": "256Gi", "pods": "1000"}
    meta = {"name": f"node-{number}", "labels": {"type": "kwok"}, "annotations": {"kwok.x-k8s.io/node": "fake"}}
    return {"apiVersion": "v1", "kind": "Node", "metadata": meta, "status": {"allocatable": size, "capacity": size}}


def _admissible(number: int) -> Mapping[str, object]:
    """Give a pod without what only an API server may set."""
    made = pod(number)
    kept = {key: made["metadata"][key] for key in ("name", "namespace", "labels", "annotations")}
    return {**made, "metadata": kept}


async def _write(connection: Connection, objects: Iterable[Mapping[str, Any]]) -> None:
    """Make the objects; one that is there already may stay."""
    limiter = anyio.CapacityLimiter(_WRITERS)

    async def create(obj: Mapping[str, Any]) -> None:
        async with limiter:
            answer = await client.post(_path(obj), json=obj)
            if answer.status_code not in (201, 409):
                raise RuntimeError(f"{obj['kind']} {obj['metadata']['name']}: {answer.text}")

    async with connection.client() as client, anyio.create_task_group() as group:
        for obj in objects:
            group.start_soon(create, obj)


def _path(obj: Mapping[str, Any]) -> str:
    version, namespace = obj["apiVersion"], obj["metadata"].get("namespace")
    prefix = f"/apis/{version}" if "/" in version else f"/api/{version}"
    plural = {"NetworkPolicy": "networkpolicies"}.get(obj["kind"], f"{obj['kind'].lower()}s")
    return f"{prefix}/namespaces/{namespace}/{plural}" if namespace else f"{prefix}/{plural}"


async def _count(connection: Connection, plural: str, fields: str) -> int:
    """Count objects, a hundred at most."""
    async with connection.client() as client:
        answer = (await client.get(f"/api/v1/{plural}", params={"fieldSelector": fields, "limit": "100"})).json()
    return len(answer["items"])


if __name__ == "__main__":
    main()
