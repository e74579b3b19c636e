"""The command `cortex agent` on a cluster, as a process, and what it wrote and serves."""

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from checks.event_log import files
from checks.event_log.entry import Entry
from local.waiting import wait_until
from tests.conftest import CORTEX, Cluster

SPACE = "cortex-mcp"
STACK = """
config:
  cortex:cluster: {context: cortex-local, environment: test}
  cortex:namespaces:
    cortex-system: {component: system, description: The system}
    cortex-mcp: {component: mcp, description: The servers}
"""


def tell(figure: str) -> None:
    """Show a figure of the test, with `pytest -s`."""
    sys.stdout.write(f"\n{figure}\n")


class Agent:
    """A running agent."""

    def __init__(self, cluster: Cluster, folder: Path, kubeconfig: Path | None, *options: str) -> None:
        (folder / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
        (folder / "Pulumi.agent.yaml").write_text(STACK)
        self.log = folder / "log"
        self._said = folder / f"said-{len(list(folder.glob('said-*')))}"
        command = [str(CORTEX), "agent", "agent", "--log", str(self.log), "--listen", "127.0.0.1:0", *options]
        env = dict(cluster.env) | ({"KUBECONFIG": str(kubeconfig)} if kubeconfig else {})
        with self._said.open("w") as said:
            self.process = subprocess.Popen(command, cwd=folder, env=env, stderr=said)

    @property
    def said(self) -> str:
        """Return its messages."""
        return self._said.read_text()

    @property
    def url(self) -> str:
        """Return where it serves; empty while it does not."""
        match = re.search(r"at (127\.0\.0\.1:\d+)", self.said)
        return f"http://{match[1]}" if match else ""

    def get(self, path: str) -> str:
        """Return what it serves; empty while it serves nothing, or answers with an error."""
        if not self.url:
            return ""
        try:
            with urlopen(self.url + path, timeout=10) as answer:
                return str(answer.read().decode())
        except URLError:
            return ""

    def metric(self, name: str, **labels: str) -> float:
        """Return the sum of a metric's samples with these labels."""
        wanted = {f'{label}="{value}"' for label, value in labels.items()}
        found = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", self.get("/metrics"), re.MULTILINE)
        return sum(float(value) for shown, value in found if wanted <= set(shown.split(",")))

    @property
    def resident(self) -> int:
        """Return its resident memory in KiB."""
        return int(re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text())[0])

    def entries(self) -> list[Entry]:
        """Return what it logged."""
        return [entry for _, path in files.days(self.log) for entry in files.entries(path) if entry]

    def counted(self, reason: str) -> Counter[str]:
        """Return how often events of a reason were logged, by the object's name."""
        found: Counter[str] = Counter()
        for entry in self.entries():
            if entry.event and entry.event.event_reason == reason:
                found[entry.event.involved_object.name] += entry.event.count
        return found

    def is_ready(self) -> bool:
        """Return whether it knows the whole cluster."""
        return self.get("/readyz") == "ok\n"


@contextmanager
def following(cluster: Cluster, folder: Path, *options: str, kubeconfig: Path | None = None) -> Iterator[Agent]:
    """Run an agent until the end of the block; SIGTERM must end it within 5 seconds, without an error."""
    agent = Agent(cluster, folder, kubeconfig, *options)
    try:
        assert wait_until(agent.is_ready, 30), agent.said
        yield agent
    finally:
        if agent.process.poll() is None:
            agent.process.send_signal(signal.SIGTERM)
            try:
                assert agent.process.wait(5) == 0, agent.said
            except subprocess.TimeoutExpired:
                agent.process.kill()
                raise
        assert "Traceback" not in agent.said


def event(name: str, count: int = 1, reason: str = "Tested") -> dict[str, object]:
    """Give an event about a pod of this name."""
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": "tested-", "namespace": "cortex-mcp"},
        "involvedObject": {"kind": "Pod", "name": name, "namespace": "cortex-mcp"},
        "reason": reason,
        "message": f"{name} was tested",
        "type": "Normal",
        "count": count,
        "firstTimestamp": "2026-01-01T00:00:00Z",
        "lastTimestamp": "2026-01-01T00:00:00Z",
    }


def items(cluster: Cluster, kind: str) -> list[dict[str, object]]:
    """Return the objects of a kind in cortex-mcp, as kubectl lists them."""
    listed = cluster.run("kubectl", "--namespace", "cortex-mcp", "get", kind, "--output", "json")
    found: list[dict[str, object]] = json.loads(listed.stdout)["items"]
    return found


def end(agent: Agent) -> None:
    """Kill an agent."""
    os.kill(agent.process.pid, signal.SIGKILL)
    agent.process.wait()
