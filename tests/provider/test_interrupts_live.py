"""After an update was interrupted at any moment, the next one succeeds, and no object is created twice or lost."""

from __future__ import annotations

import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING
from unittest import mock

import pytest
import yaml

from local.waiting import wait_until
from stacks.loader import load
from stacks.manifests.build import build
from tests.checks.mcp.test_servers_live import SOCKET_PROGRAM
from tests.conftest import ROOT
from tests.extent import EXHAUSTIVE, SEED
from tests.provider import processes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Cluster

pytestmark = pytest.mark.live

_STACK = "interrupts"
_CLEAR = "pulumi refresh --yes --skip-preview --clear-pending-creates"
_UP = ("pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--color", "never")
_SALT = "v1:zNBO45xlBRA=:v1:ZFkk3iCnHEjvHemG:Djekj+/xEFK5iTDRUPRf1L4BZsn7Ww=="
_NAMESPACES = {"cortex-system": "system", "cortex-mcp": "mcp-servers"}
_SERVER: dict[str, object] = {
    "image": "cortex.local/mcp-server-time",
    "version": "2026.10.19",
    "transport": "stdio",
    "capabilities": {"time": ["get_current_time"]},
    "replicas": 1,
    # Many updates wait for this server, so its start must be short.
    "probes": {
        "readiness": {"initialDelaySeconds": 0, "periodSeconds": 1, "timeoutSeconds": 1},
        "startup": {"periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": 120},
    },
}
_HOST = {"host": "mcp.example.com", "proxy": {"namespace": "ingress"}}
_SOCKET: dict[str, object] = {
    **_SERVER,
    "image": "cortex.local/cortex",
    "transport": "websocket",
    "path": "/ws",
    "capabilities": {"live": ["add"]},
    "command": ["python3", "/etc/mcp/config/server.py"],
    "config": {"server.py": SOCKET_PROGRAM},
    "env": {"TOKEN": "none"},
    "service": {"sessionAffinity": "ClientIP"},
    "terminationGracePeriodSeconds": 1,
}


def _named(name: str) -> dict[str, object]:
    return {"egress": [{"dnsNames": [name], "ports": [443]}]}


# From one to the other, one server comes, one changes with its configuration and its way in from outside, one goes, and
# one stays but for where it may connect to.
_DECLARATIONS = (
    {
        "stays": _SERVER | _named("a.example.com"),
        "changes": _SERVER
        | {"config": {"a.yaml": "a: 1"}, "service": {"type": "NodePort"}, "clientRanges": ["10.0.0.0/8"]},
        "goes": _SERVER | {"exposure": _HOST},
    },
    {
        "stays": _SERVER | _named("b.example.com"),
        "changes": _SERVER | {"config": {"a.yaml": "a: 2"}, "exposure": _HOST},
        "comes": _SOCKET,
    },
)
_VICTIMS = [
    ("engine", signal.SIGINT),
    ("engine", signal.SIGKILL),
    ("plugin", signal.SIGINT),
    ("plugin", signal.SIGKILL),
    ("API server", signal.SIGKILL),
] * (4 if EXHAUSTIVE else 1)
_ENDS = 240
"""An interrupted update, or one whose API server restarts, ends within this many seconds."""
_SETTLES = 90
"""Pods that are ending are gone within this many seconds."""
# Kinds whose objects the cluster creates and deletes by itself.
_PASSING = {"Event", "Lease", "PodMetrics", "NodeMetrics", "ComponentStatus"}


class Site:
    """A stack with two declarations in a separate project folder, on the run's cluster."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        (folder / "stacks").mkdir()
        for name in ("Pulumi.yaml", "stacks/__main__.py"):
            shutil.copy(ROOT / name, folder / name)
        (folder / ".venv").symlink_to(ROOT / ".venv")
        self.cluster, self._folder = replace(cluster, root=folder), folder
        self.declare(0)
        self.run("pulumi", "stack", "init", _STACK)

    def declare(self, number: int) -> None:
        spaces = {name: {"component": kind, "description": "Interrupts"} for name, kind in _NAMESPACES.items()}
        config = {
            "cortex:cluster": {
                "context": "cortex-local",
                "environment": "local",
                "customResources": ["CiliumNetworkPolicy"],
            },
            "cortex:namespaces": spaces,
            "cortex:servers": _DECLARATIONS[number],
        }
        text = yaml.safe_dump({"config": config, "encryptionsalt": _SALT})
        (self._folder / f"Pulumi.{_STACK}.yaml").write_text(text)

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.cluster.run(*command, check=check)

    def up(self) -> str:
        return self.run(*_UP).stdout

    def interrupted(self, victim: str, number: signal.Signals, moment: float) -> None:
        """Run an update, and send a signal to a process `moment` seconds after the plugin's start."""
        log = (self._folder / "interrupted.log").open("w")
        with (
            log,
            subprocess.Popen(
                _UP, cwd=self._folder, env=dict(self.cluster.env), stdout=log, stderr=log, text=True
            ) as update,
        ):
            wait_until(lambda: processes.plugin(update.pid) is not None or update.poll() is not None, _SETTLES)
            plugin = processes.plugin(update.pid)
            try:
                update.wait(moment)
            except subprocess.TimeoutExpired:
                pids = {"engine": update.pid, "plugin": plugin, "API server": processes.api_server(self.cluster)}
                os.kill(pids[victim] or update.pid, number)
            update.wait(_ENDS)

    def resumed(self) -> None:
        """Run `up`, and the commands that it names if it fails, until it succeeds."""
        command, tried = shlex.join(_UP), set[str]()
        while (done := self.run("sh", "-c", command, check=False)).returncode != 0:
            output = done.stdout + done.stderr
            before, command = named(output)
            assert before not in tried, f"{before} did not help: {output}"
            tried.add(before)
            self.run("sh", "-c", before)
        if "interrupted while creating" in done.stdout:  # the object was created again
            self.run("sh", "-c", _CLEAR)

    def verified(self) -> None:
        """Check that state and cluster are as declared."""
        assert self.ids() == self.wanted()
        verify = ("cortex", "verify", _STACK, "--read-only")
        if not wait_until(lambda: self.run(*verify, check=False).returncode == 0, _SETTLES):
            self.run(*verify)

    def ids(self) -> set[tuple[str, str]]:
        """Return the kinds and ids of the objects in the state."""
        deployment = json.loads(self.run("pulumi", "stack", "export").stdout)["deployment"]
        assert not deployment.get("pending_operations"), deployment["pending_operations"]
        found = [r for r in deployment["resources"] if r["type"].startswith("kubernetes:")]
        assert not [r for r in found if r.get("delete") or r.get("initErrors")]
        return {(r["type"].rpartition(":")[2], r["id"]) for r in found}

    def wanted(self) -> set[tuple[str, str]]:
        with mock.patch.dict(os.environ, self.cluster.env):
            objects = build(load(_STACK, self._folder))
        return {(one.kind, f"{one.namespace}/{one.name}" if one.namespace else one.name) for one in objects}

    def objects(self) -> set[str]:
        """Return every object of the cluster, except for those of kinds in `_PASSING`."""
        kinds = self.run("kubectl", "api-resources", "--verbs=list", "--output=name").stdout.split()
        columns = "custom-columns=K:.kind,N:.metadata.namespace,M:.metadata.name"
        listed = self.run("kubectl", "get", ",".join(kinds), "--all-namespaces", "--no-headers", f"--output={columns}")
        return {" ".join(line.split()) for line in listed.stdout.splitlines() if line.split()[0] not in _PASSING}


def named(output: str) -> tuple[str, str]:
    """Return the command that a failed update names, and the command for the next update."""
    if "`pulumi cancel`" in output:
        return "pulumi cancel --yes", shlex.join(_UP)
    way = re.search(r"run `(pulumi refresh[^`]*)`, then (?:`(.*)pulumi up`|update again)", output)
    assert way, f"no way on: {output}"
    yes = "" if "--yes" in way[1] else " --yes --skip-preview"
    return way[1] + yes, (way[2] or "") + shlex.join(_UP)


def say(line: str) -> None:
    """Print a line that pytest shows when the test fails."""
    sys.stdout.write(f"{line}\n")


@pytest.fixture(scope="module")
def site(custom_resources: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    cluster = custom_resources
    if cluster.run("kubectl", "get", "namespace", "cortex-system", check=False).returncode == 0:
        pytest.skip("stack `local` is on this cluster: run tests/provider by itself, as `make test` does")
    site = Site(cluster, tmp_path_factory.mktemp("interrupts"))
    yield site
    site.run("pulumi", "cancel", "--yes", check=False)
    site.run("pulumi", "destroy", "--yes", "--skip-preview")
    site.run("pulumi", "stack", "rm", "--yes", _STACK)


@pytest.fixture(scope="module")
def before(site: Site) -> set[str]:
    """Return the objects on the cluster before the stack is deployed."""
    return site.objects()


def test_an_update_interrupted_at_any_moment_is_ended_right_by_the_next(site: Site, before: set[str]) -> None:
    say(f"CORTEX_TEST_SEED={SEED}")
    drawn = random.Random(SEED)
    assert before
    site.up()
    site.declare(1)
    began = time.monotonic()
    site.up()
    longest = time.monotonic() - began
    for turn, (victim, number) in enumerate(drawn.sample(_VICTIMS, len(_VICTIMS))):
        moment = drawn.uniform(0, longest)
        say(f"{number.name} to the {victim} after {moment:.1f} s")
        site.declare(turn % 2)
        site.interrupted(victim, number, moment)
        site.resumed()
        site.verified()
    assert "unchanged" in site.up()


def test_destroy_leaves_nothing_and_the_next_up_is_as_new(site: Site, before: set[str]) -> None:
    site.run("pulumi", "destroy", "--yes", "--skip-preview")
    wait_until(lambda: site.objects() <= before, _SETTLES)
    assert site.objects() - before == set()
    created = site.up().rpartition("Resources:")[2]
    assert re.fullmatch(r"\s*\+ \d+ created\s*Duration.*", created, re.DOTALL), created
    site.verified()
