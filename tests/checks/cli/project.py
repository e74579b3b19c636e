"""A project with one stack for the tests of commands."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import yaml

from tests import preloaded
from tests.checks import in_process
from tests.checks.in_process import Done
from tests.checks.world import SETTINGS

ROOT = Path(__file__).parents[3]
LIGHT = {**SETTINGS, "servers": {}, "configMaps": {}}
"""Without servers, and without the ConfigMap that nothing would use then."""


class Project:
    """A project's folder with one stack, and a kubeconfig that leads to an API server."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        (folder / "Pulumi.yaml").write_text("name: cortex\n")
        self.declare(LIGHT)
        self.kubeconfig = folder / "kubeconfig"
        self.connect({"server": url}, {"token": "very-secret-token"})
        self.extra: dict[str, str] = {}
        """Variables that the command gets besides."""

    def declare(self, settings: object) -> None:
        """Write the stack file."""
        config = {f"cortex:{key}": value for key, value in settings.items()} if isinstance(settings, dict) else settings
        (self.folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": config}))

    def connect(self, cluster: object, user: object) -> None:
        """Write the kubeconfig."""
        context = {"name": "test", "context": {"cluster": "c", "user": "u"}}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": user}],
            "contexts": [context],
        }
        # JSON is YAML too, and is written and read sooner.
        self.kubeconfig.write_text(json.dumps(config))

    def environment(self) -> dict[str, str]:
        """Give the environment of the command."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CORTEX_", "XDG_"))}
        own = {"PYTHONPATH": str(ROOT), "KUBECONFIG": str(self.kubeconfig), "HOME": str(self.folder)}
        return {**kept, **own, **self.extra}

    def run(self, *args: str, cwd: Path | None = None) -> Done:
        """Run the command where its output may hold a secret."""
        return in_process.run(args, cwd or self.folder, self.environment())

    def cortex(self, *args: str, code: int, cwd: Path | None = None) -> tuple[str, str]:
        """Run the command, and give its output and its diagnostics."""
        done = self.run(*args, cwd=cwd)
        return checked(done, code)

    def process(self, *args: str, code: int) -> tuple[str, str]:
        """Run the command as a process of its own."""
        done = preloaded.run(command(args), self.folder, self.environment())
        return checked(Done(done.returncode, done.stdout, done.stderr), code)

    def dying(self, *args: str, **how: str) -> subprocess.CompletedProcess[str]:
        """Run the command as a process that dies; see `tests/checks/dying.py` for the variables."""
        command = [*preloaded.START, "tests.checks.dying", *args]
        return preloaded.run(command, self.folder, {**self.environment(), **how})

    def with_small_files(self, most: int, *args: str) -> subprocess.CompletedProcess[str]:
        """Run the command as a process that can write at most so many bytes into a file, as on a full disk."""
        return self.dying(*args, FITS=str(most))


def checked(done: Done, code: int) -> tuple[str, str]:
    assert done.code == code, done.out + done.err
    assert "Traceback" not in done.out + done.err
    assert "very-secret" not in done.out + done.err
    return done.out, done.err


def command(args: Sequence[str]) -> list[str]:
    return [*preloaded.START, "tests.checks.patient", *args]
