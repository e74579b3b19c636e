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
