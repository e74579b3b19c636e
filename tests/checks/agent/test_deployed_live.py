"""The agent that stack `local` declares: its log is followed, its metrics are served, and another one takes over."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from local.waiting import wait_until
from tests.checks.agent.following import tell
from tests.conftest import CORTEX, Cluster

pytestmark = pytest.mark.live

SYSTEM = "cortex-system"


def holder(stack: Cluster) -> str:
    """Return the pod that leads."""
    return stack.run(
        *("kubectl", "--namespace", SYSTEM, "get", "lease", "cortex-agent", "-o", "jsonpath={.spec.holderIdentity}")
    ).stdout


def running(stack: Cluster, namespace: str, selector: str) -> list[str]:
    """Return the pods with these labels that are not being deleted."""
    listed = stack.run("kubectl", "--namespace", namespace, "get", "pods", "-l", selector, "--output", "json")
    found = json.loads(listed.stdout)["items"]
    return [pod["metadata"]["name"] for pod in found if "deletionTimestamp" not in pod["metadata"]]


def metrics(stack: Cluster, pod: str) -> str:
    return stack.run(
        "kubectl", "get", "--raw", f"/api/v1/namespaces/{SYSTEM}/pods/{pod}:9440/proxy/metrics", check=False
    ).stdout


def failing(stack: Cluster, pod: str) -> list[str]:
    """Return the metrics of the watches that an agent cannot follow."""
    return re.findall(r"^cortex_agent_watch_failing\{.*\} 1.0$", metrics(stack, pod), re.MULTILINE)


def why(stack: Cluster, pods: list[str]) -> str:
    """Return what each agent says about its problems."""
    logs = (stack.run("kubectl", "--namespace", SYSTEM, "logs", pod, check=False).stdout for pod in pods)
    return "\n".join([*(line for pod in pods for line in failing(stack, pod)), *logs])


@contextmanager
def followed(stack: Cluster, folder: Path) -> Iterator[list[str]]:
    """Follow the events of the stack, and give the lines as they come."""
    lines: list[str] = []
    command = [str(CORTEX), "events", "local", "--since", "30s", "--follow"]
    with (
        (folder / "errors").open("w") as errors,
        subprocess.Popen(
            command, cwd=stack.root, env=dict(stack.env), stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        assert process.stdout is not None
        output = process.stdout
        reading = Thread(target=lambda: lines.extend(iter(output.readline, "")))
        reading.start()
        try:
            yield lines
        finally:
            process.terminate()
            reading.join()


def test_a_deleted_pod_is_followed_as_it_happens(stack: Cluster, tmp_path: Path) -> None:
    pod = running(stack, "cortex-mcp", "mcp.cortex.dev/type=time")[0]
    with followed(stack, tmp_path) as lines:
        begin = time.monotonic()
        stack.run("kubectl", "--namespace", "cortex-mcp", "delete", "pod", pod)
        gone = re.compile(rf"\S+Z  Change    Pod cortex-mcp/{pod}  pod: .*terminating → deleted\n")
        assert wait_until(lambda: any(map(gone.fullmatch, lines)), 30), "".join(lines)
        taken = time.monotonic() - begin
        killing = re.compile(rf"\S+Z  Normal    Pod cortex-mcp/{pod}  Killing.*: Stopping container .*\n")
        assert wait_until(lambda: any(map(killing.fullmatch, lines)), 30), "".join(lines)
    tell(f"the deletion was shown {taken:.1f} s after kubectl was called")
    stack.run("kubectl", "--namespace", "cortex-mcp", "rollout", "status", "deployment/time-mcp-server")


def test_metrics_say_that_one_leads_and_both_follow(stack: Cluster) -> None:
    pods = running(stack, SYSTEM, "app=cortex-agent")
    assert wait_until(lambda: not any(failing(stack, pod) for pod in pods), 60), why(stack, pods)
    shown = {pod: metrics(stack, pod) for pod in pods}
    leading = [text for text in shown.values() if re.search(r"^cortex_agent_leading 1.0$", text, re.MULTILINE)]
    assert (len(leading), len(shown)) == (1, 2)
    for text in shown.values():
        assert "cortex_verify_exit_code" in text
        assert re.search(r'^cortex_agent_quota_used_ratio\{namespace="cortex-mcp",.*\} 0\.\d+$', text, re.MULTILINE)


def test_when_the_leader_is_killed_the_other_one_leads(stack: Cluster) -> None:
    first = holder(stack)
    begin = time.monotonic()
    stack.run("kubectl", "--namespace", SYSTEM, "delete", "pod", first, "--grace-period=0", "--force")
    assert wait_until(lambda: holder(stack) not in ("", first), 30)
    taken = time.monotonic() - begin
    assert wait_until(lambda: "cortex_agent_leading 1.0" in metrics(stack, holder(stack)), 10)
    tell(f"another agent led {taken:.1f} s after the pod of the first was killed")
    stack.run("kubectl", "--namespace", SYSTEM, "rollout", "status", "deployment/cortex-agent")
