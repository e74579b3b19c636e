"""Workloads: companions of MCP servers, such as a database or a gateway."""

from collections.abc import Mapping
from typing import Any

from stacks.loader import parse
from stacks.manifests.build import parts
from stacks.manifests.manifest import Manifest
from stacks.model.declaration import Declaration
from tests.checks.world import SETTINGS

DB = {
    "image": "registry.test/db:1",
    "port": 5432,
    "controller": "StatefulSet",
    "volumes": {"data": {"mount": "/data", "claim": {"size": "1Gi"}}},
    "clients": [{"server": "time"}],
    "secretEnv": {"PASSWORD": "db-password"},
}
GATE = {"image": "registry.test/gate:1", "port": 80}
SELECTOR = {"app": "db", "cortex.dev/workload": "db"}
TIME = {"app": "mcp-server", "mcp.cortex.dev/type": "time"}


def stack(**changes: object) -> Declaration:
    return parse({**SETTINGS, **changes}, "Pulumi.test.yaml")


def objects(declaration: Declaration, *path: str) -> dict[str, Manifest]:
    return {f"{one.kind} {one.name}": one for one in parts(declaration)[path]}


def spec(manifest: Manifest) -> Any:
    return manifest.document()["spec"]


def peer(labels: Mapping[str, str], namespace: str = "cortex-mcp") -> object:
    space = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    return {"namespaceSelector": space, "podSelector": {"matchLabels": labels}}


def test_workload_has_objects_of_its_name() -> None:
    found = objects(stack(workloads={"db": DB}), "workloads", "db")
    client = next(name for name in found if "-client-" in name)
    assert set(found) == {
        "NetworkPolicy db",
        client,
        "Secret db-credentials",
        "Service db",
        "ServiceAccount db",
        "StatefulSet db",
    }
    for one in found.values():
        assert one.labels == {**SELECTOR, "cortex.dev/component": "workload"}
        assert one.namespace == "cortex-mcp"
    assert spec(found["Service db"])["selector"] == SELECTOR
    assert spec(found["Service db"])["ports"] == [{"name": "tcp", "port": 5432, "targetPort": "tcp", "protocol": "TCP"}]


def test_a_workload_is_no_mcp_server_for_discovery() -> None:
    template = spec(objects(stack(workloads={"db": DB}), "workloads", "db")["StatefulSet db"])["template"]
    assert template["metadata"]["labels"] == {**SELECTOR, "cortex.dev/component": "workload"}
    assert set(template["metadata"]["annotations"]) == {"cortex.dev/checksum"}


def test_claims_of_a_stateful_set_are_without_the_label_of_undeclared_objects() -> None:
    # Kubernetes copies the labels of the selector to the claims, which stay when the workload leaves the stack.
    selector = spec(objects(stack(workloads={"db": DB}), "workloads", "db")["StatefulSet db"])["selector"]
    assert selector == {"matchLabels": SELECTOR}


def test_a_named_client_is_allowed_on_both_sides() -> None:
    found = objects(stack(workloads={"db": DB}), "workloads", "db")
    port = [{"port": 5432, "protocol": "TCP"}]
    assert spec(found["NetworkPolicy db"])["ingress"] == [{"from": [peer(TIME)], "ports": port}]
    (client,) = (one for name, one in found.items() if "-client-" in name)
    assert spec(client)["podSelector"] == {"matchLabels": TIME}
    assert spec(client)["egress"] == [{"to": [peer(SELECTOR)], "ports": port}]


def test_a_workload_can_be_the_client_of_a_server() -> None:
    servers = {**SETTINGS["servers"], "time": {**SETTINGS["servers"]["time"], "clients": [{"workload": "gate"}]}}
    found = objects(stack(servers=servers, workloads={"gate": GATE}), "servers", "time")
    ingress = spec(found["NetworkPolicy time-mcp-server"])["ingress"]
    assert ingress[0]["from"] == [peer({"app": "gate", "cortex.dev/workload": "gate"})]


def test_named_client_in_a_namespace_of_others_gets_its_policy_there() -> None:
    servers = {"time": {**SETTINGS["servers"]["time"], "namespace": "default"}}
    found = objects(stack(servers=servers, existingNamespaces=["default"], workloads={"db": DB}), "workloads", "db")
    (client,) = (one for name, one in found.items() if "-client-" in name)
    assert client.namespace == "default"


def test_what_is_connected_to_is_deployed_first() -> None:
    servers = {**SETTINGS["servers"], "time": {**SETTINGS["servers"]["time"], "clients": [{"workload": "gate"}]}}
    order = [path for path in parts(stack(servers=servers, workloads={"gate": GATE, "db": DB})) if len(path) > 1]
    running = [key for section, key in order if section in ("servers", "workloads")]
    assert running == ["db", "time", "talos", "gate"]


def test_two_that_connect_to_each_other_are_both_deployed() -> None:
    one = {**GATE, "clients": [{"workload": "two"}, {"workload": "one"}]}
    two = {**GATE, "clients": [{"workload": "one"}]}
    order = [path for path in parts(stack(workloads={"one": one, "two": two})) if path[:1] == ("workloads",)]
    assert sorted(order) == [("workloads", "one"), ("workloads", "two")]


def test_a_workload_without_ports_has_no_service_and_no_probes() -> None:
    found = objects(stack(workloads={"worker": {"image": "registry.test/worker:1"}}), "workloads", "worker")
    assert set(found) == {"Deployment worker", "NetworkPolicy worker", "ServiceAccount worker"}
    (container,) = spec(found["Deployment worker"])["template"]["spec"]["containers"]
    assert not {"ports", "livenessProbe", "readinessProbe", "startupProbe"} & container.keys()


def test_probes_are_connections_to_the_port_unless_told() -> None:
    probes = {"readiness": {"exec": {"command": ["ready"]}}, "liveness": {"path": "/live"}}
    for declared, actions in (
        ({}, ["tcpSocket"] * 3),
        ({"probes": probes}, ["httpGet", "exec", "tcpSocket"]),
        ({"probes": {"path": "/healthz"}}, ["httpGet"] * 3),
    ):
        found = objects(stack(workloads={"gate": {**GATE, **declared}}), "workloads", "gate")
        (container,) = spec(found["Deployment gate"])["template"]["spec"]["containers"]
        three = [container[f"{name}Probe"] for name in ("liveness", "readiness", "startup")]
        assert [next(iter(probe)) for probe in three] == actions


def test_one_pod_unless_told() -> None:
    found = objects(stack(workloads={"gate": GATE}), "workloads", "gate")
    assert spec(found["Deployment gate"])["replicas"] == 1
    assert not [name for name in found if name.startswith("PodDisruptionBudget")]
