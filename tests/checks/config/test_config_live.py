"""`cortex config get`, `set`, `diff` and `watch` on a real API server."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest

from checks.config.edit import Edit, write
from checks.config.live import LiveConfigMap, find
from checks.errors import UncheckedError
from checks.kube.connection import from_kubeconfig
from checks.target import Target
from local.waiting import wait_until
from stacks.loader import load
from tests import preloaded
from tests.conftest import CORTEX, Cluster

pytestmark = pytest.mark.live

SPACE = "config-live"
STACK = f"""
config:
  cortex:cluster: {{context: cortex-local, environment: test}}
  cortex:namespaces:
    cortex-system: {{component: system, description: The system}}
    {SPACE}: {{component: mcp, description: The ConfigMaps}}
  cortex:configMaps:
    shared: {{namespace: {SPACE}, data: {{level: info}}}}
"""


@dataclass
class Live:
    """A project whose namespace has ConfigMaps."""

    cluster: Cluster
    folder: Path

    def cortex(self, *arguments: str, code: int = 0, given: str = "") -> str:
        """Run `cortex config`; return what it printed."""
        command = preloaded.cortex("config", arguments[0], "live", *arguments[1:])
        done = preloaded.run(command, self.folder, self.cluster.env, given)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout or done.stderr

    def kubectl(self, *arguments: str) -> str:
        """Run kubectl in the namespace."""
        return self.cluster.run("kubectl", "--namespace", SPACE, *arguments).stdout

    def data(self, name: str) -> dict[str, str]:
        """Return the data of a ConfigMap."""
        found: dict[str, str] = json.loads(self.kubectl("get", "configmap", name, "-o", "json"))["data"]
        return found

    def patch(self, name: str, data: dict[str, str | None]) -> None:
        """Change keys with kubectl."""
        self.kubectl("patch", "configmap", name, "--type=merge", "--patch", json.dumps({"data": data}))

    @property
    def target(self) -> Target:
        """Return what the commands are about."""
        declaration = load("live", self.folder)
        return Target("live", declaration, from_kubeconfig("cortex-local", self.cluster.kubeconfig))

    def found(self, name: str) -> LiveConfigMap:
        """Return a ConfigMap as the commands read it."""
        return anyio.run(find, self.target, name)


@pytest.fixture
def live(cluster: Cluster, tmp_path: Path) -> Iterator[Live]:
    """A namespace with ConfigMaps that a stack does not declare."""
    (tmp_path / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
    (tmp_path / "Pulumi.live.yaml").write_text(STACK)
    cluster.make_namespace(SPACE)
    live = Live(cluster, tmp_path)
    live.kubectl("create", "configmap", "motd", "--from-literal=text=hi", "--from-literal=features.json={}")
    live.kubectl("create", "configmap", "empty")
    yield live
    live.cluster.run("kubectl", "delete", "namespace", SPACE)


def test_configmaps_are_read_set_and_compared(live: Live) -> None:
    assert live.cortex("get", "motd") == "features.json: {}\ntext: hi\n"
    live.cortex("set", "motd", "text", "--yes", given="one\ntwo")
    assert live.cortex("get", "motd", "text") == live.data("motd")["text"] == "one\ntwo"
    live.cortex("set", "empty", "server-config.yaml", "--yes", given="a: 1\n")
    assert live.data("empty") == {"server-config.yaml": "a: 1\n"}
    assert "features.json is not JSON" in live.cortex("set", "motd", "features.json", "--yes", code=2, given="{")

    assert f"ConfigMap {SPACE}/shared does not exist\n" in live.cortex("diff", "shared", code=1)
    live.kubectl("create", "configmap", "shared", "--from-literal=level=debug")
    assert live.cortex("diff", "shared", code=1).splitlines()[-2:] == ["  -info", "  +debug"]
    refused = live.cortex("set", "shared", "level", "--yes", code=2, given="info")
    assert "Pulumi.live.yaml: cortex:configMaps.shared.data.level: " in refused
    live.patch("shared", {"level": "info"})
    assert live.cortex("diff", "shared") == f"ConfigMap {SPACE}/shared is as declared\n"


@pytest.mark.parametrize("key", ["text", "new"])
def test_what_changed_meanwhile_is_not_written(live: Live, key: str) -> None:
    edit = Edit(live.found("motd"), key, "ours")
    live.patch("motd", {key: "theirs"})
    with pytest.raises(UncheckedError, match="was changed meanwhile: nothing was written"):
        anyio.run(write, live.target.connection, edit)
    assert live.data("motd")[key] == "theirs"


def test_an_immutable_one_is_refused(live: Live) -> None:
    live.kubectl("patch", "configmap", "motd", "--type=merge", "--patch", '{"immutable": true}')
    assert "motd is immutable: " in live.cortex("set", "motd", "text", "--yes", code=2, given="ho")


def test_changes_are_followed(live: Live) -> None:
    said = live.folder / "said"
    command = [str(CORTEX), "config", "watch", "live", "motd", "--format", "json"]
    with said.open("w") as err:
        process = subprocess.Popen(
            command, cwd=live.folder, env=dict(live.cluster.env), stdout=subprocess.PIPE, stderr=err, text=True
        )
    try:
        assert process.stdout is not None
        assert wait_until(lambda: "follows the ConfigMaps" in said.read_text(), 30), said.read_text()
        live.patch("empty", {"a": "1"})
        live.patch("motd", {"text": "ho"})
        live.patch("motd", {"features.json": "{"})
        live.kubectl("delete", "configmap", "motd")
        lines: list[dict[str, Any]] = [json.loads(process.stdout.readline()) for _ in range(4)]
    finally:
        process.kill()
        process.communicate()
    assert [(line["key"], line["before"], line["after"], line["deleted"]) for line in lines] == [
        ("text", "hi", "ho", False),
        ("features.json", "{}", "{", False),
        ("features.json", "{}", None, True),
        ("text", "ho", None, True),
    ]
    assert lines[1]["fault"].startswith("features.json is not JSON: ")
