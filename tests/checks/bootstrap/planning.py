"""A plan in a project, and the command that carries it out."""

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyrage
import yaml

from checks.kubeconfigs.document import Cluster, Kubeconfig, User
from tests.checks.bootstrap.blank_nodes import BlankCluster
from tests.checks.cli.project import checked
from tests.checks.in_process import Done

TOKEN = "cortex@pve!bootstrap"
SECRET = "very-secret-proxmox-token"


class Place(Protocol):
    """A project's folder, and the environment of commands in it."""

    folder: Path

    def environment(self) -> dict[str, str]: ...


@dataclass
class Planning:
    """A plan that tests change before they carry it out."""

    project: Place
    document: dict[str, Any]
    cluster: BlankCluster
    proxmox: Any

    @property
    def state(self) -> Path:
        return self.project.folder / "state" / "cortex" / "talos" / "prod"

    def environment(self) -> dict[str, str]:
        known, folder = self.project.environment(), self.project.folder
        return {
            **known,
            "PATH": f"{folder / 'bin'}:{known['PATH']}",
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CONFIG_HOME": str(folder),
        }

    @property
    def stored(self) -> Path:
        """Give the file of the stored kubeconfig."""
        return self.state.parents[1] / "kubeconfig" / f"{self.document['stack']}.yaml"

    def keep_kubeconfig(self, server: str) -> None:
        """Store, in the clear, a kubeconfig of another cluster for the stack."""
        self.stored.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.stored.unlink(missing_ok=True)
        self.stored.touch(mode=0o600)
        kubeconfig = Kubeconfig("test", Cluster(server=server), User(token="very-secret-token"))
        self.stored.write_text(kubeconfig.text())

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
            # A shell that starts the tests in the background has them, and so the command, ignore interrupts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
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


def planning_in(
    project: Place, endpoint: str, stack: str, proxmox: Any, authority: str, cluster: BlankCluster
) -> Planning:
    """Give the plan of a cluster in a project, with its keys."""
    folder = project.folder
    identity = pyrage.x25519.Identity.generate()
    (folder / "age.key").touch(mode=0o600)
    (folder / "age.key").write_text(f"{identity}\n")
    (folder / "token").write_text(f"{TOKEN}={SECRET}\n")
    vm = {"cores": 2, "memory": 4096, "disk": 20}
    nodes = [(one, {"name": one.name, "address": one.address, "vm": vm}) for one in cluster.nodes.values()]
    document = {
        "cluster": "prod",
        "endpoint": endpoint,
        "talos": {
            "version": "1.6.7",
            "installer": "registry.test/installer:v1.6.7",
            "kubernetes": "1.29.0",
            "port": cluster.port,
        },
        "controlPlanes": [planned for node, planned in nodes if node.control_plane],
        "workers": [planned for node, planned in nodes if not node.control_plane],
        "proxmox": {
            "url": f"https://127.0.0.1:{proxmox.port}",
            "node": "pve1",
            "storage": "local-lvm",
            "iso": "local:iso/talos.iso",
            "tokenFile": "token",
            "caFile": authority,
        },
        "keys": {"recipient": str(identity.to_public()), "identityFile": "age.key"},
        "stack": stack,
    }
    return Planning(project, document, cluster, proxmox)
