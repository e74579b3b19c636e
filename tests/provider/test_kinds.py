"""Type tokens."""

from __future__ import annotations

import pytest

from provider.errors import UnsupportedError
from provider.kinds import Kind, parse_token


def test_type_tokens_are_parsed_or_refused() -> None:
    assert parse_token("kubernetes:core/v1:Secret", {}) == Kind("", "v1", "Secret")
    assert parse_token("kubernetes:apps/v1:Deployment", {}).api_version == "apps/v1"
    patch = Kind("", "v1", "Pod", is_patch=True)
    assert parse_token("kubernetes:core/v1:PodPatch", {"kind": "Pod"}) == patch
    own = parse_token("kubernetes:example.com/v1:EnvoyPatch", {"kind": "EnvoyPatch"})
    assert own == Kind("example.com", "v1", "EnvoyPatch")
    for token in ("kubernetes:helm.sh/v3:Release", "kubernetes:yaml/v2:ConfigGroup"):
        with pytest.raises(UnsupportedError, match="install the official plugin"):
            parse_token(token, {})
    with pytest.raises(UnsupportedError, match="declare its items"):
        parse_token("kubernetes:core/v1:ConfigMapList", {})
