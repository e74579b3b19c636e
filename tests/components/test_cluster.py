import asyncio
from unittest import mock

import pulumi
import pytest

from components import cluster
from tests.components.recording import record


def test_provider_is_pinned_to_the_declared_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "kubeconfig.yaml")
    (provider,) = record(lambda: cluster.connect("cortex-local")).resources
    assert (provider.type, provider.name) == ("pulumi:providers:kubernetes", "cluster")
    assert provider.inputs == {
        "context": "cortex-local",
        "clusterIdentifier": "cortex-local",
        "kubeconfig": "kubeconfig.yaml",
        "enableServerSideApply": "true",
        "enablePatchForce": "true",
        "enableConfigMapMutable": "true",
        "enableSecretMutable": "true",
    }


def before_create(urn: str, state: dict[str, object]) -> None:
    """Run the hook as the engine does before it makes a provider."""
    hook = record(lambda: cluster.connect("other")).hooks["stays-on-its-cluster"]
    args = pulumi.ResourceHookArgs(urn, "", "cluster", "pulumi:providers:kubernetes", new_inputs={"context": "other"})
    with mock.patch("components.stack_state.invoke_async", mock.AsyncMock(return_value={"outputs": state})):
        found = hook(args)
        assert found is not None
        asyncio.run(found)  # type: ignore[arg-type]


def test_a_stack_does_not_move_to_another_cluster() -> None:
    with pytest.raises(pulumi.RunError, match="the stack is on 'cortex-local', and a stack does not move to 'other'"):
        before_create("urn", {"urn": {"outputs": {"context": "cortex-local"}}})


def test_a_new_stack_may_be_anywhere() -> None:
    before_create("urn", {})
