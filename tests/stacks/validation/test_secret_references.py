"""Secrets and keys that are used but not declared."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.stacks.wrong import TOKEN, Wrong, ids, refused

BEARER = {"bearer": {"secret": "token", "key": "token"}}
HOOK = {"image": "registry.test/cortex:1", "webhooks": {"ops": {"secret": "token", "key": "url"}}}
WRONG: Wrong = [
    (
        {"servers.clock.authorization": BEARER},
        "servers.clock.authorization.bearer.secret: Secret 'token' is not declared in cortex-mcp: "
        "add it under cortex:secrets with this namespace",
    ),
    (
        {
            "servers.clock.authorization": BEARER,
            "secrets.token": {**TOKEN, "namespace": "cortex-system"},
        },
        "servers.clock.authorization.bearer.secret: Secret 'token' is not declared in cortex-mcp: "
        "add it under cortex:secrets with this namespace",
    ),
    (
        {
            "servers.clock.authorization": {"bearer": {"secret": "tokn", "key": "token"}},
            "secrets.token": TOKEN,
        },
        "servers.clock.authorization.bearer.secret: Secret 'tokn' is not declared in cortex-mcp: "
        "did you mean 'token'? Otherwise add it under cortex:secrets with this namespace, or use one of token",
    ),
    (
        {
            "servers.clock.authorization": {"bearer": {"secret": "token", "key": "tokn"}},
            "secrets.token": TOKEN,
        },
        "servers.clock.authorization.bearer.key: Secret 'token' has no key 'tokn': "
        "did you mean 'token'? Otherwise add it there, or use one of token",
    ),
    (
        {
            "servers.clock.authorization": {"bearer": {"secret": "clock-mcp-credentials", "key": "token"}},
            "servers.clock.secretEnv": {"TOKEN": "token"},
        },
        "servers.clock.authorization.bearer.key: Secret 'clock-mcp-credentials' has no key 'token': "
        "did you mean 'TOKEN'? Otherwise add it there, or use one of TOKEN",
    ),
    (
        {"agent": HOOK, "secrets.token": TOKEN},
        "agent.webhooks.ops.secret: Secret 'token' is not declared in cortex-system: "
        "add it under cortex:secrets with this namespace",
    ),
    (
        {"agent": HOOK, "secrets.token": {**TOKEN, "namespace": "cortex-system"}},
        "agent.webhooks.ops.key: Secret 'token' has no key 'url': add it there, or use one of token",
    ),
    (
        {
            "servers.clock.authorization.clientCredentials": {
                "issuer": "https://login.example.com",
                "clientId": "cortex",
                "clientSecret": {"secret": "token", "key": "secret"},
            },
            "secrets.token": TOKEN,
        },
        "servers.clock.authorization.clientCredentials.clientSecret.key: Secret 'token' has no key 'secret': "
        "add it there, or use one of token",
    ),
    (
        {"secrets.token": TOKEN, "servers.clock.secrets": [{"name": "token", "env": {"TOKEN": "tokn"}}]},
        "servers.clock.secrets.0.env.TOKEN: Secret 'token' has no key 'tokn': "
        "did you mean 'token'? Otherwise add it there, or use one of token",
    ),
    (
        {"cluster.imagePullSecrets": ["token"], "secrets.token": TOKEN},
        "cluster.imagePullSecrets: Secret 'token' is of type Opaque: "
        "declare it with type kubernetes.io/dockerconfigjson, or name another",
    ),
    (
        {"secrets.token": TOKEN, "resourceManager": {"readableSecrets": {"cortex-system": ["token"]}}},
        "resourceManager.readableSecrets.cortex-system: Secret 'token' is not declared there: "
        "add it under cortex:secrets, or remove it here",
    ),
    (
        {"resourceManager": {"readableSecrets": {"cortex-mcp": ["clock-mcp-credentials"]}}},
        "resourceManager.readableSecrets.cortex-mcp: Secret 'clock-mcp-credentials' is not declared there: "
        "add it under cortex:secrets, or remove it here",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]
