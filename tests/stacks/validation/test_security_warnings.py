import pytest

from stacks.program import deploy
from stacks.validation.security_warnings import weakenings
from tests.components.full import SECRETS, full
from tests.components.recording import MINIMAL, record

SPACES = {name: {"component": "c", "description": "d"} for name in ("cortex-system", "cortex-mcp", "cortex-monitoring")}
PROD = {"context": "c", "environment": "prod-eu"}
COMMAND = {**MINIMAL, "transport": "stdio", "command": ["npx", "-y", "server"]}
LITERAL = {"url": {"namespace": "cortex-mcp", "keys": {"url": {"literal": "https://x"}}}}


def test_a_stack_that_switches_nothing_off_has_no_warning() -> None:
    assert list(weakenings(full())) == []
    stock = {**COMMAND, "bridge": "registry.test/bridge:1"}
    assert list(weakenings(full(servers={"demo": stock}))) == []


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (
            {"cluster": {"context": "c", "environment": "e", "networkPolicies": "ignored"}},
            "cluster.networkPolicies is ignored: every pod of the cluster reaches every MCP server, and each "
            "server reaches any address: use a network that enforces them, and remove networkPolicies",
        ),
        (
            {"namespaces": {**SPACES, "cortex-mcp": {**SPACES["cortex-mcp"], "podSecurity": "baseline"}}},
            "namespaces.cortex-mcp.podSecurity is baseline: pods that run as root are admitted: "
            "remove podSecurity, because nothing in this stack needs it",
        ),
        (
            {"namespaces": {**SPACES, "cortex-mcp": {**SPACES["cortex-mcp"], "podSecurity": "privileged"}}},
            "namespaces.cortex-mcp.podSecurity is privileged: pods that can take over the node are admitted: "
            "remove podSecurity, because nothing in this stack needs it",
        ),
        (
            {"cluster": PROD, "secrets": LITERAL},
            "secrets.url.keys.url is a literal: it is plain text in the stack file and in the ConfigMap "
            "cortex-declaration: if it is secret, use pulumi or file",
        ),
        (
            {"agent": {"image": "registry.test/cortex:1", "actions": ["cordon"]}},
            "agent.actions has cordon: RBAC cannot limit the change of a node to one field, so whoever controls a pod "
            "of the agent can change labels and taints of every node: remove it, and cordon nodes by hand",
        ),
        (
            {"resourceManager": {"scope": "cluster"}},
            "resourceManager.scope is cluster: the resource manager reads every Secret and may start pods in every "
            "namespace, kube-system included, which amounts to cluster-admin: remove scope to bind it only in the "
            "declared namespaces",
        ),
        (
            {"resourceManager": {"token": "legacy"}},
            "resourceManager.token is legacy: its token never expires and is stored in etcd and in the stack's state: "
            "remove token, and request one that expires: kubectl create token cortex-resource-manager -n cortex-system",
        ),
        (
            {"servers": {"demo": COMMAND}},
            "servers.demo.command: replaces the bridge that a stdio server's image starts, so nothing may serve HTTP: "
            "set bridge to the bridge's image, or start the bridge in command",
        ),
    ],
    ids=["network", "baseline", "privileged", "literal", "cordon", "scope", "token", "command"],
)
def test_each_weakening_is_one_sentence_in_preview_and_deployment(parts: dict[str, object], sentence: str) -> None:
    bare: dict[str, object] = {"servers": {}, "secrets": {}, "kubeStateMetrics": None, "resourceManager": None}
    declaration = full(**{**bare, **parts})
    assert record(lambda: deploy(declaration), SECRETS).warnings == [sentence]
    assert record(lambda: deploy(declaration), preview=True).warnings == [sentence]


def test_literals_are_welcome_outside_production() -> None:
    assert list(weakenings(full(servers={}, secrets=LITERAL, resourceManager=None))) == []


def _access(**kubernetes: object) -> list[str]:
    server = {**MINIMAL, "kubernetes": kubernetes}
    return [warning.removeprefix("servers.demo.kubernetes") for warning in weakenings(full(servers={"demo": server}))]


def test_access_in_the_whole_cluster_is_named() -> None:
    assert _access(everywhere=True) == [
        ".everywhere: what is granted is granted in every namespace, kube-system included: "
        "name the namespaces that the server needs"
    ]


def test_strong_cluster_roles_are_named() -> None:
    assert _access(clusterRoles=["view", "edit"], namespaces=["cortex-mcp"]) == [
        ": ClusterRole edit may read Secrets and start pods: grant view, or the rules that the server needs"
    ]


@pytest.mark.parametrize(
    ("rule", "sentences"),
    [
        ({"resources": ["pods"], "verbs": ["get", "list"]}, []),
        (
            {"apiGroups": ["apps"], "resources": ["*"], "verbs": ["*"]},
            ["has '*' as resources and verbs, also what is added to the cluster later: name what the server needs"],
        ),
        (
            {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "verbs": ["bind", "escalate"]},
            [
                "has the verb bind: the server may grant itself roles: remove it",
                "has the verb escalate: the server may add permissions to its roles: remove it",
            ],
        ),
        (
            {"resources": ["serviceaccounts"], "verbs": ["impersonate"]},
            ["has the verb impersonate: the server may act as others: remove it"],
        ),
        (
            {"resources": ["secrets"], "verbs": ["list"]},
            ["reads every Secret where it is granted: get them by resourceNames"],
        ),
        (
            {"resources": ["secrets"], "resourceNames": ["a", "b"], "verbs": ["get"]},
            ["reads a, b: remove it if the server does without"],
        ),
        (
            {"resources": ["pods/exec"], "verbs": ["create"]},
            ["has pods/exec: the server may run commands in pods: remove it if the server does without"],
        ),
    ],
)
def test_rules_that_open_more_are_named(rule: object, sentences: list[str]) -> None:
    expected = [f".clusterRules.0: {sentence}" for sentence in sentences]
    assert _access(clusterRules=[rule]) == expected
