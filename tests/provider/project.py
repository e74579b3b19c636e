"""A Pulumi project of one test, with one namespace, under the real engine."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import textwrap
import uuid
from typing import TYPE_CHECKING, Any

from local.waiting import wait_until
from provider.errors import ApiError
from provider.kubeconfig import connect
from provider.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Cluster

_HEADER = """
import pulumi, pulumi_kubernetes as k
NS = {namespace!r}
ns = k.core.v1.Namespace("ns", metadata={{"name": NS}})
inside = pulumi.ResourceOptions(depends_on=[ns])
"""


class Project:
    """A Pulumi project with one stack, whose program the test changes."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.namespace = f"provider-{uuid.uuid4().hex[:8]}"
        self._env, self._folder = dict(cluster.env), folder
        (folder / "Pulumi.yaml").write_text(f"name: {self.namespace}\nruntime: python\n")
        self.program("")
        self.run("stack", "init", "live")
        self._api, _ = connect(Settings(kubeconfig=str(cluster.kubeconfig)))

    def program(self, body: str) -> None:
        header = _HEADER.format(namespace=self.namespace)
        (self._folder / "__main__.py").write_text(header + textwrap.dedent(body))

    def live(self, path: str, *, method: str = "GET", root: str = "/api/v1", body: object = None) -> dict[str, Any]:
        """Send a request to the API server about an object in the project's namespace."""
        merge = "application/merge-patch+json" if method == "PATCH" else "application/json"
        where = f"{root}/namespaces/{self.namespace}/{path}"
        return self._api.request(method, where, query={"fieldManager": "someone"}, body=body, content_type=merge)

    def ask(self, path: str) -> dict[str, Any]:
        """Return the API server's answer for this path."""
        return self._api.request("GET", path)

    def namespaces(self) -> set[str]:
        return {item["metadata"]["name"] for item in self.ask("/api/v1/namespaces")["items"]}

    def image(self, words: str) -> str:
        """Return the image on a node whose name contains `words`."""
        nodes = self.ask("/api/v1/nodes")["items"]
        found: list[str] = [name for node in nodes for one in node["status"].get("images", []) for name in one["names"]]
        return next(name for name in found if words in name)

    def write(self, name: str, text: str) -> Path:
        """Write a file beside the program."""
        path = self._folder / name
        path.write_text(text)
        return path

    def run(
        self, *arguments: str, fails: bool = False, prefix: tuple[str, ...] = (), env: dict[str, str] | None = None
    ) -> str:
        """Run `pulumi ARGUMENTS` and return its output; `prefix` is a command that runs it."""
        done = subprocess.run(
            [*prefix, "pulumi", *arguments, "--non-interactive", "--color", "never"],
            cwd=self._folder,
            env=self._env | (env or {}),
            capture_output=True,
            text=True,
            timeout=300,
        )
        output = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, output
        return output

    def up(self, body: str | None = None, *, fails: bool = False) -> tuple[dict[str, int], str]:
        """Return the counts of operations (created, updated, replaced, unchanged, …), and the whole output."""
        if body is not None:
            self.program(body)
        output = self.run("up", "--yes", "--skip-preview", fails=fails)
        summary = output.rpartition("Resources:")[2]
        counts = {what: int(n) for n, what in re.findall(r"(\d+) (\w+)", summary.split("Duration")[0])}
        counts.pop("changes", None)
        return counts, output

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `pulumi ARGUMENTS` without waiting for its end."""
        command = ["pulumi", *arguments, "--non-interactive", "--color", "never"]
        return subprocess.Popen(command, cwd=self._folder, env=self._env, stdout=subprocess.DEVNULL, text=True)

    def wait_for(self, path: str, *, root: str) -> dict[str, Any]:
        """Wait until the object at `path` exists, and return it."""
        found: list[dict[str, Any]] = []

        def exists() -> bool:
            with contextlib.suppress(ApiError):
                found.append(self.live(path, root=root))
            return bool(found)

        assert wait_until(exists, 60, pause=0.2), f"{path} was not created within a minute"
        return found[0]

    def state(self) -> str:
        return self.run("stack", "export")

    def ids(self, kind: str) -> list[str]:
        """Return the names of a kind's objects in the state."""
        resources = json.loads(self.state())["deployment"]["resources"]
        return [str(r["id"]).rpartition("/")[2] for r in resources if r["type"].endswith(f":{kind}")]

    def resource(self, name: str) -> dict[str, Any]:
        resources = json.loads(self.state())["deployment"]["resources"]
        found: dict[str, Any] = next(r for r in resources if r["urn"].endswith(f"::{name}"))
        return found
