"""Probes by MCP: the command in the server's container, and the init container that brings it."""

from collections.abc import Mapping
from typing import Any, cast

import pytest

from stacks.manifests.build import build
from tests.components.full import full

IMAGE = "registry.test/cortex:1"
SERVER: Mapping[str, object] = {
    "image": "registry.test/server:1",
    "version": "1",
    "transport": "http",
    "capabilities": {"demo": []},
    "port": 9000,
    "probes": {"tcpSocket": {}, "readiness": {"mcp": {"image": IMAGE}}},
}


def pod(**more: object) -> dict[str, Any]:
    manifests = build(full(servers={"demo": {**SERVER, **more}}))
    [workload] = (one for one in manifests if one.kind == "Deployment" and one.namespace == "cortex-mcp")
    spec = cast("dict[str, Any]", workload.document()["spec"])
    return cast("dict[str, Any]", spec["template"]["spec"])


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({}, ["http", "http://localhost:9000/mcp"]),
        ({"tls": True}, ["http", "https://localhost:9000/mcp"]),
        ({"transport": "sse", "path": "/sse"}, ["sse", "http://localhost:9000/sse"]),
    ],
)
def test_the_server_is_asked_on_loopback(settings: dict[str, object], asked: list[str]) -> None:
    [server] = pod(**settings)["containers"]
    assert server["readinessProbe"] == {
        "exec": {"command": ["/cortex/launch", "probe", *asked, "3s"]},
        "initialDelaySeconds": 10,
        "periodSeconds": 15,
        "timeoutSeconds": 3,
        "failureThreshold": 3,
        "successThreshold": 1,
    }
    assert server["livenessProbe"]["tcpSocket"] == server["startupProbe"]["tcpSocket"] == {"port": "http"}
    assert not server["command"]


def test_an_init_container_brings_the_program() -> None:
    found = pod(initContainers={"prepare": {"image": "registry.test/prepare:1"}})
    launch, prepare = found["initContainers"]
    assert (launch["name"], prepare["name"]) == ("launch", "prepare")
    assert (launch["image"], launch["command"]) == (IMAGE, ["cortex-launch", "copy", "/cortex/launch"])
    assert launch["resources"]["limits"] == {"cpu": "200m", "memory": "64Mi"}
    assert launch["securityContext"]["readOnlyRootFilesystem"] is True
    mount = {"name": "launch", "mountPath": "/cortex"}
    assert launch["volumeMounts"] == [mount]
    assert found["containers"][0]["volumeMounts"][-1] == {**mount, "readOnly": True}
    assert found["volumes"][-1] == {"name": "launch", "emptyDir": {"sizeLimit": "16Mi"}}


def test_timing_of_the_declaration_is_kept() -> None:
    probe = {"mcp": {"image": IMAGE}, "periodSeconds": 60, "timeoutSeconds": 9}
    [server] = pod(probes={"tcpSocket": {}, "readiness": probe})["containers"]
    assert server["readinessProbe"]["periodSeconds"] == 60
    assert server["readinessProbe"]["exec"]["command"][-1] == "9s"


def test_all_three_probes_may_ask_over_mcp() -> None:
    found = pod(probes={"mcp": {"image": IMAGE}})
    [server] = found["containers"]
    # A startup probe ends when the server has started, so it asks as often as any other.
    periods = [server[f"{name}Probe"]["periodSeconds"] for name in ("liveness", "readiness", "startup")]
    assert (periods, len(found["initContainers"])) == ([15, 15, 5], 1)


def test_without_such_a_probe_nothing_is_added() -> None:
    found = pod(probes={"tcpSocket": {}})
    assert "initContainers" not in found
    assert "launch" not in {volume["name"] for volume in found["volumes"]}
