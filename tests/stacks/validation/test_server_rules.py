"""Faults between the settings of one server."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.stacks.wrong import SETTINGS, TOKEN, Settings, Wrong, changed, ids, lines, refused

BRIDGE: Settings = {"servers.clock.bridge": "registry.test/bridge:1", "servers.clock.command": ["server"]}
MCP: Settings = {
    "servers.clock.transport": "http",
    "servers.clock.probes.readiness.mcp.image": "registry.test/cortex:1",
}

SOCKET: Settings = {"servers.clock.transport": "websocket"}

WRONG: Wrong = [
    (
        {**SOCKET, "servers.clock.protocols": ["2025-06-18", "2026-07-28"]},
        "servers.clock: protocols: MCP 2026-07-28 has no WebSocket, which belongs to older versions: remove 2026-07-28",
    ),
    (
        {**MCP, **SOCKET},
        "servers.clock: probes.readiness.mcp: does not speak WebSocket: "
        "use tcpSocket, or httpGet if the image answers it",
    ),
    (
        {**BRIDGE, **SOCKET},
        "servers.clock: bridge: is for servers that speak stdio, but transport is websocket: "
        "remove bridge, or set transport: stdio",
    ),
    (
        {"servers.clock.bridgeRules.denyTools": ["a"]},
        "servers.clock: bridgeRules: are for a bridge in a container of its own: add bridge, or remove bridgeRules; "
        "an image with the bridge in front takes its options from the variable BRIDGE_OPTIONS",
    ),
    (
        {**BRIDGE, "servers.clock.bridgeRules.requireToken": True},
        "servers.clock: bridgeRules.requireToken: needs the token: "
        "add authorization: {bearer: {secret: NAME, key: KEY}}",
    ),
    (
        {
            **BRIDGE,
            "secrets.token": TOKEN,
            "servers.clock.authorization.bearer": {"secret": "token", "key": "token"},
            "servers.clock.bridgeRules.requireToken": True,
            "servers.clock.volumes.bridge-token": {"mount": "/a", "emptyDir": {}},
        },
        "servers.clock: volumes.bridge-token: is a name that the stack uses itself with bridgeRules.requireToken: "
        "choose another",
    ),
    (
        {
            **BRIDGE,
            "servers.clock.bridgeRules.denyTools": ["get_*"],
            "servers.clock.capabilities": {"time": ["get_it"]},
        },
        "servers.clock: capabilities.time: bridgeRules leaves out the tool 'get_it', so a verification would miss it: "
        "allow it",
    ),
    (
        {**BRIDGE, "servers.clock.bridgeRules.denyTools": ["go"], "servers.clock.smoke.tool": "go"},
        "servers.clock: smoke: bridgeRules leaves out the tool 'go', so a verification would miss it: allow it",
    ),
    (
        {**BRIDGE, "servers.clock.bridgeRules": {}},
        "servers.clock.bridgeRules: has no rule: give allowTools, denyTools, requireToken or allowHosts, or remove it",
    ),
    (
        {"servers.clock.secretEnv": {"TOKEN": "a"}, "servers.clock.secretFiles": {"TOKEN": "b"}},
        "servers.clock: 'TOKEN' is in secretEnv and in secretFiles: both make one Secret, so remove one of them",
    ),
    (
        {"servers.clock.secretEnv": {"TOKEN": "a"}, "servers.clock.env": {"TOKEN": "b"}},
        "servers.clock: 'TOKEN' is in env and in secretEnv: remove one of them",
    ),
    (
        {"servers.clock.kubernetes": {"namespaces": ["cortex-mcp", "cortex-mcp"]}},
        "servers.clock: kubernetes.namespaces has the same entry twice: remove one",
    ),
    (
        {"servers.clock.clients": [{"namespace": "a"}, {"namespace": "a", "labels": {}}]},
        "servers.clock: clients has the same entry twice: remove one",
    ),
    (
        {
            "secrets.token": TOKEN,
            "servers.clock.secrets": [{"name": "token", "mount": "/a"}, {"name": "token", "mount": "/b"}],
        },
        "servers.clock: secrets names 'token' twice: join the two entries",
    ),
    (
        {
            "secrets.token": TOKEN,
            "servers.clock.env": {"TOKEN": "x"},
            "servers.clock.secrets": [{"name": "token", "env": {"TOKEN": "token"}}],
        },
        "servers.clock: 'TOKEN' is in env and in secrets.0.env: remove one of them",
    ),
    (
        {
            "secrets.token": TOKEN,
            "servers.clock.secretEnv": {"TOKEN": "x"},
            "servers.clock.secrets": [{"name": "token", "env": {"TOKEN": "token"}}],
        },
        "servers.clock: 'TOKEN' is in secretEnv and in secrets.0.env: remove one of them",
    ),
    (
        {
            "secrets.token": TOKEN,
            "configMaps.settings": SETTINGS,
            "servers.clock.secrets": [{"name": "token", "mount": "/etc/both"}],
            "servers.clock.configMaps": [{"name": "settings", "mount": "/etc/both"}],
        },
        "servers.clock: secrets.0.mount /etc/both and configMaps.0.mount /etc/both overlap: choose another folder",
    ),
    (
        {
            "secrets.token": TOKEN,
            "configMaps.settings": SETTINGS,
            "servers.clock.secrets": [{"name": "token", "mount": "/etc/both/inner"}],
            "servers.clock.configMaps": [{"name": "settings", "mount": "/etc/both"}],
        },
        "servers.clock: secrets.0.mount /etc/both/inner and configMaps.0.mount /etc/both overlap: "
        "choose another folder",
    ),
    (
        {"secrets.token": TOKEN, "servers.clock.secrets": [{"name": "token", "mount": "/tmp/token"}]},
        "servers.clock: secrets.0.mount /tmp/token and the built-in /tmp overlap: choose another folder",
    ),
    (
        {
            "configMaps.settings": SETTINGS,
            "servers.clock.configMaps": [{"name": "settings", "mount": "/etc/mcp/config"}],
        },
        "servers.clock: configMaps.0.mount /etc/mcp/config and the built-in /etc/mcp/config overlap: "
        "choose another folder",
    ),
    (
        {"secrets.token": TOKEN, "servers.clock.secrets": [{"name": "token", "mount": "/var/run"}]},
        "servers.clock: secrets.0.mount /var/run and the built-in /var/run/secrets/kubernetes.io/serviceaccount "
        "overlap: choose another folder",
    ),
    (
        {"servers.clock.autoscaling": {"minReplicas": 3}, "servers.clock.replicas": 2},
        "servers.clock: replicas is 2, but autoscaling goes from 3 to 4: set replicas between them",
    ),
    (
        {"servers.clock.disruption": {"maxUnavailable": 2}},
        "servers.clock: disruption.maxUnavailable is 2, so none of 2 pods need stay available: set it to at most 1",
    ),
    (
        {"servers.clock.disruption": {"maxUnavailable": 3}, "servers.clock.autoscaling": {"minReplicas": 3}},
        "servers.clock: disruption.maxUnavailable is 3, so none of 3 pods need stay available: set it to at most 2",
    ),
    (
        {**BRIDGE, "servers.clock.transport": "http"},
        "servers.clock: bridge: is for servers that speak stdio, but transport is http: "
        "remove bridge, or set transport: stdio",
    ),
    (
        {**BRIDGE, "servers.clock.tls": True},
        "servers.clock: tls: the bridge serves plain HTTP: remove tls, or bridge",
    ),
    (
        {**BRIDGE, "servers.clock.command": []},
        "servers.clock: bridge: starts the server by command, which is missing: "
        "write the program and arguments of the image, such as command: [npx, -y, my-server]",
    ),
    (
        {**BRIDGE, "servers.clock.sidecars": {"bridge": {"image": "registry.test/a:1"}}},
        "servers.clock: sidecars.bridge: is a name that the stack uses itself with bridge: choose another",
    ),
    (
        {**BRIDGE, "servers.clock.initContainers": {"launch": {"image": "registry.test/a:1"}}},
        "servers.clock: initContainers.launch: is a name that the stack uses itself with bridge: choose another",
    ),
    (
        {**BRIDGE, "servers.clock.volumes": {"bridge": {"emptyDir": {}}}},
        "servers.clock: volumes.bridge: is a name that the stack uses itself with bridge: choose another",
    ),
    (
        {**BRIDGE, "servers.clock.writable": ["/cortex/cache"]},
        "servers.clock: writable.0 /cortex/cache and the built-in /cortex overlap: choose another folder",
    ),
    (
        {"servers.clock.probes.readiness": {"mcp": {"image": "registry.test/cortex:1"}}},
        "servers.clock: probes.readiness.mcp: the bridge answers /health, /ready and /startup itself: remove mcp",
    ),
    (
        {**MCP, "servers.clock.probes.startup.mcp.image": "registry.test/cortex:2"},
        "servers.clock: probes: mcp.image differs (readiness 'registry.test/cortex:1', startup "
        "'registry.test/cortex:2'): one program serves all probes of a server, so write one image",
    ),
    (
        {**MCP, "servers.clock.sidecars": {"launch": {"image": "registry.test/a:1"}}},
        "servers.clock: sidecars.launch: is a name that the stack uses itself with probes by mcp: choose another",
    ),
    (
        {**MCP, "servers.clock.volumes": {"launch": {"emptyDir": {}, "mount": "/a"}}},
        "servers.clock: volumes.launch: is a name that the stack uses itself with probes by mcp: choose another",
    ),
    (
        {**MCP, "servers.clock.writable": ["/cortex"]},
        "servers.clock: writable.0 /cortex and the built-in /cortex overlap: choose another folder",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]


def test_every_fault_inside_a_server_has_its_line(tmp_path: Path) -> None:
    changes: Settings = {"env": {"A": "", "B": ""}, "secretEnv": {"A": "a", "B": "b"}}
    changes |= {"autoscaling": {"minReplicas": 3}, "replicas": 2}
    found = lines(changed({f"servers.clock.{field}": value for field, value in changes.items()}), tmp_path)
    assert found == [
        "servers.clock: 'A' is in env and in secretEnv: remove one of them",
        "servers.clock: 'B' is in env and in secretEnv: remove one of them",
        "servers.clock: replicas is 2, but autoscaling goes from 3 to 4: set replicas between them",
    ]
