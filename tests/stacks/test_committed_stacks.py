"""The stack files of this repository: each loads, and declares what is required of it."""

import json
from pathlib import Path

import pytest
import yaml

from components.secret_values import PUBLIC_SALT
from stacks.loader import load
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.image_lock import is_fixed
from stacks.program import deploy
from tests.components.recording import record

ROOT = Path(__file__).parents[2]
STACKS = ("dev", "edge", "local", "prod", "staging")
DESCRIPTIONS = {
    "cortex-system": "Core Cortex infrastructure",
    "cortex-mcp": "MCP server deployments",
    "cortex-monitoring": "Monitoring and observability",
    "cortex-workers": "Worker pods and jobs",
    "cortex-config": "ConfigMaps and Secrets",
    "cortex-data": "Data processing workloads",
}
LOCAL_IMAGES = ("kubernetes-mcp-server", "mcp-server-time", "kube-state-metrics", "cortex")


@pytest.fixture(autouse=True)
def _image_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = {f"cortex.local/{name}": f"cortex.local/{name}:test" for name in LOCAL_IMAGES}
    (tmp_path / "images.json").write_text(json.dumps(lock), encoding="utf-8")
    monkeypatch.setenv("CORTEX_IMAGES", str(tmp_path / "images.json"))


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> Declaration:
    """Load each of the stacks."""
    return load(str(request.param), ROOT)


def test_no_stack_file_is_forgotten_here() -> None:
    assert {path.name for path in ROOT.glob("Pulumi.*.yaml")} == {f"Pulumi.{name}.yaml" for name in STACKS}


def test_all_six_namespaces_are_declared(stack: Declaration) -> None:
    assert {name: namespace.description for name, namespace in stack.namespaces.items()} == DESCRIPTIONS
    assert stack.namespaces["cortex-mcp"].component == "mcp-servers"
    assert {namespace.pod_security for namespace in stack.namespaces.values()} == {"restricted"}


def test_images_are_fixed_everywhere(stack: Declaration) -> None:
    assert [image for image in stack.images().values() if not is_fixed(image)] == []


def test_each_has_a_context_of_its_own() -> None:
    assert len({load(name, ROOT).cluster.context for name in STACKS}) == len(STACKS)


def test_each_has_a_resource_manager_and_a_verifier(stack: Declaration) -> None:
    assert stack.resource_manager is not None
    assert stack.verifier is not None


def test_resource_managers_take_the_safe_way(stack: Declaration) -> None:
    assert stack.resource_manager
    assert (stack.resource_manager.scope, stack.resource_manager.token) == ("namespaces", "bound")


def test_prod_has_everything() -> None:
    prod = load("prod", ROOT)
    assert prod.cluster.environment == "production"
    assert set(prod.servers) == {"talos", "proxmox", "kubernetes", "time"}
    assert set(prod.servers["talos"].config) == {"server-config.yaml", "features.json", "logging.conf"}
    assert json.loads(prod.servers["talos"].config["features.json"])["experimental_features"] is False
    assert prod.kube_state_metrics
    assert prod.kube_state_metrics.image.endswith(":v2.10.0")
    assert prod.kube_state_metrics.service_monitor
    assert prod.kube_state_metrics.alerts


def test_quotas_get_smaller_from_prod_to_edge() -> None:
    quotas = [load(name, ROOT).namespaces["cortex-mcp"].quota for name in ("prod", "staging", "dev", "edge")]
    assert [quota and int(quota.limits_cpu) for quota in quotas] == [20, 8, 4, 2]


def test_edge_has_one_replica_of_all() -> None:
    assert {server.replicas for server in load("edge", ROOT).servers.values()} == {1}


@pytest.mark.parametrize("name", STACKS)
def test_no_secret_is_in_the_clear(name: str) -> None:
    config = yaml.safe_load((ROOT / f"Pulumi.{name}.yaml").read_text(encoding="utf-8"))["config"]
    values = [value for key, value in config.items() if key.startswith("secrets:")]
    assert all(list(value) == ["secure"] for value in values)


@pytest.mark.parametrize("name", STACKS)
def test_pulumi_has_no_salt_to_write_into_the_file(name: str) -> None:
    assert yaml.safe_load((ROOT / f"Pulumi.{name}.yaml").read_text(encoding="utf-8"))["encryptionsalt"] == PUBLIC_SALT


@pytest.mark.parametrize("name", STACKS)
def test_preview_needs_no_secret_value(name: str) -> None:
    declaration = load(name, ROOT)
    seen = record(lambda: deploy(declaration), preview=True)
    deployments = {resource.name for resource in seen.resources if resource.type == "kubernetes:apps/v1:Deployment"}
    assert deployments >= {names.server(kind) for kind in declaration.servers}
    assert len([resource for resource in seen.resources if resource.type == "kubernetes:core/v1:Namespace"]) == 6
