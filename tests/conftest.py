"""The cluster that all live tests of a run share: made for the run, and gone after it."""

import gc
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from local import folders
from local.progress import Progress
from local.tool_finder import ToolFinder
from local.toolchain import TEST_TOOLS
from tests import preloaded

ROOT = Path(__file__).parent.parent
DEFINITIONS = ROOT / "tests" / "stacks" / "custom_resources.yaml"
CORTEX = ROOT / ".venv" / "bin" / "cortex"
RUN = os.environ.get("CORTEX_TEST_CLUSTER", "run")
"""Names the run's cluster."""
QUICK_ENGINE = {"GOGC": "400", "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true"}
"""Environment variables with which Pulumi's engine takes less time: no copy of the state at each step."""
RUN_SECONDS = 900
"""What a command may take."""

# A busy machine makes no example wrong.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(autouse=True, scope="session")
def _remembered_checksums() -> Iterator[None]:
    """Compute each scrypt once: it takes 50 ms on purpose, and the tests have few secrets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hashlib, "scrypt", cache(hashlib.scrypt))
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark the tests that use the deployed stack, also through another fixture: `make test` runs the others beside."""
    for item in items:
        if isinstance(item, pytest.Function) and "stack" in item.fixturenames:
            item.add_marker("stack")


def pytest_collection_finish() -> None:
    """Exempt the imported modules from garbage collection: they are never freed, and each round would visit them."""
    gc.collect()
    gc.freeze()


@dataclass(frozen=True)
class Cluster:
    """A running embedded cluster and the environment in which plain pulumi, kubectl and cortex work on it."""

    name: str
    env: Mapping[str, str]
    root: Path = ROOT

    @property
    def kubeconfig(self) -> Path:
        return Path(self.env["KUBECONFIG"])

    @property
    def folder(self) -> Path:
        return self.kubeconfig.parent

    def run(self, *command: str, check: bool = True, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command in the project's root; what it printed is shown if it fails."""
        if command[0] == "cortex":
            done = preloaded.run(preloaded.cortex(*command[1:]), self.root, self.env, given, RUN_SECONDS)
        else:
            done = subprocess.run(
                command, cwd=self.root, env=dict(self.env), input=given, capture_output=True, text=True, check=False
            )
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def make_namespace(self, name: str) -> None:
        """Make a namespace, complete with what Kubernetes puts into it: pods need its account."""
        self.run("kubectl", "create", "namespace", name)
        self.wait_for_namespace(name)

    def wait_for_namespace(self, name: str) -> None:
        """Wait until Kubernetes has put into a new namespace what it puts into each."""
        made = ("serviceaccount/default", "configmap/kube-root-ca.crt")
        self.run("kubectl", "--namespace", name, "wait", "--for=create", "--timeout=300s", *made)


def cortex(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the `cortex` command of this checkout."""
    return subprocess.run(
        [str(CORTEX), *arguments], cwd=ROOT, env=dict(env or os.environ), capture_output=True, text=True, check=False
    )


def start(name: str, options: Sequence[str] = ()) -> Cluster:
    """Start a cluster of this name, anew."""
    cortex("local", "down", "--name", name, "--delete")
    up = cortex("local", "up", "--name", name, *options)
    assert up.returncode == 0, up.stderr
    shown = cortex("local", "env", "--name", name, "--format", "json")
    cluster = Cluster(name, dict(os.environ) | json.loads(shown.stdout) | QUICK_ENGINE)
    leave_out_engine_log(cluster)
    return cluster


def engine_log(cluster: Cluster) -> Path:
    """Return the folder in which Pulumi keeps a log of each command."""
    return Path(cluster.env["PULUMI_HOME"]) / "logs"


def leave_out_engine_log(cluster: Cluster) -> None:
    """Let Pulumi keep no logs, which take a third of the engine's processor time: it goes on without its folder."""
    folder = engine_log(cluster)
    shutil.rmtree(folder, ignore_errors=True)
    folder.touch()


def cluster_name(purpose: str) -> str:
    """Name a cluster of this run and this checkout, so that two runs and two checkouts can test side by side."""
    return f"test-{purpose}-{hashlib.sha256(f'{ROOT} {RUN}'.encode()).hexdigest()[:6]}"


@contextmanager
def played_stack(purpose: str) -> Iterator[Cluster]:
    """Start a cluster whose pods are played, with an empty stack `local` and the custom resources of stacks."""
    name = cluster_name(purpose)
    try:
        cluster = start(name, ["--node", "kwok"])
        cluster.run("kubectl", "apply", "--server-side", "-f", str(DEFINITIONS))
        cluster.run("kubectl", "wait", "--for=condition=Established", "--timeout=300s", "-f", str(DEFINITIONS))
        cluster.run("pulumi", "stack", "select", "--create", "local")
        yield cluster
    finally:
        cortex("local", "down", "--name", name, "--delete")


@pytest.fixture(scope="session")
def checkers() -> Mapping[str, Path]:
    """Programs of others that judge what we write, by name; built where they are missing, which takes minutes."""
    return ToolFinder(folders.cache(), Progress()).ensure(TEST_TOOLS)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The run's cluster, with nothing on it but what the embedded cluster brings."""
    name = cluster_name(RUN)
    try:
        yield start(name)
    finally:
        cortex("local", "down", "--name", name, "--delete")


@pytest.fixture(scope="session")
def custom_resources(cluster: Cluster) -> Iterator[Cluster]:
    """The run's cluster with the custom resources that a stack can declare."""
    cluster.run("kubectl", "apply", "--server-side", "-f", str(DEFINITIONS))
    cluster.run("kubectl", "wait", "--for=condition=Established", "--timeout=30s", "-f", str(DEFINITIONS))
    yield cluster
    cluster.run("kubectl", "delete", "-f", str(DEFINITIONS))


@pytest.fixture(scope="session")
def stack(cluster: Cluster) -> Cluster:
    """The run's cluster with stack `local` deployed on it; a test that changes something live puts it back."""
    cluster.run("pulumi", "stack", "select", "--create", "local")
    cluster.run("pulumi", "up", "--stack", "local", "--yes", "--skip-preview")
    return cluster
