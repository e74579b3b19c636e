"""A plan in a project, and the command that carries it out."""

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.checks.bootstrap.blank_nodes import BlankCluster
from tests.checks.cli.project import Project, checked
from tests.checks.in_process import Done


@dataclass
class Planning:
    """A plan that tests change before they carry it out."""

    project: Project
    document: dict[str, Any]
    cluster: BlankCluster
    proxmox: Any
    identity: Any

    @property
    def state(self) -> Path:
        return self.project.folder / "state" / "cortex" / "talos" / "prod"

    def environment(self) -> dict[str, str]:
        path = f"{self.project.folder / 'bin'}:/usr/bin:/bin"
        return {**self.project.environment(), "PATH": path, "XDG_STATE_HOME": str(self.project.folder / "state")}

    def write(self) -> Path:
        file = self.project.folder / "plan.yaml"
        file.write_text(yaml.safe_dump(self.document, sort_keys=False))
        return file

    def begin(self, *arguments: str, kill: str = "") -> "subprocess.Popen[str]":
        """Begin a command on the plan, as a process; it dies at the entry `kill` of the journal."""
        verb, *options = arguments
        module = "tests.checks.bootstrap.killed" if kill else "tests.checks.patient"
        command = [sys.executable, "-W", "error", "-m", module, "talos", verb, str(self.write()), *options]
        return subprocess.Popen(
            command,
            cwd=self.project.folder,
            env={**self.environment(), "KILL": kill},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        """Run a command on the plan, and give what it wrote."""
        process = self.begin(*arguments)
        out, err = process.communicate(timeout=240)
        return checked(Done(process.returncode, out, err), code)

    def killed(self, kill: str) -> None:
        """Let a run die at an entry of the journal."""
        process = self.begin("bootstrap", "--yes", kill=kill)
        out, err = process.communicate(timeout=240)
        assert process.returncode == -signal.SIGKILL, out + err

    def journal(self) -> list[dict[str, Any]]:
        file = self.state / "journal.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def done(self) -> list[str]:
        """Give the steps that the journal says are done."""
        return [entry["step"] for entry in self.journal() if entry["event"] == "done"]

    def made_once(self) -> None:
        """Check that everything was made, and nothing twice."""
        assert sorted(vm.name for vm in self.proxmox.vms) == ["cp-1", "cp-2", "cp-3", "worker-1"]
        assert all(vm.status == "running" for vm in self.proxmox.vms)
        nodes = self.cluster.blank()
        assert [node.applications for node in nodes] == [1, 1, 1, 1]
        assert [node.bootstraps for node in nodes] == [1, 0, 0, 0]
