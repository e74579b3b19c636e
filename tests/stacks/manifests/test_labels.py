"""What clients learn of a server from its labels, annotations and Service."""

from typing import Any, cast

from stacks.manifests.build import parts
from tests.checks.world import SETTINGS, declared

MONITORED: Any = {"cluster": {**SETTINGS["cluster"], "customResources": ["ServiceMonitor"]}}

ENDPOINT = "mcp.cortex.dev/endpoint"
PROTOCOL = "mcp.cortex.dev/protocol"


def told(**settings: Any) -> tuple[str, object, Any]:
    """Give the transport, the endpoint and the protocol of the Service's port."""
    time = {**SETTINGS["servers"]["time"], **settings}
    made = parts(declared(servers={"time": time}))["servers", "time"]
    (deployment,) = [manifest for manifest in made if manifest.kind == "Deployment"]
    (service,) = [manifest for manifest in made if manifest.kind == "Service"]
    port = cast("Any", service.content)["spec"]["ports"][0]
    return deployment.labels[PROTOCOL], deployment.annotations[ENDPOINT], port.get("appProtocol")


def test_http_is_not_said() -> None:
    assert told() == ("stdio", "http://time-mcp-server.cortex-mcp.svc.cluster.local:8080/mcp", None)


def test_tls_and_the_older_transport_are_said() -> None:
    endpoint = "https://time-mcp-server.cortex-mcp.svc.cluster.local:443/sse"
    for tls in (True, {"verify": False}):
        assert told(transport="sse", path="/sse", tls=tls, service={"port": 443}) == ("sse", endpoint, "https")


def test_a_web_socket_is_said() -> None:
    place = "time-mcp-server.cortex-mcp.svc.cluster.local:8080/ws"
    socket: Any = {"transport": "websocket", "path": "/ws"}
    assert told(**socket) == ("websocket", f"ws://{place}", "kubernetes.io/ws")
    assert told(**socket, tls=True) == ("websocket", f"wss://{place}", "kubernetes.io/wss")


def test_probes_of_the_endpoint_use_its_tls() -> None:
    probes = {
        "liveness": {"httpGet": {"path": "/live", "port": 9000}},
        "startup": {"httpGet": {"path": "/start", "scheme": "HTTP"}},
    }
    time = {**SETTINGS["servers"]["time"], "tls": True, "probes": probes}
    made = parts(declared(servers={"time": time}))["servers", "time"]
    (deployment,) = [manifest for manifest in made if manifest.kind == "Deployment"]
    (container,) = cast("Any", deployment.content)["spec"]["template"]["spec"]["containers"]
    schemes = [container[f"{name}Probe"]["httpGet"].get("scheme") for name in ("liveness", "readiness", "startup")]
    assert schemes == [None, "HTTPS", "HTTP"]


def test_settings_that_are_off_are_not_published() -> None:
    assert (
        declared().canonical()
        == declared(
            servers={kind: {**server, "tls": False} for kind, server in SETTINGS["servers"].items()}
        ).canonical()
    )


def noted(**settings: Any) -> dict[str, str]:
    """Give the annotations of the pods by which Prometheus finds metrics."""
    time = {**SETTINGS["servers"]["time"], **settings}
    made = parts(declared(servers={"time": time}))["servers", "time"]
    (deployment,) = [manifest for manifest in made if manifest.kind == "Deployment"]
    annotations = cast("Any", deployment.content)["spec"]["template"]["metadata"]["annotations"]
    assert not any(key.startswith("prometheus.io/") for key in deployment.annotations)
    return {key: value for key, value in annotations.items() if key.startswith("prometheus.io/")}


def test_pods_say_where_their_metrics_are() -> None:
    assert noted() == {}
    plain = {"prometheus.io/scrape": "true", "prometheus.io/port": "8080", "prometheus.io/path": "/metrics"}
    assert noted(metrics={}) == plain
    assert noted(metrics={"port": 9090}, tls=True) == {**plain, "prometheus.io/port": "9090"}
    assert noted(metrics={}, tls=True) == {**plain, "prometheus.io/scheme": "https"}


def test_metrics_that_a_monitor_names_are_not_announced_twice() -> None:
    time = {**SETTINGS["servers"]["time"], "metrics": {"serviceMonitor": True}}
    (deployment,) = [
        manifest
        for manifest in parts(declared(servers={"time": time}, **MONITORED))["servers", "time"]
        if manifest.kind == "Deployment"
    ]
    assert "prometheus.io" not in str(deployment.content)
