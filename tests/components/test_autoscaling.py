"""What happens to an autoscaler whose server has a fixed number of pods from now on."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import pulumi
import pytest
from kubernetes.client import ApiException

from components.autoscaling import _connected
from stacks.model import names
from stacks.program import deploy
from tests.checks.kubeconfigs.certificates import b64, certificate_user, kubeconfig, pair
from tests.components.recording import Recording, declared, record

SCALED = {"autoscaling": {"minReplicas": 2, "maxReplicas": 3}}
API = "kubernetes.client.AutoscalingV2Api"


def deployed(**server: object) -> Recording:
    return record(lambda: deploy(declared(demo=server)))


def inputs(*, fixed: bool) -> Mapping[str, object]:
    annotations = names.FIXED_REPLICAS if fixed else {}
    return {"metadata": {"name": "demo-mcp-server", "namespace": "cortex-mcp", "annotations": annotations}}


def updated(*, was_fixed: bool, is_fixed: bool, error: Exception | None = None) -> list[Any]:
    """Run the hook as the engine does before an update; give the calls that delete."""
    hook = deployed().hooks["stop-autoscaler"]
    args = pulumi.ResourceHookArgs(
        "urn", "id", "name", "type", new_inputs=inputs(fixed=is_fixed), old_inputs=inputs(fixed=was_fixed)
    )
    with mock.patch("kubernetes.config.new_client_from_config"), mock.patch(API) as api:
        delete = api.return_value.delete_namespaced_horizontal_pod_autoscaler
        delete.side_effect = error
        hook(args)
    return [call.args for call in delete.mock_calls]


def test_a_fixed_number_of_pods_is_the_stacks_whoever_set_it() -> None:
    fixed, scaled = deployed().one("Deployment"), deployed(**SCALED).one("Deployment")
    assert fixed.at("metadata.annotations.pulumi~com/patchForce") == "true"
    assert fixed.before_update == ("stop-autoscaler",)
    assert "pulumi.com/patchForce" not in str(scaled.inputs)
    assert scaled.before_update == ()


def test_the_autoscaler_goes_before_the_number_is_fixed() -> None:
    assert updated(was_fixed=False, is_fixed=True) == [("demo-mcp-server", "cortex-mcp")]
    assert updated(was_fixed=True, is_fixed=True) == []


def test_an_autoscaler_that_is_gone_is_no_error() -> None:
    updated(was_fixed=False, is_fixed=True, error=ApiException(status=404))


def test_an_autoscaler_that_stays_stops_the_update() -> None:
    forbidden = ApiException(status=403, reason="Forbidden")
    with pytest.raises(pulumi.RunError, match=r"demo-mcp-server cannot be deleted \(403 Forbidden\), and would undo"):
        updated(was_fixed=False, is_fixed=True, error=forbidden)


def test_a_client_key_is_in_a_file_for_the_request_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, file = tmp_path / "disk", tmp_path / "kubeconfig"
    disk.mkdir()
    made = pair()
    cluster = {"server": "https://127.0.0.1:1", "certificate-authority-data": b64(made.certificate)}
    file.write_text(json.dumps(kubeconfig(cluster, certificate_user(made))))
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(file))
    for _ in range(2):
        with _connected("test"):
            assert made.key in [file.read_bytes() for file in disk.iterdir()]
        assert [*disk.iterdir()] == []
