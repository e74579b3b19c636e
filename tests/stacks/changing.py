"""A copy of the project, whose stack `local` a test declares anew again and again."""

import copy
import json
import shutil
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from tests.conftest import ROOT, Cluster
from tests.stacks.strategies import Settings

UP = ("pulumi", "up", "--stack", "local", "--yes", "--skip-preview")
PASSING = (".replicas  ", "api.latency  ")
"""Codes of findings that may pass: an autoscaler acts every 15 s, and a busy machine's API server may be slow."""
SETTLED_SECONDS = 45
"""The verification Job, too, is tried again for so long."""


class Project:
    """A copy of the project whose stack `local` a test declares anew."""

    def __init__(self, cluster: Cluster, folder: Path, verify: Sequence[str] = ("verify", "--read-only")) -> None:
        """Copy it to a folder; `verify` is the command of cortex that is to find a deployment as declared."""
        self._cluster = cluster
        shutil.copytree(ROOT / "stacks", folder / "stacks")
        shutil.copy(ROOT / "Pulumi.yaml", folder)
        self._file = folder / "Pulumi.local.yaml"
        self.there = Cluster(cluster.name, cluster.env, folder)
        self._verification = verify
        self._document: Settings = yaml.safe_load((ROOT / self._file.name).read_text())
        self._restored = False

    def declared(self) -> Settings:
        """Give the settings of the committed stack, to be changed."""
        return {
            key.removeprefix("cortex:"): copy.deepcopy(value)
            for key, value in self._document["config"].items()
            if key.startswith("cortex:")
        }

    def declare(self, settings: Settings) -> None:
        """Write the stack file; what Pulumi has written into it stays."""
        self._restored = False
        document = yaml.safe_load(self._file.read_text()) if self._file.exists() else self._document
        others = {key: value for key, value in document["config"].items() if not key.startswith("cortex:")}
        config = {**{f"cortex:{key}": value for key, value in settings.items()}, **others}
        self._file.write_text(yaml.safe_dump({**document, "config": config}))

    def write(self, file: str, text: str) -> None:
        """Write a file of the project."""
        (self.there.root / file).write_text(text)

    def up(self, settings: Settings, *, preview: bool = True) -> None:
        """Deploy a declaration; it is then as declared, and a preview finds nothing left to do."""
        self.declare(settings)
        self.run(*UP)
        with ThreadPoolExecutor() as both:
            done = [both.submit(self._verify), *([both.submit(self._preview)] if preview else [])]
        for one in done:
            one.result()
        self._restored = preview and settings == self.declared()

    def restore(self) -> None:
        """Deploy the committed stack, unless the test ended with that: then it was verified, and had nothing to do."""
        if not self._restored:
            self._cluster.run(*UP)

    def _verify(self) -> None:
        deadline = time.monotonic() + SETTLED_SECONDS
        while True:
            done = self.there.run("cortex", *self._verification, "local", check=False)
            if time.monotonic() >= deadline or not any(code in done.stdout for code in PASSING):
                break
        assert done.returncode == 0, done.stdout + done.stderr

    def _preview(self) -> None:
        self.run("pulumi", "preview", "--stack", "local", "--expect-no-changes")

    def run(self, *command: str, given: str | None = None) -> str:
        return self.there.run(*command, given=given).stdout

    def cortex(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of cortex, whatever it finds."""
        return self.there.run("cortex", *arguments, check=False)

    def refused(self, *command: str) -> str:
        """Run a command that has to fail, and give what it printed."""
        done = self.there.run(*command, check=False)
        assert done.returncode != 0, done.stdout
        return done.stdout + done.stderr

    def urn(self, kind: str, name: str) -> str:
        """Give the URN of a deployed resource."""
        resources = json.loads(self.run("pulumi", "stack", "export", "--stack", "local"))["deployment"]["resources"]
        urns = (str(one["urn"]) for one in resources)
        return next(urn for urn in urns if urn.endswith(f":{kind}::{name}"))

    def live(self, *target: str) -> Settings:
        found: Settings = json.loads(self.run("kubectl", "get", *target, "-o", "json"))
        return found

    def names(self, kind: str, namespace: str = "default") -> set[str]:
        items = self.live(kind, "--namespace", namespace)["items"]
        return {item["metadata"]["name"] for item in items}
