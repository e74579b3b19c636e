from stacks.model import names


def test_endpoint_is_the_services_dns_name() -> None:
    assert names.endpoint("talos", "cortex-mcp", 8080, "/mcp", "cluster.local") == (
        "http://talos-mcp-server.cortex-mcp.svc.cluster.local:8080/mcp"
    )


def test_capabilities_have_one_order() -> None:
    assert names.capabilities({"talos": (), "kubernetes": ()}) == "kubernetes,talos"


def test_clients_of_one_namespace_have_names_of_their_own() -> None:
    found = {names.server_client("time", labels) for labels in ({}, {"app": "a"}, {"app": "b"}, {"a": "1", "b": "2"})}
    assert len(found) == 4
    assert names.server_client("time", {"a": "1", "b": "2"}) == names.server_client("time", {"b": "2", "a": "1"})


def test_longest_type_makes_a_service_name_that_kubernetes_takes() -> None:
    assert len(names.server("x" * 52)) == 63
