"""Workloads as they are registered with the engine."""

from functools import partial

from stacks.program import deploy
from tests.components.full import SECRETS, WORKLOADS, full
from tests.components.recording import Recording, record

AUTOSCALED = {"image": "registry.test/gate:1", "port": 80, "autoscaling": {}}


def registered(**parts: object) -> Recording:
    return record(partial(deploy, full(**{"workloads": WORKLOADS, **parts})), SECRETS)


def test_a_workload_is_a_component_of_its_own_type() -> None:
    (component,) = (one for one in registered().resources if one.type == "cortex:kubernetes:Workload")
    assert component.name == "db"
    parents = {one.parent.rpartition("::")[2] for one in registered().resources if one.name == "db-credentials"}
    assert parents == {"db"}


def test_its_secret_values_and_their_checksums_are_secret() -> None:
    found = registered()
    secret, stateful_set = found.of("Secret")["cortex-mcp/db-credentials"], found.of("StatefulSet")["cortex-mcp/db"]
    assert secret.at("data") == {"PASSWORD": "aHVudGVyMg=="}
    assert "data" in secret.secret_paths
    assert "spec.template.metadata.annotations.cortex.dev/checksum" in stateful_set.secret_paths


def test_a_server_waits_for_the_workload_that_it_connects_to() -> None:
    (server,) = (
        one for one in registered().resources if one.type == "cortex:kubernetes:McpServer" and one.name == "demo"
    )
    assert "kubernetes:apps/v1:StatefulSet::db" in {urn.rpartition("$")[2] for urn in server.depends_on}


def test_an_autoscaler_is_stopped_before_the_number_of_pods_is_declared_again() -> None:
    fixed = registered(workloads={"gate": {**AUTOSCALED, "autoscaling": None}}).of("Deployment")["cortex-mcp/gate"]
    assert fixed.before_update == ("stop-autoscaler",)
    scaled = registered(workloads={"gate": AUTOSCALED}).of("Deployment")["cortex-mcp/gate"]
    assert scaled.before_update == ()


def test_the_outputs_name_mcp_servers_only() -> None:
    outputs: dict[str, object] = {}
    record(lambda: outputs.update(deploy(full(workloads=WORKLOADS))), SECRETS)
    for section in ("registry", "endpoints"):
        assert outputs[section].keys() == {"demo", "bare"}  # type: ignore[attr-defined]
