"""A stack that lives: each declaration becomes the next by one `pulumi up`, and is then as declared."""

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Cluster

pytestmark = pytest.mark.live

Settings = dict[str, Any]
SHARED = "a-shared-secret"


class Project:
    """A copy of the project whose stack `local` a test declares anew."""

    def __init__(self, stack: Cluster, folder: Path) -> None:
        shutil.copytree(stack.root / "stacks", folder / "stacks")
        shutil.copy(stack.root / "Pulumi.yaml", folder)
        self._file = folder / "Pulumi.local.yaml"
        self._there = Cluster(stack.name, stack.env, folder)
        self._document: Settings = yaml.safe_load((stack.root / self._file.name).read_text())

    def declared(self) -> Settings:
        """Give the settings of the committed stack, to be changed."""
        return {
            key.removeprefix("cortex:"): copy.deepcopy(value)
            for key, value in self._document["config"].items()
            if key.startswith("cortex:")
        }

    def up(self, settings: Settings) -> None:
        """Deploy a declaration; it is then as declared, and nothing is left to do."""
        others = {key: value for key, value in self._document["config"].items() if not key.startswith("cortex:")}
        config = {**{f"cortex:{key}": value for key, value in settings.items()}, **others}
        self._file.write_text(yaml.safe_dump({**self._document, "config": config}))
        self.run("pulumi", "up", "--stack", "local", "--yes", "--skip-preview")
        self._verify()
        self.run("pulumi", "preview", "--stack", "local", "--expect-no-changes")

    def _verify(self) -> None:
        for _ in range(3):  # the API server of a busy machine may be found slow
            done = self._there.run("cortex", "verify", "local", "--read-only", check=False)
            if "api.latency" not in done.stdout:
                break
        assert done.returncode == 0, done.stdout + done.stderr

    def run(self, *command: str) -> str:
        return self._there.run(*command).stdout

    def live(self, *target: str) -> Settings:
        found: Settings = json.loads(self.run("kubectl", "get", *target, "-o", "json"))
        return found

    def names(self, kind: str, namespace: str = "default") -> set[str]:
        items = self.live(kind, "--namespace", namespace)["items"]
        return {item["metadata"]["name"] for item in items}


@pytest.fixture
def project(stack: Cluster, custom_resources: Cluster, tmp_path: Path) -> Iterator[Project]:
    project = Project(stack, tmp_path)
    yield project
    stack.run("pulumi", "up", "--stack", "local", "--yes", "--skip-preview")


def shared(settings: Settings, source: Settings) -> None:
    """Declare a Secret from this source, and let the server `clock` read it."""
    settings["secrets"] = {SHARED: {"namespace": "cortex-mcp", **source}}
    settings["servers"]["clock"]["secrets"] = [{"name": SHARED, "env": {"SHARED": "token"}}]


def moved(settings: Settings) -> None:
    """Another namespace, another name, another scope and token, a new namespace and a new Secret."""
    servers = settings["servers"]
    servers["kubernetes"]["namespace"] = "cortex-workers"
    servers["clock"] = {**servers.pop("time"), "transport": "stdio", "capabilities": {"time": ["get_current_time"]}}
    settings["resourceManager"] = {"scope": "cluster", "token": "legacy", "execIn": ["cortex-mcp"]}
    settings["namespaces"]["cortex-extra"] = {"component": "extra", "description": "More"}
    settings["suppressions"] = [{"code": "secret.unused", "reason": "a test", "until": "2999-01-01"}]
    shared(settings, {"keys": {"token": {"literal": "first"}}})


def changed(settings: Settings) -> None:
    """Port, arguments, version, number and config of pods; a namespace under them; who provides a Secret; alerts."""
    moved(settings)
    settings["cluster"]["customResources"] = ["PrometheusRule", "ServiceMonitor"]
    settings["kubeStateMetrics"].update(namespace="cortex-workers", alerts={}, serviceMonitor=True)
    settings["suppressions"] = []
    settings["resourceManager"] = {}
    port = ["--port=9090", "--read-only", "--stateless"]
    settings["servers"]["kubernetes"].update(port=9090, args=port, version="0.0.68", replicas=1)
    clock = settings["servers"]["clock"]
    clock.update(autoscaling={"minReplicas": 2, "maxReplicas": 3}, config={"other.yaml": "a: 1\n"})
    del clock["secretEnv"]
    quota, limits = {"pods": 40}, {"default": {"cpu": "300m", "memory": "300Mi"}}
    space = {"component": "mcp", "description": "Others", "podSecurity": "baseline", "quota": quota, "limits": limits}
    settings["namespaces"]["cortex-mcp"] = space
    shared(settings, {"existing": ["token"]})


def removed(settings: Settings) -> None:
    """Namespaces, the resource manager, metrics with their alerts, the autoscaler and the verifier are gone."""
    changed(settings)
    for part in ("resourceManager", "kubeStateMetrics", "verifier"):
        del settings[part]
    for space in ("cortex-extra", "cortex-data"):
        del settings["namespaces"][space]
    del settings["servers"]["kubernetes"]
    clock = settings["servers"]["clock"]
    del clock["autoscaling"]
    clock["replicas"] = 1
    shared(settings, {"keys": {"token": {"literal": "second"}}})


def test_any_declaration_becomes_the_next_by_one_up(project: Project) -> None:
    def deploy(change: Callable[[Settings], None]) -> Settings:
        settings = project.declared()
        change(settings)
        project.up(settings)
        return project.live("secret", SHARED, "--namespace", "cortex-mcp")

    first = deploy(moved)
    assert project.names("deployments", "cortex-workers") == {"kubernetes-mcp-server"}
    assert project.names("deployments", "cortex-mcp") == {"clock-mcp-server"}

    handed_over = deploy(changed)
    assert (handed_over["metadata"]["uid"], handed_over["data"]) == (first["metadata"]["uid"], first["data"])
    # The autoscaler's own number, which the next declaration takes back although the autoscaler wants more.
    project.run("kubectl", "scale", "--namespace", "cortex-mcp", "deployment/clock-mcp-server", "--replicas=3")

    taken_back = deploy(removed)
    assert taken_back["metadata"]["uid"] == first["metadata"]["uid"]
    assert taken_back["data"] != first["data"]
    assert project.names("horizontalpodautoscalers", "cortex-mcp") == set()
    assert project.live("deployment", "clock-mcp-server", "-n", "cortex-mcp")["spec"]["replicas"] == 1
    assert project.names("namespaces").isdisjoint({"cortex-extra", "cortex-data"})

    project.up(project.declared())
    assert project.names("deployments", "cortex-mcp") == {"kubernetes-mcp-server", "time-mcp-server"}
    assert SHARED not in project.names("secrets", "cortex-mcp")
