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
