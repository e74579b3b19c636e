"""Previews under a real engine, as pull requests have them: every object is shown, nothing is written."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from tests.conftest import Cluster

pytestmark = pytest.mark.live

GOLDEN = Path(__file__).parents[1] / "components" / "golden"
NEW = ("prod", "staging", "dev", "edge")
"""Stacks that no engine here has deployed."""
REVIEWER = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: reviewer, namespace: default}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: reviewer}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: reviewer, namespace: default}]
"""

Name = tuple[str, str, str]
"""Kind, namespace or nothing, name without a hash."""
CHANGED: set[Name] = {
    ("Namespace", "", "cortex-data"),
    ("ConfigMap", "cortex-system", "cortex-declaration"),
}
"""What another description of a namespace changes: nothing that the agent reads, so its pods stay."""


def stack_file(root: Path, stack: str) -> str:
    """Give the text of a stack file that leads to the embedded cluster."""
    return (root / f"Pulumi.{stack}.yaml").read_text().replace(f"context: cortex-{stack}", "context: cortex-local")


def copied(cluster: Cluster, folder: Path, stack: str, **env: str) -> Cluster:
    """Give the cluster with a copy of the project that holds this stack alone, so that it can be changed."""
    shutil.copy(cluster.root / "Pulumi.yaml", folder)
    shutil.copy(cluster.root / "cortex.base.yaml", folder)
    shutil.copytree(cluster.root / "stacks", folder / "stacks")
    (folder / f"Pulumi.{stack}.yaml").write_text(stack_file(cluster.root, stack))
    return Cluster(cluster.name, {**cluster.env, **env}, folder)


def new(cluster: Cluster, folder: Path, stack: str, **env: str) -> Cluster:
    """Give the cluster with a copy of the project and a state in which the stack was never deployed."""
    (folder / "state").mkdir()
    there = copied(cluster, folder, stack, PULUMI_BACKEND_URL=f"file://{folder}/state", **env)
    there.run("pulumi", "stack", "select", "--create", stack)
    return there


def previewed(there: Cluster, stack: str) -> tuple[dict[str, set[Name]], str]:
    """Preview a stack; give the objects by what happens to them, and all that was printed."""
    done = there.run("pulumi", "preview", "--stack", stack, "--json")
    steps: dict[str, set[Name]] = {}
    for step in json.loads(done.stdout)["steps"]:
        state = step["newState"]
        if state["type"].startswith("kubernetes:") and step["op"] != "same":
            steps.setdefault(step["op"], set()).add(named({"kind": state["type"].split(":")[-1], **state["inputs"]}))
    return steps, done.stdout + done.stderr


def named(manifest: Mapping[str, object]) -> Name:
    metadata = manifest["metadata"]
    assert isinstance(metadata, dict)
    name = re.sub(r"^cortex-verify-.*", "cortex-verify-", metadata["name"])
    return str(manifest["kind"]), metadata.get("namespace", ""), name


def golden(stack: str) -> set[Name]:
    return {named(manifest) for manifest in yaml.safe_load_all((GOLDEN / f"{stack}.yaml").read_text()) if manifest}


def namespaces(cluster: Cluster) -> str:
    return cluster.run("kubectl", "get", "namespaces", "-o", "name").stdout


@pytest.fixture(scope="module")
def reviewer(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The kubeconfig of an account that may read, and nothing else."""
    cluster.run("kubectl", "apply", "-f", "-", given=REVIEWER)
    try:
        content = json.loads(cluster.kubeconfig.read_text())
        token = cluster.run("kubectl", "create", "token", "reviewer", "--namespace", "default").stdout.strip()
        content["users"][0]["user"] = {"token": token}
        path = tmp_path_factory.mktemp("reviewer") / "kubeconfig"
        path.write_text(json.dumps(content))
        access = Cluster(cluster.name, {**cluster.env, "KUBECONFIG": str(path)}).run
        for verb in ("create", "patch", "delete"):
            asked = access("kubectl", "auth", "can-i", verb, "deployments", "--all-namespaces", check=False)
            assert asked.stdout.strip() == "no"
        yield path
    finally:
        cluster.run("kubectl", "delete", "-f", "-", given=REVIEWER)


@pytest.mark.parametrize("name", NEW)
def test_a_preview_shows_every_object_without_secrets(name: str, cluster: Cluster, tmp_path: Path) -> None:
    before = namespaces(cluster)
    steps, _ = previewed(new(cluster, tmp_path, name), name)
    assert steps == {"create": golden(name)}
    assert namespaces(cluster) == before
    assert {path.name for path in tmp_path.glob("Pulumi*")} == {"Pulumi.yaml", f"Pulumi.{name}.yaml"}
    assert (tmp_path / f"Pulumi.{name}.yaml").read_text() == stack_file(cluster.root, name), "git would show a change"


def test_a_reviewer_who_may_only_read_previews_a_new_stack(cluster: Cluster, reviewer: Path, tmp_path: Path) -> None:
    steps, _ = previewed(new(cluster, tmp_path, "prod", KUBECONFIG=str(reviewer)), "prod")
    assert steps == {"create": golden("prod")}


def test_a_reviewer_who_may_only_read_sees_just_what_changes(stack: Cluster, reviewer: Path, tmp_path: Path) -> None:
    there = copied(stack, tmp_path, "local", KUBECONFIG=str(reviewer))
    assert previewed(there, "local")[0] == {}

    text = (tmp_path / "Pulumi.local.yaml").read_text()
    (tmp_path / "Pulumi.local.yaml").write_text(text.replace("Data processing workloads", "Data, processed"))
    steps, _ = previewed(there, "local")
    assert steps.pop("update") == CHANGED
    # Another declaration is another verification.
    assert set().union(*steps.values()) == {("Job", "cortex-system", "cortex-verify-")}


def test_without_the_api_server_a_preview_still_shows_every_object(cluster: Cluster, tmp_path: Path) -> None:
    """A dry run is all that a new stack asks the API server for, and a preview can do without."""
    content = json.loads(cluster.kubeconfig.read_text())
    content["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    (tmp_path / "kubeconfig").write_text(json.dumps(content))
    there = new(cluster, tmp_path, "edge", KUBECONFIG=str(tmp_path / "kubeconfig"))
    steps, shown = previewed(there, "edge")
    assert steps == {"create": golden("edge")}
    assert "Traceback" not in shown


def test_without_the_api_server_a_deployed_stack_shows_just_what_changes(stack: Cluster, tmp_path: Path) -> None:
    content = json.loads(stack.kubeconfig.read_text())
    content["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    (tmp_path / "kubeconfig").write_text(json.dumps(content))
    there = copied(stack, tmp_path, "local", KUBECONFIG=str(tmp_path / "kubeconfig"))
    text = (tmp_path / "Pulumi.local.yaml").read_text()
    (tmp_path / "Pulumi.local.yaml").write_text(text.replace("Data processing workloads", "Data, processed"))
    steps, shown = previewed(there, "local")
    assert steps.pop("update") == CHANGED
    assert "Traceback" not in shown
    assert "demonstration" not in shown
