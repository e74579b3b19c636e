"""Workloads as they are declared."""

import pytest
from pydantic import ValidationError

from stacks.model.client import Client
from stacks.model.declaration import Declaration
from stacks.model.server import Server
from stacks.model.validation_errors import sentences
from stacks.model.workload import Workload
from tests.components.full import full

IMAGE = "registry.test/db:1"


def test_a_stack_without_workloads_has_no_trace_of_them() -> None:
    assert "workload" not in full(workloads={}).canonical()


def test_canonical_json_gives_a_workload_back() -> None:
    probes = {"liveness": {"path": "/live"}, "readiness": {"none": "it is always ready"}}
    declared = full(workloads={"db": {"image": IMAGE, "port": 5432, "probes": probes, "clients": [{"server": "demo"}]}})
    assert Declaration.model_validate_json(declared.canonical()) == declared


def test_a_server_is_a_workload_with_more() -> None:
    assert set(Workload.model_fields) < set(Server.model_fields)
    only = set(Server.model_fields) - set(Workload.model_fields)
    asked = {"capabilities", "authorization", "smoke", "protocols"}
    assert only == asked | {"version", "transport", "bridge", "bridge_rules", "path", "tls"}


def test_defaults_are_one_pod_and_no_port() -> None:
    declared = Workload(image=IMAGE)
    assert (declared.replicas, declared.port, declared.reached_at(), declared.service_port) == (1, None, (), None)
    assert Workload.model_validate({"image": IMAGE, "autoscaling": {"minReplicas": 3}}).replicas == 3


@pytest.mark.parametrize("place", [[], ["liveness"]])
def test_no_probe_of_a_workload_is_by_mcp(place: list[str]) -> None:
    probe: dict[str, object] = {"mcp": {"image": IMAGE}}
    probes = {place[0]: probe} if place else probe
    with pytest.raises(ValidationError) as raised:
        Workload.model_validate({"image": IMAGE, "port": 80, "probes": probes})
    assert sentences(raised.value, Workload) == [
        "probes: mcp is for MCP servers, and a workload is not one: use httpGet, tcpSocket, exec or grpc"
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"namespace": "data", "server": "time"},
        {"server": "time", "workload": "db"},
        {"server": "time", "labels": {"app": "time"}},
    ],
)
def test_a_client_is_given_in_one_way(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Client.model_validate(wrong)
