"""A plan against a real API server and the real Pulumi: its nodes are simulated, and so is Proxmox."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checks.bootstrap.blank_nodes import BlankCluster
from tests.checks.bootstrap.planning import Planning, planning_in
from tests.checks.talos.talos_world import kubernetes_node, pods
from tests.checks.talos.test_talos_live import SETTINGS, apply, as_live, dns, make_node
from tests.conftest import ROOT, Cluster, cluster_name, cortex, start

pytestmark = pytest.mark.live

UNTIL = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
PLAYED = {"code": "dns.answer", "reason": "pods of a KWOK cluster are played: CoreDNS answers nothing", "until": UNTIL}


@dataclass
class LiveProject:
    """A project in which the real Pulumi deploys."""

    folder: Path
    cluster: Cluster

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in self.cluster.env.items() if name not in ("KUBECONFIG", "TALOSCONFIG")}
        # The copy of `stacks` in the folder is for Pulumi; the command uses that of this checkout.
        return {**kept, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", "HOME": os.environ["HOME"]}


@pytest.fixture
def played() -> Iterator[Cluster]:
    name = cluster_name("bootstrap")
    try:
        yield start(name, ["--node", "kwok"])
    finally:
        cortex("local", "down", "--name", name, "--delete")


def declare(folder: Path, talos: dict[str, Any] | None) -> None:
    settings = {**SETTINGS, "talos": talos, "suppressions": [PLAYED]}
    config = {f"cortex:{key}": value for key, value in settings.items() if value is not None}
    (folder / "Pulumi.talos.yaml").write_text(yaml.safe_dump({"config": config}))


@pytest.fixture
def planned(played: Cluster, tmp_path: Path, blank_cluster: BlankCluster, proxmox: Any, authority: str) -> Planning:
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    project["runtime"]["options"]["virtualenv"] = str(ROOT / ".venv")
    (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump(project))
    declare(tmp_path, {"version": "1.6.x", "controlPlanes": 3, "port": blank_cluster.port})
    played.run("kubectl", "delete", "nodes", "--all")
    for node in blank_cluster.nodes.values():
        make_node(played, kubernetes_node(node))
        node.kubeconfig = played.kubeconfig.read_bytes()
    system = [pod for node in blank_cluster.nodes.values() for pod in pods(node)] + [dns()]
    apply(played, [as_live(pod) for pod in system])
    document = yaml.safe_load(played.kubeconfig.read_text())
    endpoint = document["clusters"][0]["cluster"]["server"]
    return planning_in(LiveProject(tmp_path, played), endpoint, "talos", proxmox, authority, blank_cluster)


def test_the_stack_is_deployed_and_verified_on_the_new_cluster(planned: Planning, played: Cluster) -> None:
    _, err = planned.run("bootstrap", "--yes")
    planned.made_once()
    assert "stack talos is deployed and verified" in err
    listed = played.run("kubectl", "get", "namespaces", "--output=json").stdout
    assert {"cortex-system", "cortex-mcp"} <= {one["metadata"]["name"] for one in json.loads(listed)["items"]}
    assert (planned.project.folder / "mcp-server-registry.json").exists()
    _its_talos_is_changed_removed_and_declared_again(planned, played)


def _its_talos_is_changed_removed_and_declared_again(planned: Planning, played: Cluster) -> None:
    folder = planned.project.folder
    (folder / "talosconfig").write_text(planned.cluster.talosconfig())
    # `cortex` takes the kubeconfig that the bootstrap has stored.
    environment = {**planned.environment(), "TALOSCONFIG": str(folder / "talosconfig")}
    own = Cluster(played.name, environment, folder)
    deploying = Cluster(played.name, {**environment, "KUBECONFIG": str(played.kubeconfig)}, folder)

    def second_day(talos: dict[str, Any] | None) -> dict[str, Any]:
        """Deploy, and return what the check `talos` says."""
        declare(folder, talos)
        deploying.run("pulumi", "up", "--stack", "talos", "--yes", "--skip-preview")
        done = own.run("cortex", "verify", "talos", "--only", "talos,declaration", "--format", "json", check=False)
        found: dict[str, dict[str, Any]] = {result["name"]: result for result in json.loads(done.stdout)["results"]}
        assert found["declaration"]["status"] == "pass", "the cluster has this declaration"
        return found["talos"]

    port = planned.cluster.port
    changed = second_day({"version": "1.7.x", "controlPlanes": 3, "port": port})
    assert [one["code"] for one in changed["findings"]] == ["talos.version"] * 4
    removed = second_day(None)
    assert (removed["status"], removed["facts"]) == ("pass", [])
    again = second_day({"version": "1.6.x", "controlPlanes": 3, "port": port})
    assert again["status"] == "pass"
    assert "talos_version" in {fact["name"] for fact in again["facts"]}
