"""The whole program over the committed local stack, without an engine."""

import json
import runpy
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pulumi
import pytest
import yaml

from stacks.loader import load
from stacks.model import names
from stacks.program import deploy
from tests.components import full
from tests.components.recording import Recording, declared, record

ROOT = Path(__file__).parents[2]
SECRETS = {"secrets:time-api-token": "demonstration"}
NAMESPACES = {f"cortex-{name}" for name in ("config", "data", "mcp", "monitoring", "system", "workers")}
OF_THE_CLUSTER = {"Namespace", "ClusterRole", "ClusterRoleBinding"}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        lock(tmp_path_factory.mktemp("images"), monkeypatch)
        yield record(run, SECRETS)


def lock(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = (
        f"cortex.local/{name}" for name in ("cortex", "kube-state-metrics", "kubernetes-mcp-server", "mcp-server-time")
    )
    (folder / "images.json").write_text(json.dumps({image: f"{image}:test" for image in images}), encoding="utf-8")
    monkeypatch.setenv("CORTEX_IMAGES", str(folder / "images.json"))


def run(folder: Path = ROOT) -> None:
    """Run the program as the language host does."""
    runpy.run_path(str(folder / "stacks"), run_name="__main__")


def test_outputs_are_endpoints_registry_namespaces_and_hash(local: Recording) -> None:
    assert local.outputs == {
        "endpoints": {
            "kubernetes": "http://kubernetes-mcp-server.cortex-mcp.svc.cluster.local:8080/mcp",
            "time": "http://time-mcp-server.cortex-mcp.svc.cluster.local:8080/mcp",
        },
        "registry": {
            "kubernetes": {
                "name": "kubernetes-mcp-server",
                "version": "0.0.67",
                "protocol": "http",
                "capabilities": ["kubernetes"],
                "endpoint": "http://kubernetes-mcp-server.cortex-mcp.svc.cluster.local:8080/mcp",
                "namespace": "cortex-mcp",
            },
            "time": {
                "name": "time-mcp-server",
                "version": "2026.10.19",
                "protocol": "stdio",
                "capabilities": ["time"],
                "endpoint": "http://time-mcp-server.cortex-mcp.svc.cluster.local:8080/mcp",
                "namespace": "cortex-mcp",
            },
        },
        "namespaces": sorted(NAMESPACES),
        "declarationHash": load("local", ROOT).digest(),
    }


def test_every_object_goes_through_the_one_provider(local: Recording) -> None:
    objects = [resource for resource in local.resources if resource.type.startswith("kubernetes:")]
    assert objects
    assert {resource.provider.rpartition("::")[0].rpartition("::")[2] for resource in objects} == {"cluster"}


def test_every_object_is_named_and_lies_in_a_declared_namespace(local: Recording) -> None:
    for resource in local.resources:
        if resource.type.startswith("kubernetes:"):
            assert resource.at("metadata.name")
            if resource.type.rpartition(":")[2] not in OF_THE_CLUSTER:
                # The verifier looks at the cluster's DNS, and the agent at the events of nodes.
                assert resource.at("metadata.namespace") in NAMESPACES | {"kube-system", "default"}


def test_logical_names_are_unique_by_type_and_parent(local: Recording) -> None:
    found = [(resource.parent, resource.type, resource.name) for resource in local.resources]
    assert len(set(found)) == len(found)


def waits(recording: Recording, kind: str, name: str) -> set[str]:
    """Give what a component waits for; its children wait for it in turn, as their parent."""
    (component,) = (r for r in recording.resources if r.type == f"cortex:kubernetes:{kind}" and r.name == name)
    return {urn.rpartition("$")[2] for urn in component.depends_on}


def test_declaration_waits_for_everything_else(local: Recording) -> None:
    objects = {f"{r.type}::{r.name}" for r in local.resources if r.type.startswith("kubernetes:")}
    of_agent = {f"{r.type}::{r.name}" for r in local.resources if r.parent.endswith("cortex:kubernetes:Agent::agent")}
    assert objects - waits(local, "Declaration", "declaration") - of_agent == {
        f"kubernetes:core/v1:ConfigMap::{names.DECLARATION_CONFIG_MAP}",
        f"kubernetes:batch/v1:Job::{names.VERIFY}",
    }


def test_agent_waits_for_the_declaration_that_it_reads_and_the_verification_for_the_agent() -> None:
    published = f"kubernetes:core/v1:ConfigMap::{names.DECLARATION_CONFIG_MAP}"
    everything = record(lambda: deploy(full.full()), full.SECRETS)
    assert published in waits(everything, "Agent", "agent")
    assert f"kubernetes:apps/v1:Deployment::{names.AGENT}" in waits(everything, "Verification", "verification")
    without = record(lambda: deploy(full.full(agent=None)), full.SECRETS)
    assert waits(without, "Verification", "verification") == {published}


def test_any_rotated_secret_is_verified() -> None:
    def verified(secrets: Mapping[str, str]) -> object:
        job = record(lambda: deploy(full.full(workloads=full.WORKLOADS)), secrets).one("Job")
        return job.at("spec.template.metadata.annotations.cortex~dev/checksum")

    before = verified(full.SECRETS)
    assert verified(full.SECRETS) == before
    after = {rotated: verified({**full.SECRETS, rotated: "another"}) for rotated in full.SECRETS}
    assert {rotated for rotated, checksum in after.items() if checksum == before} == set()


def test_servers_wait_for_all_that_is_in_their_namespaces(local: Recording) -> None:
    assert waits(local, "McpServer", "kubernetes") == {
        f"kubernetes:{kind}::{namespace}{suffix}"
        for namespace in ("cortex-mcp", "cortex-system")
        for kind, suffix in (
            ("core/v1:Namespace", ""),
            ("core/v1:ResourceQuota", "-quota"),
            ("core/v1:LimitRange", "-limits"),
            ("networking.k8s.io/v1:NetworkPolicy", "-default-deny"),
            ("networking.k8s.io/v1:NetworkPolicy", "-allow-dns"),
        )
    }


def test_servers_wait_for_the_secrets_and_config_maps_that_they_use() -> None:
    uses = {"secrets": [{"name": "s", "mount": "/s"}], "configMaps": [{"name": "c", "mount": "/c"}]}
    parts = {
        "secrets": {name: {"namespace": "cortex-mcp", "keys": {"k": {"literal": "v"}}} for name in ("s", "unused")},
        "configMaps": {"c": {"namespace": "cortex-mcp", "data": {"k": "v"}}},
    }
    recording = record(lambda: deploy(declared(parts, demo=uses)))
    waited = waits(recording, "McpServer", "demo")
    assert {"kubernetes:core/v1:Secret::s", "kubernetes:core/v1:ConfigMap::c"} < waited
    assert "kubernetes:core/v1:Secret::unused" not in waited


def test_no_secret_is_in_the_open(local: Recording) -> None:
    clear = [resource for resource in local.resources if SECRETS["secrets:time-api-token"] in str(resource.inputs)]
    assert clear == []


def registered(recording: Recording) -> list[tuple[str, str]]:
    return sorted((resource.type, resource.name) for resource in recording.resources)


def test_preview_needs_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock(tmp_path, monkeypatch)
    preview = record(run, preview=True)
    # Resources that do not wait for each other register in any order.
    assert registered(preview) == registered(record(run, SECRETS))
    (warning,) = preview.warnings
    assert warning.startswith("secrets:time-api-token is not set")


def test_missing_secret_stops_before_anything_is_registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock(tmp_path, monkeypatch)
    seen = Recording()
    with pytest.raises(pulumi.RunError, match="secrets:time-api-token is not set"):
        record(run, into=seen)
    assert seen.resources == []


def test_a_server_with_the_name_of_a_preset_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    shutil.copy(ROOT / "stacks" / "__main__.py", tmp_path / "stacks")
    namespace = {"component": "c", "description": "d"}
    config = {
        "cortex:cluster": {"context": "c", "environment": "local"},
        "cortex:namespaces": {"cortex-system": namespace, "cortex-mcp": namespace},
        "cortex:servers": {
            "time": {"image": "a.test/b:1", "version": "1", "transport": "http", "capabilities": {"a": ["b"]}},
        },
    }
    (tmp_path / "Pulumi.local.yaml").write_text(yaml.safe_dump({"config": config}), encoding="utf-8")
    (warning,) = record(lambda: run(tmp_path)).warnings
    assert warning.startswith("Pulumi.local.yaml: cortex:servers.time: has the name of a preset, but does not use it: ")


def test_wrong_declaration_is_told_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    shutil.copy(ROOT / "stacks" / "__main__.py", tmp_path / "stacks")
    (tmp_path / "Pulumi.local.yaml").write_text("config: {cortex:cluster: {}}", encoding="utf-8")
    with pytest.raises(pulumi.RunError) as raised:
        record(lambda: run(tmp_path))
    assert str(raised.value).splitlines() == [
        "Pulumi.local.yaml: cortex:cluster.context: is missing",
        "Pulumi.local.yaml: cortex:cluster.environment: is missing",
        "Pulumi.local.yaml: cortex:namespaces: is missing",
    ]
    assert raised.value.__suppress_context__
