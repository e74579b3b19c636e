from stacks.model import names


def test_endpoint_is_the_services_dns_name() -> None:
    assert names.endpoint("talos", "cortex-mcp", 8080, "/mcp", "cluster.local") == (
        "http://talos-mcp-server.cortex-mcp.svc.cluster.local:8080/mcp"
    )


def test_capabilities_have_one_order() -> None:
    assert names.capabilities({"talos": (), "kubernetes": ()}) == "kubernetes,talos"


def test_longest_type_makes_a_service_name_that_kubernetes_takes() -> None:
    assert len(names.server("x" * 52)) == 63
