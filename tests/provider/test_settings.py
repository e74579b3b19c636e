"""The provider's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provider.settings import Settings, parse, problems

if TYPE_CHECKING:
    import pytest


def test_unsupported_settings_are_refused() -> None:
    assert set(problems({"cluster": "x", "renderYamlToDirectory": "", "alwaysRender": "false"})) == {"cluster"}
    for wrong in ("x", "[]", {"timeout": "long"}):
        assert set(problems({"kubeClientSettings": wrong})) == {"kubeClientSettings"}
    assert parse({"kubeconfig": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}) is None


def test_a_setting_of_the_provider_overrides_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse({}) == Settings()
    monkeypatch.setenv("PULUMI_K8S_ENABLE_SECRET_MUTABLE", "true")
    monkeypatch.setenv("PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY", "false")
    assert parse({}) == Settings(secret_mutable=True, server_side=False)
    assert parse({"enableSecretMutable": "false", "enableServerSideApply": True}) == Settings()
    assert parse({"kubeClientSettings": '{"timeout": 7, "qps": 5}'}) == Settings(
        secret_mutable=True, server_side=False, client_timeout=7
    )
    monkeypatch.setenv("PULUMI_K8S_CLIENT_TIMEOUT", "9")
    configured = parse({"kubeClientSettings": {"burst": 5}})
    assert configured is not None
    assert configured.client_timeout == 9
