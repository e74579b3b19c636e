"""The verifier's permission to read the tokens of MCP servers: by name, and only where they are declared."""

from typing import Any, cast

from stacks.manifests.build import parts
from stacks.model import names
from tests.checks.world import SETTINGS, declared

TOKEN = {"namespace": "cortex-mcp", "keys": {"token": {"pulumi": "token"}}}


def rules(**servers: Any) -> dict[str, Any]:
    """Give the rules about Secrets of the verifier's roles, by namespace."""
    given = {kind: {**SETTINGS["servers"]["time"], **settings} for kind, settings in servers.items()}
    secrets = {"one": TOKEN, "two": TOKEN, "key": {**TOKEN, "name": "called-otherwise"}}
    made = parts(declared(servers=given, secrets=secrets, verifier={"image": "registry.test/cortex:1"}))["verifier",]
    roles = [each for each in made if each.kind in ("Role", "ClusterRole")]
    found = {role.namespace: cast("Any", role.content)["rules"] for role in roles if "secrets" in str(role.content)}
    assert {role.name for role in roles if role.namespace in found} <= {
        names.VERIFIER_TOKENS_ROLE,
        names.VERIFIER_RESULT_ROLE,
    }
    return found


def bearer(secret: str, key: str = "token") -> dict[str, Any]:
    return {"authorization": {"bearer": {"secret": secret, "key": key}}}


def test_no_secret_is_readable_without_a_token() -> None:
    assert rules(time={}, other={"authorization": {"anonymous": "refused"}}) == {}


def test_exactly_the_named_secrets_are_readable() -> None:
    own = {"secretEnv": {"TOKEN": "token"}, **bearer("own-mcp-credentials", "TOKEN")}
    (rule,) = rules(time=bearer("two"), other=bearer("one"), again=bearer("one"), own=own)["cortex-mcp"]
    assert (rule["resources"], rule["verbs"], rule["resourceNames"]) == (
        ("secrets",),
        ("get",),
        ("one", "own-mcp-credentials", "two"),
    )


def test_a_secret_is_readable_under_its_name() -> None:
    (rule,) = rules(time=bearer("key"))["cortex-mcp"]
    assert rule["resourceNames"] == ("called-otherwise",)


def test_the_secret_of_a_client_is_readable() -> None:
    stored = {"secret": "one", "key": "token"}
    client = {"issuer": "https://login.test", "clientId": "cortex", "clientSecret": stored}
    (rule,) = rules(time={"authorization": {"clientCredentials": client}})["cortex-mcp"]
    assert rule["resourceNames"] == ("one",)


def test_declared_destinations_are_allowed_besides_the_api() -> None:
    egress = [{"namespace": "login", "labels": {"app": "login"}, "ports": [8080]}]
    verifier = {"image": "registry.test/cortex:1", "egress": egress}
    made = parts(declared(verifier=verifier))["verifier",]
    [policy] = (each for each in made if each.kind == "NetworkPolicy")
    api, login = cast("Any", policy.content)["spec"]["egress"]
    assert [port["port"] for port in api["ports"]] == [443, 6443]
    assert login["ports"] == [{"port": 8080, "protocol": "TCP"}]
    assert login["to"][0]["podSelector"] == {"matchLabels": {"app": "login"}}
