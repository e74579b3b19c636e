import pytest

from stacks.program import deploy
from stacks.validation.security_warnings import weakenings
from tests.components.full import SECRETS, full
from tests.components.recording import record

SPACES = {name: {"component": "c", "description": "d"} for name in ("cortex-system", "cortex-mcp", "cortex-monitoring")}
PROD = {"context": "c", "environment": "prod-eu"}
LITERAL = {"url": {"namespace": "cortex-mcp", "keys": {"url": {"literal": "https://x"}}}}


def test_a_stack_that_switches_nothing_off_has_no_warning() -> None:
    assert list(weakenings(full())) == []


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (
            {"cluster": {"context": "c", "environment": "e", "networkPolicies": "ignored"}},
            "cluster.networkPolicies is ignored: every pod of the cluster reaches every MCP server, and each of them "
            "any address: use a network that enforces them, and leave networkPolicies out",
        ),
        (
            {"namespaces": {**SPACES, "cortex-mcp": {**SPACES["cortex-mcp"], "podSecurity": "baseline"}}},
            "namespaces.cortex-mcp.podSecurity is baseline: pods that run as root are admitted there: "
            "leave podSecurity out, for nothing of this stack needs it",
        ),
        (
            {"namespaces": {**SPACES, "cortex-mcp": {**SPACES["cortex-mcp"], "podSecurity": "privileged"}}},
            "namespaces.cortex-mcp.podSecurity is privileged: pods that take over the node are admitted there: "
            "leave podSecurity out, for nothing of this stack needs it",
        ),
        (
            {"cluster": PROD, "secrets": LITERAL},
            "secrets.url.keys.url is a literal: it stands in the clear in the stack file and in the ConfigMap "
            "cortex-declaration: if it is secret, take pulumi or file",
        ),
        (
            {"resourceManager": {"scope": "cluster"}},
            "resourceManager.scope is cluster: the resource manager reads every Secret and may start pods in every "
            "namespace, kube-system included, which amounts to cluster-admin: leave scope out to bind it in the "
            "declared namespaces alone",
        ),
        (
            {"resourceManager": {"token": "legacy"}},
            "resourceManager.token is legacy: its token never expires and lies in etcd and in the stack's state: leave "
            "token out, and ask for one that expires: kubectl create token cortex-resource-manager -n cortex-system",
        ),
    ],
    ids=["network", "baseline", "privileged", "literal", "scope", "token"],
)
def test_each_weakening_is_one_sentence_in_preview_and_deployment(parts: dict[str, object], sentence: str) -> None:
    bare: dict[str, object] = {"servers": {}, "secrets": {}, "kubeStateMetrics": None, "resourceManager": None}
    declaration = full(**{**bare, **parts})
    assert record(lambda: deploy(declaration), SECRETS).warnings == [sentence]
    assert record(lambda: deploy(declaration), preview=True).warnings == [sentence]


def test_literals_are_welcome_outside_production() -> None:
    assert list(weakenings(full(servers={}, secrets=LITERAL, resourceManager=None))) == []
