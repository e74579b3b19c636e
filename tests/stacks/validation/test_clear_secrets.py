"""Values that look like secrets: warned about by the name or by the value, and never repeated."""

import pytest

from stacks.model.owner import SERVERS, Owner
from stacks.validation.clear_secrets import clear_secrets, looks_secret
from stacks.validation.security_warnings import weakenings
from tests.components.full import full

VALUE = "correct horse battery"
TOKENS = (
    "ghp_" + "a1B2" * 9,
    "xoxb-" + "1234567890-abc",
    "AKIA" + "ABCDEFGHIJKLMNOP",
    "glpat-" + "x" * 20,
    "postgresql://user:" + "hunter2@db.test/name",
    "-----BEGIN RSA " + "PRIVATE KEY-----",
    "q8Zr2LxV7nTkW4bYpM9sDf3Hj6Gc",
)


@pytest.mark.parametrize(
    "name",
    ["API_TOKEN", "token", "DB_PASSWORD", "PASSWORD", "CLIENT_SECRET", "OPENAI_API_KEY", "MY_PASSWORD_2", "PGPASSWORD"],
)
def test_a_name_gives_a_secret_away(name: str) -> None:
    assert looks_secret(name, VALUE)


@pytest.mark.parametrize("value", TOKENS)
def test_a_value_gives_a_secret_away(value: str) -> None:
    assert looks_secret("LEVEL", value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKEN_FILE", "token"),
        ("PASSWORD_HEADER", "X-Password"),
        ("TOKEN", ""),
        ("TOKEN", "false"),
        ("TOKEN", "/run/secrets/token"),
        ("TOKEN", "$(OTHER)"),
        ("TOKEN_URL", "https://auth.test/token"),
        ("SECRET_ENDPOINT", "https://vault.test"),
        ("SORT_KEY", "created"),
        ("MAX_TOKENS", "4096"),
        ("PROXMOX_TOKEN_NAME", "mcp-token"),
        ("IMAGE", "registry.test/a/b:1.0.0"),
        ("COMMIT", "0123456789abcdef0123456789abcdef01234567"),
        ("SESSION", "b7f9d3a0-95a8-4b3c-9d38-0c2c6e4f5a11"),
        ("DATABASE_URL", "postgresql://user:$(PASSWORD)@db.test/name"),
        ("DATABASE_URL", "postgresql://db.test/name"),
    ],
)
def test_other_values_are_left_alone(name: str, value: str) -> None:
    assert not looks_secret(name, value)


def test_a_warning_names_the_setting_to_use_and_not_the_value() -> None:
    declaration = full(
        servers={
            "demo": {
                "image": "registry.test/demo:1",
                "version": "1",
                "transport": "http",
                "capabilities": {"demo": ["a"]},
                "env": {"API_TOKEN": VALUE},
                "args": ["--level", TOKENS[0]],
                "config": {"settings.ini": f"token = {TOKENS[1]}"},
            }
        }
    )
    stored = "as plain text it is in the stack file, in the pods and in the ConfigMap cortex-declaration"
    warnings = list(clear_secrets(Owner(SERVERS, "demo"), declaration.servers["demo"]))
    assert warnings == [
        f"servers.demo.env.API_TOKEN looks like a secret: {stored}: use secretEnv: {{API_TOKEN: KEY}}, "
        "and pulumi config set --secret secrets:KEY",
        f"servers.demo.args.1 looks like a secret: {stored}: use secretEnv: {{NAME: KEY}}, and write $(NAME) here",
        f"servers.demo.config.settings.ini looks like it has a secret: {stored}: use secretFiles",
    ]
    assert set(warnings) <= set(weakenings(declaration))
