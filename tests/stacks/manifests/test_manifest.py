from dataclasses import replace

from stacks.manifests.manifest import HIDDEN, Manifest, Value, given


def test_document_has_only_what_is_fixed() -> None:
    namespace = Manifest("v1", "Namespace", "cortex-mcp")
    assert namespace.document() == {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "cortex-mcp"}}


def test_document_is_the_object_as_json() -> None:
    policy = Manifest(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        "default-deny",
        "cortex-mcp",
        {"environment": "testing"},
        {"cortex.dev/checksum": HIDDEN},
        {"spec": {"podSelector": {}, "policyTypes": ("Ingress", "Egress")}, "automount": False},
    )
    assert policy.document() == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": "default-deny",
            "namespace": "cortex-mcp",
            "labels": {"environment": "testing"},
            "annotations": {"cortex.dev/checksum": HIDDEN},
        },
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
        "automount": False,
    }


def test_only_none_is_left_out() -> None:
    kept: dict[str, Value] = {"zero": 0, "no": False, "empty": {}, "text": "", "hidden": HIDDEN}
    assert given({**kept, "absent": None}) == kept


def test_manifests_with_the_same_content_are_equal_wherever_they_were_declared() -> None:
    account = Manifest("v1", "ServiceAccount", "a", "ns")
    pods = Manifest("apps/v1", "Deployment", "d", "ns")
    placed = replace(pods, declared_at=("servers", "time")).after([account])
    assert placed.depends_on == {("ServiceAccount", "ns", "a")}
    assert placed == pods
    assert placed.made() == pods.made()
