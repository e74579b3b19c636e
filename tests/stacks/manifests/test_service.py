"""A server's Service, Ingress, HTTPRoute and ServiceMonitor."""

from typing import Any

from stacks.manifests.service import reached_by, service
from stacks.model.owner import SERVERS, Owner
from stacks.model.server import Server

TIME = Owner(SERVERS, "time")
SERVER = {"image": "registry.example/a:1", "version": "1", "transport": "http", "capabilities": {"a": ["b"]}}


def server(**settings: object) -> Server:
    return Server.model_validate({**SERVER, **settings})


def spec(**settings: object) -> Any:
    return service(TIME, server(**settings)).document()["spec"]


def reached(**settings: object) -> Any:
    (manifest,) = reached_by(TIME, server(**settings), "corp.test")
    return manifest.document()


def test_a_service_is_plain_unless_told() -> None:
    assert set(spec()) == {"type", "selector", "ports", "externalIPs"}


def test_a_service_has_what_is_declared() -> None:
    declared = {"type": "LoadBalancer", "port": 80, "sessionAffinity": "ClientIP", "sessionAffinitySeconds": 60}
    made = spec(service=declared, ports={"admin": 9091}, metrics={"port": 9090}, clientRanges=["192.0.2.0/24"])
    assert made["type"] == "LoadBalancer"
    assert [(port["name"], port["port"], port["targetPort"]) for port in made["ports"]] == [
        ("http", 80, "http"),
        ("admin", 9091, "admin"),
        ("metrics", 9090, "metrics"),
    ]
    assert (made["sessionAffinity"], made["sessionAffinityConfig"]) == (
        "ClientIP",
        {"clientIP": {"timeoutSeconds": 60}},
    )
    assert spec(service={"headless": True})["clusterIP"] == "None"


def test_metrics_on_a_port_that_is_there_need_no_other() -> None:
    assert [port["name"] for port in spec(metrics={"port": 8080})["ports"]] == ["http"]
    assert [port["name"] for port in spec(ports={"admin": 9}, metrics={"port": 9})["ports"]] == ["http", "admin"]
    monitor = reached(ports={"admin": 9}, metrics={"port": 9, "serviceMonitor": True})
    assert monitor["spec"]["endpoints"] == [{"port": "admin", "path": "/metrics"}]


def test_metrics_on_the_port_with_tls_are_scraped_over_https() -> None:
    def endpoint(*, tls: object, **metrics: object) -> object:
        return reached(tls=tls, metrics={**metrics, "serviceMonitor": True})["spec"]["endpoints"]

    named = {"serverName": "time-mcp-server.cortex-mcp.svc.corp.test"}
    secure = {"port": "http", "path": "/metrics", "scheme": "https"}
    assert endpoint(tls=True) == endpoint(tls=True, port=8080) == [{**secure, "tlsConfig": named}]
    assert endpoint(tls={"verify": False}) == [{**secure, "tlsConfig": {"insecureSkipVerify": True}}]
    assert endpoint(tls=True, port=9090) == [{"port": "metrics", "path": "/metrics"}]
    assert endpoint(tls=False) == [{"port": "http", "path": "/metrics"}]


def test_an_ingress_names_host_and_certificate() -> None:
    tls = {"secret": "tls", "clusterIssuer": "ca"}
    made = reached(exposure={"host": "a.test", "proxy": {"namespace": "ingress"}, "className": "nginx", "tls": tls})
    assert made["kind"] == "Ingress"
    assert made["spec"]["tls"] == [{"hosts": ["a.test"], "secretName": "tls"}]
    assert made["metadata"]["annotations"]["cert-manager.io/cluster-issuer"] == "ca"
    assert made["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"] == {"name": "http"}


def test_a_route_leads_to_the_port_of_the_service() -> None:
    gateway = {"name": "shared", "namespace": "gateways", "listener": "https"}
    made = reached(
        exposure={"host": "a.test", "proxy": {"namespace": "gateways"}, "gateway": gateway}, service={"port": 80}
    )
    assert made["kind"] == "HTTPRoute"
    assert made["spec"]["parentRefs"] == [{"name": "shared", "namespace": "gateways", "sectionName": "https"}]
    assert made["spec"]["rules"][0]["backendRefs"] == [{"name": "time-mcp-server", "port": 80}]
