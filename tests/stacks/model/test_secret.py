"""Faults in `cortex:secrets`."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.stacks.wrong import FILE, TOKEN, Wrong, ids, refused


def wants(kind: str, keys: str) -> str:
    return f"is of type kubernetes.io/{kind}, which requires the key {keys}: add it, or change the type"


ROTATED = {"rotation": {"every": "90d"}}
ROTATOR = {"rotator": {"image": "registry.test/cortex:1"}}

WRONG: Wrong = [
    (
        {"secrets.token": {"namespace": "cortex-mcp"}},
        "secrets.token: give exactly one of keys, external, existing and generated",
    ),
    (
        {"secrets.token": {**TOKEN, "existing": ["token"]}},
        "secrets.token: give exactly one of keys, external, existing and generated",
    ),
    (
        {"secrets.token": {**TOKEN, "keys": {"token": {"pulumi": "a", "literal": "b"}}}},
        "secrets.token.keys.token: name exactly one source: pulumi, file or literal",
    ),
    (
        {"secrets.token": {**TOKEN, "keys": {"token": {}}}},
        "secrets.token.keys.token: name exactly one source: pulumi, file or literal",
    ),
    ({"secrets.token": {**TOKEN, "keys": {"a/b": {"literal": ""}}}}, f"secrets.token.keys.a/b: 'a/b' is not {FILE}"),
    (
        {"secrets.token": {**TOKEN, "rotateAfterDays": 0}},
        "secrets.token.rotateAfterDays: input should be greater than or equal to 1",
    ),
    (
        {
            "cluster.customResources": ["ExternalSecret"],
            "secrets.token": {
                "namespace": "cortex-mcp",
                "external": {"store": "vault", "keys": {"a": "b"}, "refresh": "1 hour"},
            },
        },
        "secrets.token.external.refresh: '1 hour' is not a duration: write for instance 30m, 1h or 1h30m",
    ),
    (
        {
            "cluster.customResources": ["ExternalSecret"],
            "secrets.token": {
                "namespace": "cortex-mcp",
                "external": {"store": "vault", "keys": {"a": "b"}, "refresh": "0h0m"},
            },
        },
        "secrets.token.external.refresh: '0h0m' is not a duration: write for instance 30m, 1h or 1h30m",
    ),
    (
        {
            "cluster.customResources": ["ExternalSecret"],
            "secrets.token": {
                "namespace": "cortex-mcp",
                "external": {"store": "vault", "keys": {"a": {"key": "b", "propery": "c"}}},
            },
        },
        "secrets.token.external.keys.a.propery: is not a known setting: did you mean property?",
    ),
    ({"secrets.token": {**TOKEN, "type": "kubernetes.io/tls"}}, "secrets.token: " + wants("tls", "'tls.crt'")),
    (
        {"secrets.token": {**TOKEN, "type": "kubernetes.io/basic-auth"}},
        "secrets.token: " + wants("basic-auth", "'username' or 'password'"),
    ),
    (
        {"secrets.token": {**TOKEN, **ROTATED}, **ROTATOR},
        "secrets.token: rotation is for values that the cluster keeps, and a deployment would write these again: "
        "declare the key as generated, or rotate it with `cortex secrets rotate`",
    ),
    (
        {
            "cluster.customResources": ["ExternalSecret"],
            "secrets.token": {"namespace": "cortex-mcp", "external": {"store": "s", "keys": {"a": "b"}}, **ROTATED},
            **ROTATOR,
        },
        "secrets.token: rotation is for values that the cluster keeps, and a store has these: rotate them there",
    ),
    (
        {"secrets.token": {"namespace": "cortex-mcp", "generated": "a"}},
        "secrets.token: is generated, and never rotated: declare rotation, for instance {every: 90d}",
    ),
    (
        {"secrets.token": {"namespace": "cortex-mcp", "existing": ["a", "b"], **ROTATED}, **ROTATOR},
        "secrets.token: has the keys a, b: choose the one to rotate with rotation.key",
    ),
    (
        {
            "secrets.token": {"namespace": "cortex-mcp", "generated": "a", "rotation": {"every": "1d", "key": "b"}},
            **ROTATOR,
        },
        "secrets.token: rotation.key: 'b' is not a key of it: use one of a",
    ),
    (
        {"secrets.token": {"namespace": "cortex-mcp", "generated": "a", "rotation": {"every": "90"}}, **ROTATOR},
        "secrets.token.rotation.every: '90' is not an interval: write for instance 90d or 12h",
    ),
    (
        {
            "secrets.token": {
                "namespace": "cortex-mcp",
                "generated": "a",
                "rotation": {"every": "90d", "generator": {"alphabet": "aa"}},
            },
            **ROTATOR,
        },
        "secrets.token.rotation.generator.alphabet: give alphanumeric, hex, digits, url, or at least two characters",
    ),
    (
        {"secrets.token": {"namespace": "cortex-mcp", "generated": "a", **ROTATED}},
        "secrets.token.rotation: needs the CronJob of cortex:rotator: declare that with an image, or remove this",
    ),
    (
        {"secrets.cortex-rotation": {"namespace": "cortex-system", "existing": ["a"]}, **ROTATOR},
        "secrets.cortex-rotation: is a name that the stack uses itself in that namespace: choose another",
    ),
    (
        {"secrets.token": {"namespace": "cortex-mcp", "type": "kubernetes.io/ssh-auth", "existing": ["key"]}},
        "secrets.token: " + wants("ssh-auth", "'ssh-privatekey'"),
    ),
    (
        {
            "cluster.customResources": ["ExternalSecret"],
            "secrets.token": {"namespace": "cortex-mcp", "external": {"store": "The Vault", "keys": {"a": "b"}}},
        },
        "secrets.token.external.store: 'The Vault' is not a DNS subdomain: use a-z, 0-9, '-' and '.', "
        "with a letter or digit around each '.'",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]
