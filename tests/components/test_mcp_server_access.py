"""Who reaches an MCP server, and what it reaches."""

from stacks.manifests.site import Site
from tests.components.served import NAME, served


def test_without_declared_access_there_is_neither_token_nor_binding() -> None:
    recording = served()
    assert recording.one("ServiceAccount").at("automountServiceAccountToken") is False
    assert recording.one("Deployment").at("spec.template.spec.automountServiceAccountToken") is False
    assert recording.of("RoleBinding") == {}


def test_declared_access_is_bound_in_the_declared_namespaces() -> None:
    recording = served(kubernetes={"clusterRole": "edit", "namespaces": ["cortex-mcp", "cortex-system"]})
    assert recording.one("ServiceAccount").at("automountServiceAccountToken") is False, "only its own pod asks for it"
    assert recording.one("Deployment").at("spec.template.spec.automountServiceAccountToken") is True
    bindings = recording.of("RoleBinding")
    assert set(bindings) == {NAME, "cortex-system/demo-mcp-server"}
    for binding in bindings.values():
        assert binding.at("roleRef") == {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "edit",
        }
        assert binding.at("subjects") == [
            {"kind": "ServiceAccount", "name": "demo-mcp-server", "namespace": "cortex-mcp"}
        ]


PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}
NODES = {"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}
METRICS = {"nonResourceURLs": ["/metrics"], "verbs": ["get"]}


def test_own_rules_become_a_role_in_each_namespace_and_cluster_rules_a_cluster_role() -> None:
    recording = served(
        kubernetes={
            "clusterRoles": ["view", "flux-view"],
            "rules": [PODS],
            "clusterRules": [NODES, METRICS],
            "namespaces": ["cortex-mcp", "cortex-system"],
        }
    )
    roles = recording.of("Role")
    assert {name: role.at("rules") for name, role in roles.items()} == {
        NAME: [PODS],
        "cortex-system/demo-mcp-server": [PODS],
    }
    bound = {name: binding.at("roleRef.name") for name, binding in recording.of("RoleBinding").items()}
    assert bound == {
        f"{space}/demo-mcp-server-{suffix}": role
        for space in ("cortex-mcp", "cortex-system")
        for suffix, role in (("view", "view"), ("flux-view", "flux-view"), ("rules", "demo-mcp-server"))
    }
    own = "cortex-mcp-demo-mcp-server-cluster-rules"
    assert recording.of("ClusterRole")[own].at("rules") == [NODES, METRICS]
    assert recording.of("ClusterRoleBinding")[own].at("roleRef.name") == own


def test_everything_can_be_granted_in_the_whole_cluster() -> None:
    recording = served(kubernetes={"clusterRole": "view", "rules": [PODS], "everywhere": True})
    assert recording.of("RoleBinding") == recording.of("Role") == {}
    bound = {name: binding.at("roleRef.name") for name, binding in recording.of("ClusterRoleBinding").items()}
    own = "cortex-mcp-demo-mcp-server-rules"
    assert bound == {"cortex-mcp-demo-mcp-server-view": "view", own: own}
    assert recording.of("ClusterRole")[own].at("rules") == [PODS]


def test_nobody_reaches_a_server_without_clients() -> None:
    assert served().of("NetworkPolicy")[NAME].at("spec") == {
        "podSelector": {"matchLabels": {"app": "mcp-server", "mcp.cortex.dev/type": "demo"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [],
        "egress": [],
    }


def test_only_declared_clients_reach_the_port() -> None:
    clients = [{"namespace": "cortex-system"}, {"namespace": "monitoring", "labels": {"app": "prometheus"}}]
    recording = served(port=9000, clients=clients)
    assert recording.of("NetworkPolicy")[NAME].at("spec.ingress") == [
        {
            "from": [
                {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "cortex-system"}}},
                {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}},
                    "podSelector": {"matchLabels": {"app": "prometheus"}},
                },
            ],
            "ports": [{"port": 9000, "protocol": "TCP"}],
        }
    ]


def test_clients_are_let_out_of_managed_namespaces_and_only_those() -> None:
    clients = [
        {"namespace": "cortex-system"},
        {"namespace": "cortex-system", "labels": {"app": "verifier"}},
        {"namespace": "monitoring"},
    ]
    policies = served(clients=clients).of("NetworkPolicy")
    assert len(policies) == 3
    assert policies["cortex-system/demo-mcp-server-client"].at("spec") == {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "ingress": [],
        "egress": [
            {
                "to": [
                    {
                        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "cortex-mcp"}},
                        "podSelector": {"matchLabels": {"app": "mcp-server", "mcp.cortex.dev/type": "demo"}},
                    }
                ],
                "ports": [{"port": 8080, "protocol": "TCP"}],
            }
        ],
    }
    (labelled,) = (name for name in policies if name.startswith("cortex-system/demo-mcp-server-client-"))
    assert policies[labelled].at("spec.podSelector") == {"matchLabels": {"app": "verifier"}}


def test_server_with_access_may_leave_for_the_api_alone() -> None:
    policy = served(kubernetes={"namespaces": ["cortex-mcp"]}).of("NetworkPolicy")[NAME]
    assert policy.at("spec.egress") == [
        {"ports": [{"port": 443, "protocol": "TCP"}, {"port": 6443, "protocol": "TCP"}]}
    ]


def test_declared_destinations_are_all_that_it_may_leave_for() -> None:
    egress = [{"cidrs": ["192.0.2.10/32", "10.0.0.0/24"], "ports": [50000]}]
    policy = served(egress=egress).of("NetworkPolicy")[NAME]
    assert policy.at("spec.egress") == [
        {
            "to": [{"ipBlock": {"cidr": "192.0.2.10/32"}}, {"ipBlock": {"cidr": "10.0.0.0/24"}}],
            "ports": [{"port": 50000, "protocol": "TCP"}],
        }
    ]


def test_servers_with_access_reach_the_declared_api_servers_alone() -> None:
    site = Site(("cortex-mcp",), api_servers=("192.0.2.1/32", "2001:db8::/64"))
    policies = served(site=site, kubernetes={"namespaces": ["cortex-mcp"]}).of("NetworkPolicy")
    assert policies[NAME].at("spec.egress") == [
        {
            "to": [{"ipBlock": {"cidr": "192.0.2.1/32"}}, {"ipBlock": {"cidr": "2001:db8::/64"}}],
            "ports": [{"port": 443, "protocol": "TCP"}, {"port": 6443, "protocol": "TCP"}],
        }
    ]
