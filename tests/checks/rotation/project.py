"""A project of which a workload with two pods reads a Secret of others, for rotations on a cluster without a node."""

import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stacks.model import names
from tests import preloaded
from tests.conftest import Cluster
from tests.preloaded import Preloaded

SPACE = "rotation"
OLD = "very-secret-old"
STACK = f"""
config:
  cortex:cluster: {{context: cortex-local, environment: test}}
  cortex:namespaces:
    cortex-system: {{component: system, description: The system}}
    {SPACE}: {{component: mcp, description: The readers}}
  cortex:secrets:
    creds: {{namespace: {SPACE}, existing: [token], rotation: {{every: 1h}}}}
  cortex:rotator: {{image: "registry.test/cortex:1"}}
  cortex:workloads:
    cache:
      image: registry.test/cache:1
      namespace: {SPACE}
      replicas: 2
      secrets: [{{name: creds, env: {{TOKEN: token}}}}]
"""
KILL = "sh -c 'kill -9 $PPID'"
"""A command that kills the command that runs it."""
PATIENCE_SECONDS = 120.0


@dataclass
class Live:
    """The project, on a cluster, for a user whose state is in a folder of its own."""

    cluster: Cluster
    folder: Path
    state: Path
    said: list[str] = field(default_factory=list)

    def begin(self, *arguments: str, given: str | None = None) -> subprocess.Popen[str]:
        """Start `cortex secrets`; `given` is its standard input."""
        process = Preloaded(
            preloaded.cortex("secrets", arguments[0], "live", *arguments[1:]),
            cwd=self.folder,
            env={**self.cluster.env, "XDG_STATE_HOME": str(self.state)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdin
        if given is not None:
            process.stdin.write(given)
        process.stdin.close()
        process.stdin = None
        return process

    def end(self, process: subprocess.Popen[str], code: int) -> str:
        """Wait for a command; return what it said, which never has a value."""
        said, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == code, said
        assert "very-secret" not in said
        assert "Traceback" not in said
        return said

    def cortex(self, *arguments: str, code: int = 0, given: str | None = None) -> str:
        """Run `cortex secrets`."""
        return self.end(self.begin(*arguments, given=given), code)

    def kubectl(self, *arguments: str, given: str | None = None) -> str:
        """Run kubectl in the namespace of the readers."""
        return self.cluster.run("kubectl", "--namespace", SPACE, *arguments, given=given).stdout

    def live(self, *target: str) -> Any:
        """Return objects of the cluster."""
        return json.loads(self.kubectl("get", *target, "--output", "json"))

    def token(self) -> str:
        """Return the value on the cluster, decoded."""
        shown = self.kubectl("get", "secret", "creds", "--output", "go-template={{index .data.token | base64decode}}")
        return shown.strip()

    def secrets(self) -> set[str]:
        """Return the names of the Secrets in the namespace."""
        return {one["metadata"]["name"] for one in self.live("secrets")["items"]}

    def reasons(self) -> list[str]:
        """Return the reasons of the events about the Secret."""
        events = self.live("events", "--field-selector", "involvedObject.kind=Secret")["items"]
        return sorted(one["reason"] for one in events)

    def entries(self, action: str = "rotate") -> list[dict[str, Any]]:
        """Return the entries of the log."""
        file = self.state / "cortex" / "rotation" / "live" / "log.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        assert "very-secret" not in "".join(lines)
        return [one for one in map(json.loads, lines) if one["action"] == action]

    def journal(self) -> dict[str, Any] | None:
        """Return the journal of a rotation that has not ended."""
        file = self.state / "cortex" / "rotation" / "live" / "rotation.json"
        if not file.exists():
            return None
        found: dict[str, Any] = json.loads(file.read_text())
        return found

    def wait_for_stage(self, stage: str) -> None:
        """Wait until a rotation is at a stage."""
        end = time.monotonic() + PATIENCE_SECONDS
        while (self.journal() or {}).get("stage") != stage:
            assert time.monotonic() < end, f"the stage {stage} was not reached: {self.journal()}"
            time.sleep(0.05)


def deploy(cluster: Cluster, folder: Path) -> None:
    """Write the project, and make its reader and the Secret of others."""
    (folder / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
    (folder / "Pulumi.live.yaml").write_text(STACK)
    rendered = preloaded.run(preloaded.cortex("config", "render", "live", "--format", "json"), folder, cluster.env)
    assert rendered.returncode == 0, rendered.stderr
    wanted = ("Deployment", "ServiceAccount")
    made = json.loads(rendered.stdout)["items"]
    items = [one for one in made if one["kind"] in wanted and one["metadata"]["namespace"] == SPACE]
    journal = next(one for one in made if one["metadata"]["name"] == names.ROTATION_JOURNAL)
    cluster.run("kubectl", "apply", "-f", "-", given=json.dumps(journal))
    objects = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    cluster.run("kubectl", "--namespace", SPACE, "create", "secret", "generic", "creds", f"--from-literal=token={OLD}")
    cluster.run("kubectl", "apply", "-f", "-", given=objects)
    cluster.run("kubectl", "--namespace", SPACE, "rollout", "status", "deployment/cache", "--timeout=300s")


def home(folder: Path, name: str) -> Path:
    """Make a state folder."""
    made = folder / name
    made.mkdir(mode=0o700)
    assert os.access(made, os.W_OK)
    return made
