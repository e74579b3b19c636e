"""Faults in `cortex:servers`."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from tests.stacks.wrong import FILE, REMOVED, SETTINGS, TOKEN, VALID, VALUE, Settings, Wrong, ids, refused

TYPE = "a server type: use at most 52 of a-z, 0-9 and '-', begin with a letter, end with a letter or digit"
FOLDER = "a folder: write for instance /etc/talos, without '..' and without '/' at the end"
IMAGE = (
    "an image reference: write for instance ghcr.io/owner/name:1.0.0, "
    "in lower case except for registry and tag, or with a whole digest in place of the tag"
)
ONE_WAY = "give exactly one of anonymous, bearer and clientCredentials"
CLIENT = {"clientId": "cortex", "clientSecret": {"secret": "token", "key": "token"}}
WRITE = "write https://HOST/PATH, or http:// with NAME.NAMESPACE.svc or localhost as the host"
CLOCK = cast("Settings", VALID["servers"])["clock"]
WRONG_IMAGES: Wrong = [
    ({"servers.clock.image": image}, f"servers.clock.image: {image!r} is not {IMAGE}")
    for image in (
        "ghcr.io/Foo/bar:1",
        "a/b:",
        "a/b@",
        "a//b:1",
        "a/b:1:2",
        "a/b:-1",
        f"a/b:{'1' * 129}",
        "x@sha256:abc",
        "registry.test:port/a:1",
        "-a:1",
    )
]
WRONG_FOLDERS: Wrong = [
    (
        {"secrets.token": TOKEN, "servers.clock.secrets": [{"name": "token", "mount": folder}]},
        f"servers.clock.secrets.0.mount: {folder!r} is not {FOLDER}",
    )
    for folder in ("/", "etc", "/etc/", "/etc/../tmp", "/a b", "/a:b")
]
WRONG: Wrong = [
    ({"servers.9": CLOCK}, f"servers.9: '9' is not {TYPE}"),
    ({"servers.clock.image": REMOVED}, "servers.clock.image: is missing"),
    (
        {"servers.clock.image": "Time Server"},
        f"servers.clock.image: 'Time Server' is not {IMAGE}",
    ),
    *WRONG_IMAGES,
    ({"servers.clock.version": 1.0}, "servers.clock.version: must be text: put the value in quotes"),
    (
        {"servers.clock.transport": "tcp"},
        "servers.clock.transport: 'tcp' is not possible: it must be 'http' (Streamable HTTP), 'sse' (the older HTTP "
        "with a stream of events), 'stdio' (standard input and output, for an image with the bridge in front) or "
        "'websocket' (WebSocket, with the subprotocol mcp)",
    ),
    (
        {"servers.clock.transport": "streamable-http"},
        "servers.clock.transport: 'streamable-http' is called http here: write transport: http",
    ),
    ({"servers.clock.authorization": {}}, f"servers.clock.authorization: {ONE_WAY}"),
    (
        {"servers.clock.authorization": {"anonymous": "refused", "bearer": {"secret": "token", "key": "token"}}},
        f"servers.clock.authorization: {ONE_WAY}",
    ),
    (
        {"servers.clock.authorization.clientCredentials": {**CLIENT, "tokenUrl": "https://a", "issuer": "https://a"}},
        "servers.clock.authorization.clientCredentials: give exactly one of tokenUrl and issuer",
    ),
    (
        {"servers.clock.authorization.clientCredentials": {**CLIENT, "tokenUrl": "http://login.example.com/token"}},
        "servers.clock.authorization.clientCredentials.tokenUrl: 'http://login.example.com/token' would send a secret "
        f"unencrypted: {WRITE}",
    ),
    (
        {"servers.clock.authorization.clientCredentials": {**CLIENT, "tokenUrl": "https://me:pw@login.example.com/"}},
        "servers.clock.authorization.clientCredentials.tokenUrl: has a name or a password in the address: " + WRITE,
    ),
    (
        {"servers.clock.authorization.clientCredentials": {**CLIENT, "issuer": "https://login.example.com?a=b"}},
        "servers.clock.authorization.clientCredentials.issuer: 'https://login.example.com?a=b' is not an issuer: "
        "remove the query",
    ),
    (
        {"servers.clock.transport": "ws"},
        "servers.clock.transport: 'ws' is called websocket here: write transport: websocket",
    ),
    ({"servers.clock.port": "8080"}, "servers.clock.port: must be a whole number: write 8080 without quotes"),
    (
        {"servers.clock.imagePullSecrets": ["a"]},
        "servers.clock.imagePullSecrets: is not a known setting: "
        "set cluster.imagePullSecrets, which is for all pods of the stack",
    ),
    (
        {"servers.clock.resources": {"gpu": 1}},
        "servers.clock.resources.gpu: is not a known setting: known here are extended, limits, requests",
    ),
    ({"servers.clock.capabilities": {}}, "servers.clock.capabilities: needs at least one entry"),
    (
        {"servers.clock.capabilities": {"time": "get_current_time"}},
        "servers.clock.capabilities.time: must be a list",
    ),
    ({"servers.clock.replicas": -1}, "servers.clock.replicas: input should be greater than or equal to 0"),
    ({"servers.clock.replicas": True}, "servers.clock.replicas: must be a whole number"),
    ({"servers.clock.port": 70000}, "servers.clock.port: input should be less than or equal to 65535"),
    (
        {"servers.clock.path": "mcp"},
        "servers.clock.path: 'mcp' is not an HTTP path: begin it with '/' and use no spaces",
    ),
    ({"servers.clock.args": ["--port", 8080]}, "servers.clock.args.1: must be text: put the value in quotes"),
    (
        {"servers.clock.env": {"LOG-LEVEL": "x"}},
        "servers.clock.env.LOG-LEVEL: 'LOG-LEVEL' is not an environment variable: "
        "use at most 253 letters, digits and '_', and do not begin with a digit",
    ),
    ({"servers.clock.config": {"a/b": ""}}, f"servers.clock.config.a/b: 'a/b' is not {FILE}"),
    ({"servers.clock.config": {"..": ""}}, f"servers.clock.config...: '..' is not {FILE}"),
    (
        {"servers.clock.secretEnv": {"TOKEN": "my token"}},
        "servers.clock.secretEnv.TOKEN: the text is not the key of a secret: "
        "use letters, digits, '-', '_' and '.', and begin with a letter",
    ),
    (
        {"servers.clock.resources.requests": {"cpu": "1", "memory": "1Gi"}},
        "servers.clock.resources: requests are larger than limits: lower requests or raise limits",
    ),
    (
        {"servers.clock.probes.liveness": {"successThreshold": 2}},
        "servers.clock.probes: liveness.successThreshold must be 1: Kubernetes allows more for readiness only",
    ),
    (
        {"servers.clock.probes.readiness": {"mcp": {"image": "a:1"}, "tcpSocket": {}}},
        "servers.clock.probes.readiness: has tcpSocket and mcp: keep one of them",
    ),
    ({"servers.clock.probes.readiness": {"mcp": {}}}, "servers.clock.probes.readiness.mcp.image: is missing"),
    (
        {"servers.clock.probes.startup.initialDelaySeconds": 2**31},
        "servers.clock.probes.startup.initialDelaySeconds: input should be less than or equal to 2147483647",
    ),
    (
        {"servers.clock.probes.startup.periodSeconds": "5s"},
        "servers.clock.probes.startup.periodSeconds: must be a whole number",
    ),
    (
        {"servers.clock.kubernetes": {"namespaces": []}},
        "servers.clock.kubernetes: is granted nowhere: give namespaces, or everywhere: true",
    ),
    (
        {"servers.clock.kubernetes": {"clusterRole": "read/all", "namespaces": ["cortex-mcp"]}},
        "servers.clock.kubernetes.clusterRole: 'read/all' is not a role name: use neither '/' nor '%'",
    ),
    (
        {"servers.clock.clients": [{"namespace": "a", "labels": {"a..b/app": "x"}}]},
        "servers.clock.clients.0.labels.a..b/app: 'a..b/app' is not a label key: "
        "use at most 63 letters, digits, '-', '_' and '.', with or without a 'domain/' in front",
    ),
    (
        {"servers.clock.clients": [{"namespace": "a", "labels": {"app": "a b"}}]},
        f"servers.clock.clients.0.labels.app: 'a b' is not {VALUE}",
    ),
    ({"servers.clock.smoke": {"arguments": {}}}, "servers.clock.smoke.tool: is missing"),
    ({"servers.clock.smoke": [{"tool": "a"}, {"arguments": {}}]}, "servers.clock.smoke.1.tool: is missing"),
    (
        {"servers.clock.smoke": {"tool": "a", "argument": {}}},
        "servers.clock.smoke.argument: is not a known setting: did you mean arguments?",
    ),
    ({"servers.clock.smoke": []}, "servers.clock.smoke: needs at least one entry"),
    ({"servers.clock.smoke": "add"}, "servers.clock.smoke: must be a mapping of settings"),
    (
        {"servers.clock.config": {"a": "a" * 2**20, "b": "b"}},
        "servers.clock.config: is 1048577 bytes long, and a ConfigMap takes 1048576: shorten it, or split it",
    ),
    (
        {"secrets.token": TOKEN, "servers.clock.secrets": [{"name": "token"}]},
        "servers.clock.secrets.0: is not used: give env, envFrom, mount, or several of them",
    ),
    (
        {"configMaps.settings": SETTINGS, "servers.clock.configMaps": [{"name": "settings"}]},
        "servers.clock.configMaps.0: is not used: give envFrom, mount, or both",
    ),
    *WRONG_FOLDERS,
    (
        {"servers.clock.autoscaling": {"minReplicas": 5}},
        "servers.clock.autoscaling: minReplicas is larger than maxReplicas: lower it or raise that",
    ),
    (
        {"servers.clock.autoscaling": {"cpuPercent": 101}},
        "servers.clock.autoscaling.cpuPercent: input should be less than or equal to 100",
    ),
    (
        {"servers.clock.disruption": {"maxUnavailable": 0}},
        "servers.clock.disruption.maxUnavailable: input should be greater than or equal to 1",
    ),
    (
        {"servers.clock.egress": [{"cidrs": ["proxmox.test"], "ports": [8006]}]},
        "servers.clock.egress.0.cidrs.0: 'proxmox.test' is not an address range: "
        "write for instance 10.0.0.0/24 or 192.0.2.10/32",
    ),
    (
        {"servers.clock.egress": [{"cidrs": ["192.0.2.1/24"], "ports": [8006]}]},
        "servers.clock.egress.0.cidrs.0: '192.0.2.1/24' is not an address range: "
        "write for instance 10.0.0.0/24 or 192.0.2.10/32",
    ),
    (
        {"servers.clock.egress": [{"cidrs": ["192.0.2.0/24"], "ports": []}]},
        "servers.clock.egress.0.ports: needs at least one entry",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]
