"""A stdio server from its stock image: two containers, and the program that connects them."""

from collections.abc import Mapping
from typing import Any, cast

import pytest

from stacks.manifests.build import build
from tests.components.full import full

MCP = "cortex-mcp"
SERVER: Mapping[str, object] = {
    "image": "registry.test/server:1",
    "version": "1",
    "transport": "stdio",
    "capabilities": {"demo": []},
    "port": 9000,
    "ports": {"admin": 9001},
    "probes": {"liveness": {"periodSeconds": 7}, "startup": {"none": "it is fast"}},
    "command": ["npx", "-y", "server"],
    "args": ["--verbose"],
    "env": {"LEVEL": "info"},
    "imagePullPolicy": "Always",
    "securityContext": {"readOnlyRootFilesystem": False},
}
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}


def pod(**more: object) -> dict[str, Any]:
    manifests = build(full(servers={"demo": {**SERVER, **more}}))
    [workload] = (one for one in manifests if one.kind in ("Deployment", "StatefulSet") and one.namespace == MCP)
    spec = cast("dict[str, Any]", workload.document()["spec"])
    return cast("dict[str, Any]", spec["template"]["spec"])


def named(containers: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {container["name"]: container for container in containers}


@pytest.mark.parametrize("controller", ["Deployment", "StatefulSet"])
def test_the_server_runs_its_command_and_the_bridge_listens(controller: str) -> None:
    more = {"controller": controller} if controller == "StatefulSet" else {}
    found = pod(bridge="registry.test/bridge:1", **more)
    server, bridge = found["containers"]
    assert server["name"] == "demo-mcp-server"  # kubectl logs and exec take the first container
    assert server["image"] == "registry.test/server:1"
    assert server["command"] == ["/cortex/launch", "run", "/cortex/server.sock", "--", "npx", "-y", "server"]
    assert server["args"] == ["--verbose"]
    assert [port["name"] for port in server["ports"]] == ["admin"]
    assert not [key for key in server if key.endswith("Probe")]
    assert (bridge["name"], bridge["image"]) == ("bridge", "registry.test/bridge:1")
    assert bridge["args"] == ["--port", "9000", "--", "cortex-launch", "connect", "/cortex/server.sock"]
    assert bridge["ports"] == [{"name": "http", "containerPort": 9000, "protocol": "TCP"}]
    assert bridge["livenessProbe"]["httpGet"] == {"path": "/health", "port": "http"}
    assert bridge["livenessProbe"]["periodSeconds"] == 7
    assert bridge["readinessProbe"]["httpGet"] == {"path": "/ready", "port": "http"}
    assert "startupProbe" not in bridge


def test_the_bridge_has_nothing_of_the_server() -> None:
    found = pod(bridge="registry.test/bridge:1")
    bridge = named(found["containers"])["bridge"]
    launch = named(found["initContainers"])["launch"]
    for container in (bridge, launch):
        assert container["securityContext"] == RESTRICTED
        assert container["imagePullPolicy"] == "IfNotPresent"
        assert {"requests", "limits"} == set(container["resources"])
        assert not {"env", "envFrom"} & set(container)
    assert launch["command"] == ["cortex-launch", "copy", "/cortex/launch"]


def test_the_containers_share_one_volume() -> None:
    found = pod(bridge="registry.test/bridge:1")
    containers = named([*found["containers"], *found["initContainers"]])
    shared = {name: one["volumeMounts"][-1] for name, one in containers.items()}
    mount = {"name": "bridge", "mountPath": "/cortex"}
    assert shared == {"demo-mcp-server": mount, "launch": mount, "bridge": {**mount, "readOnly": True}}
    assert found["volumes"][-1] == {"name": "bridge", "emptyDir": {"sizeLimit": "16Mi"}}


def test_the_program_is_there_before_other_init_containers() -> None:
    first = {"prepare": {"image": "registry.test/prepare:1"}}
    found = pod(bridge="registry.test/bridge:1", initContainers=first, ports={})
    assert [one["name"] for one in found["initContainers"]] == ["launch", "prepare"]
    assert "ports" not in found["containers"][0]


def test_without_a_bridge_the_image_serves_http_itself() -> None:
    found = pod()
    [server] = found["containers"]
    assert server["command"] == ["npx", "-y", "server"]
    assert [port["name"] for port in server["ports"]] == ["http", "admin"]
    assert "initContainers" not in found


def test_rules_are_options_of_the_bridge() -> None:
    found = pod(
        bridge="registry.test/bridge:1",
        secretEnv={"TOKEN": "pulumi-key"},
        authorization={"bearer": {"secret": "demo-mcp-credentials", "key": "TOKEN"}},
        bridgeRules={
            "allowTools": ["get_*", "-x"],
            "denyTools": ["get_secret"],
            "allowHosts": ["mcp.example.com"],
            "requireToken": True,
        },
    )
    server, bridge = found["containers"]
    assert bridge["args"][2:-4] == [
        "--allow-tool=get_*",
        "--allow-tool=-x",
        "--deny-tool=get_secret",
        "--allow-host=mcp.example.com",
        "--token-file=/etc/cortex-bridge/token",
    ]
    assert bridge["volumeMounts"][-1] == {"name": "bridge-token", "mountPath": "/etc/cortex-bridge", "readOnly": True}
    items = [{"key": "TOKEN", "path": "token"}]
    secret = {"secretName": "demo-mcp-credentials", "defaultMode": 0o440, "items": items}
    assert found["volumes"][-1] == {"name": "bridge-token", "secret": secret}
    assert "bridge-token" not in str(server)
