"""A stack of the real engine, and its operations by the engine's events."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DEADLINE = 300


@dataclass(frozen=True)
class Resource:
    """A resource of a program: its class below `pulumi_kubernetes`, its arguments and resource options."""

    name: str
    kind: str
    arguments: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """The results of one command: for each resource the operations, the differing paths and the messages."""

    operations: Mapping[str, list[str]]
    results: Mapping[str, str]
    """The results of a refresh."""
    paths: Mapping[str, set[str]]
    messages: Mapping[str, str]
    output: str
    failed: bool


class Stack:
    """A Pulumi project whose program declares lists of resources."""

    def __init__(self, env: Mapping[str, str], folder: Path, name: str) -> None:
        self._env = {**env, "PULUMI_DEBUG_COMMANDS": "true"}
        self._folder = folder
        (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
        shutil.copy(Path(__file__).with_name("program.py"), folder / "__main__.py")
        self._pulumi("stack", "init", "conformance")

    def declare(self, resources: Sequence[Resource]) -> None:
        """Make the program declare these resources, in this order."""
        entries = [
            {"name": r.name, "kind": r.kind, "arguments": dict(r.arguments), "options": dict(r.options)}
            for r in resources
        ]
        (self._folder / "resources.json").write_text(json.dumps(entries))

    def run(self, *command: str, env: Mapping[str, str] | None = None) -> Run:
        """Run `pulumi COMMAND` and return its results."""
        log = self._folder / "events.json"
        log.unlink(missing_ok=True)
        done = self._pulumi(*command, "--event-log", str(log), env=env, check=False)
        events = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return _told(events, done)

    def state(self) -> list[dict[str, Any]]:
        """Return the resources in the stack's state."""
        exported = json.loads(self._pulumi("stack", "export").stdout)
        found: list[dict[str, Any]] = exported["deployment"].get("resources") or []
        return found

    def config(self, **settings: str) -> None:
        """Set `kubernetes:` settings of the stack."""
        for key, value in settings.items():
            self._pulumi("config", "set", f"kubernetes:{key}", value)

    def _pulumi(
        self, *command: str, env: Mapping[str, str] | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["pulumi", *command, "--non-interactive", "--color", "never"],
            cwd=self._folder,
            env={**self._env, **(env or {})},
            capture_output=True,
            text=True,
            timeout=_DEADLINE,
        )
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        return done


def _told(events: list[dict[str, Any]], done: subprocess.CompletedProcess[str]) -> Run:
    operations: dict[str, list[str]] = defaultdict(list)
    paths: dict[str, set[str]] = defaultdict(set)
    results: dict[str, str] = {}
    messages: dict[str, str] = defaultdict(str)
    for event in events:
        if pre := event.get("resourcePreEvent"):
            metadata = pre["metadata"]
            name = metadata["urn"].rpartition("::")[2]
            operations[name].append(metadata["op"])
            paths[name] |= set(metadata.get("detailedDiff") or {})
        elif done_event := event.get("resOutputsEvent"):
            metadata = done_event["metadata"]
            results[metadata["urn"].rpartition("::")[2]] = metadata["op"]
        elif said := event.get("diagnosticEvent"):
            messages[said.get("urn", "").rpartition("::")[2]] += said["message"]
    return Run(operations, results, paths, messages, done.stdout + done.stderr, done.returncode != 0)
