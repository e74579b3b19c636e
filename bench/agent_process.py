"""The command `cortex agent` as a process, with what it used of processor and memory."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import yaml

from local.waiting import wait_until

STACK = "bench"
_CORTEX = str(Path(sys.executable).parent / "cortex")
_START_SECONDS = 120


class AgentProcess:
    """A running agent."""

    def __init__(self, folder: Path, kubeconfig: Path) -> None:
        self._said = folder / "said"
        command = [_CORTEX, "agent", STACK, "--log", str(folder / "log"), "--listen", "127.0.0.1:0"]
        command += ["--registry", str(folder / "registry.json")]
        env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        with self._said.open("w") as said:
            self.process = subprocess.Popen(command, cwd=folder, env=env | {"KUBECONFIG": str(kubeconfig)}, stderr=said)

    @property
    def cpu_seconds(self) -> float:
        """Return the time of a core that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> int:
        """Return its resident memory in MB."""
        return self._status("VmRSS")

    @property
    def peak(self) -> int:
        """Return the most resident memory that it had, in MB."""
        return self._status("VmHWM")

    def is_ready(self) -> bool:
        """Return whether it knows the whole cluster."""
        return self._get("/readyz") == "ok\n"

    def metric(self, name: str) -> float:
        """Return the sum of a metric's samples."""
        return sum(map(float, re.findall(rf"^{name}(?:{{.*}})? (\S+)$", self._get("/metrics"), re.MULTILINE)))

    def said(self) -> str:
        """Return its messages."""
        return self._said.read_text()

    def _status(self, name: str) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(rf"{name}:\s+(\d+)", status)[0]) * 1024 // 1_000_000

    def _get(self, path: str) -> str:
        match = re.search(r"at (127\.0\.0\.1:\d+)", self.said())
        if match is None:
            return ""
        try:
            with urlopen(f"http://{match[1]}{path}", timeout=10) as answer:
                return str(answer.read().decode())
        except URLError:
            return ""


@contextmanager
def agent(folder: Path, kubeconfig: Path, namespaces: int) -> Iterator[AgentProcess]:
    """Run an agent of a stack with so many namespaces, `team-0` and on, until the end of the block."""
    context = yaml.safe_load(kubeconfig.read_text())["current-context"]
    space = {"component": "bench", "description": "Pods that nobody runs"}
    settings = {
        "cortex:cluster": {"context": context, "environment": "bench"},
        "cortex:namespaces": {"cortex-system": space} | {f"team-{number}": space for number in range(namespaces)},
    }
    (folder / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
    (folder / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump({"config": settings}))
    run = AgentProcess(folder, kubeconfig)
    try:
        assert wait_until(run.is_ready, _START_SECONDS), run.said()
        # What the start needed is over.
        time.sleep(2)
        yield run
    finally:
        run.process.terminate()
        try:
            run.process.wait(10)
        except subprocess.TimeoutExpired:
            run.process.kill()
            run.process.wait()
