"""A verification of the deployed stack `local`, as a process, against kubectl: reading the same, and one finished Job.

`cortex verify --read-only` is measured against `kubectl get` of the kinds that it lists, and a whole verification
against a Job of the verifier's image that does nothing and is waited for: no probe pod can report sooner.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from bench.ratio import interleaved
from checks.cli.options import target
from checks.kube.resources import CLUSTER_WIDE, NAMESPACED
from checks.network.callers import Caller
from checks.network.probe_job import job

_RUNS = 3
_READ_ONLY_GOAL, _WHOLE_GOAL = 2.0, 1.5
_STACK = "local"
_NAME = f"bench-{os.getpid()}"


def _cortex(*options: str) -> None:
    cortex = str(Path(sys.executable).parent / "cortex")
    subprocess.run([cortex, "verify", _STACK, *options], check=True, capture_output=True)


def _kubectl(*arguments: str, text: str = "") -> None:
    subprocess.run(["kubectl", *arguments], check=True, capture_output=True, input=text, text=True)


def _get() -> None:
    kinds = [kind.resource() for kind in (CLUSTER_WIDE | NAMESPACED).values()]
    also = ["pods", "nodes", "events", "roles", "clusterroles", "rolebindings", "clusterrolebindings"]
    _kubectl("get", ",".join(dict.fromkeys([*kinds, *also])), "--all-namespaces", "--output", "json")


def _empty_job() -> None:
    declaration = target(_STACK, None, None).declaration
    if declaration.verifier is None:
        raise SystemExit(f"the bench needs the stack {_STACK} with cortex:verifier, whose image its Job runs")
    caller = Caller(next(iter(declaration.namespaces)))
    document: dict[str, object] = json.loads(json.dumps(job(_NAME, caller, declaration, declaration.verifier.image)))
    (container,) = document["spec"]["template"]["spec"]["containers"]  # type: ignore[index]
    container["command"] = ["python3", "-I", "-S", "-c", "pass"]
    try:
        _kubectl("create", "--filename", "-", text=json.dumps(document))
        _kubectl("wait", "--namespace", caller.namespace, f"job/{_NAME}", "--for=condition=Complete", "--timeout=60s")
    finally:
        _kubectl("delete", "--namespace", caller.namespace, "--ignore-not-found", "--wait=false", f"job/{_NAME}")


def main() -> None:
    """Print each ratio with its goal; needs the environment of a cluster with the stack `local` on it."""
    for what, mine, floor, goal in (
        ("verify --read-only", lambda: _cortex("--read-only"), _get, _READ_ONLY_GOAL),
        ("verify", _cortex, _empty_job, _WHOLE_GOAL),
    ):
        seconds, least = interleaved(mine, floor, _RUNS)
        against = "kubectl get" if floor is _get else "a Job that does nothing"
        print(f"{what} {seconds:.2f} s / {against} {least:.2f} s = {seconds / least:.2f} (goal {goal:.2f})", flush=True)


if __name__ == "__main__":
    if "KUBECONFIG" not in os.environ:
        raise SystemExit('this bench needs the stack `local` on a cluster: eval "$(cortex local env)" first')
    main()
