from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import pytest
import yaml

from components.resource_manager import ResourceManager, ResourceManagerArgs
from stacks.manifests.resource_manager import resource_manager_manifests
from stacks.manifests.site import Site
from stacks.model import resource_manager as model
from tests.components.recording import Recording, Registration, record

SUBJECT = [{"kind": "ServiceAccount", "name": "cortex-resource-manager", "namespace": "cortex-system"}]
REQUIRED = cast(
    "dict[str, list[dict[str, list[str]]]]",
    yaml.safe_load((Path(__file__).parent / "required_rules.yaml").read_text(encoding="utf-8")),
)


def managed(namespaces: Sequence[str] = ("cortex-system", "cortex-mcp"), **declared: object) -> Recording:
    manager = model.ResourceManager.model_validate(declared)
    args = ResourceManagerArgs(resource_manager_manifests(manager, Site(tuple(namespaces))))
    return record(lambda: ResourceManager("resource-manager", args))


Granted = set[tuple[str, str, str]]


def granted(role: Registration) -> Granted:
    """Give every (group, resource, verb) of a role's rules that name no objects."""
    return triples(cast("list[dict[str, list[str]]]", role.at("rules")))


def triples(rules: Sequence[Mapping[str, Sequence[str]]]) -> Granted:
    return {
        (group, resource, verb)
        for rule in rules
        if "resourceNames" not in rule
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_account_is_labelled_and_gives_no_pod_its_token() -> None:
    account = managed().of("ServiceAccount")["cortex-system/cortex-resource-manager"]
    assert account.at("metadata.labels") == {"cortex.dev/component": "resource-manager"}
    assert account.at("automountServiceAccountToken") is False


def test_cluster_role_is_bound_in_each_managed_namespace_alone() -> None:
    recording = managed()
    bindings = recording.of("RoleBinding")
    for namespace in ("cortex-system", "cortex-mcp"):
        binding = bindings[f"{namespace}/cortex-resource-manager-binding"]
        assert binding.at("roleRef.kind") == "ClusterRole"
        assert binding.at("roleRef.name") == "cortex-resource-manager-role"
        assert binding.at("subjects") == SUBJECT
    assert {b.at("roleRef.name") for b in recording.of("ClusterRoleBinding").values()} == {
        "cortex-resource-manager-read"
    }


def test_namespace_scope_grants_all_required_verbs_but_secrets_and_writing_to_the_cluster() -> None:
    roles = managed().of("ClusterRole")
    inside, cluster = granted(roles["cortex-resource-manager-role"]), granted(roles["cortex-resource-manager-read"])
    required = triples(REQUIRED["clusterRole"])
    assert inside.isdisjoint(cluster)
    assert {resource for _, resource, _ in cluster} == {
        "nodes",
        "namespaces",
        "persistentvolumes",
        "customresourcedefinitions",
        "pods",
    }
    assert {group for group, resource, _ in cluster if resource == "pods"} == {"metrics.k8s.io"}
    assert required - inside - cluster == {
        *(("", "secrets", verb) for verb in ("get", "list", "watch")),
        *(
            ("", kind, verb)
            for kind in ("namespaces", "persistentvolumes")
            for verb in ("create", "update", "patch", "delete")
        ),
    }
    assert inside | cluster <= required


def test_cluster_scope_is_exactly_what_is_required() -> None:
    recording = managed(scope="cluster")
    assert recording.one("ClusterRole").at("rules") == REQUIRED["clusterRole"]
    binding = recording.one("ClusterRoleBinding")
    assert binding.at("metadata.name") == "cortex-resource-manager-binding"
    assert binding.at("roleRef.name") == "cortex-resource-manager-role"
    assert binding.at("subjects") == SUBJECT
    assert recording.of("Role")["cortex-mcp/cortex-mcp-manager"].at("rules") == REQUIRED["mcpManager"]


def test_its_pods_reach_the_api_and_nobody_reaches_them() -> None:
    policy = managed().of("NetworkPolicy")["cortex-system/cortex-resource-manager"]
    assert policy.at("spec") == {
        "podSelector": {"matchLabels": {"app": "cortex-resource-manager"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [],
        "egress": [{"ports": [{"port": 443, "protocol": "TCP"}, {"port": 6443, "protocol": "TCP"}]}],
    }


def test_mcp_manager_has_all_required_verbs_but_commands_in_pods() -> None:
    recording = managed()
    role = recording.of("Role")["cortex-mcp/cortex-mcp-manager"]
    assert triples(REQUIRED["mcpManager"]) - granted(role) == {
        ("", "pods/exec", verb) for verb in ("get", "list", "watch", "create", "delete")
    }
    binding = recording.of("RoleBinding")["cortex-mcp/cortex-mcp-manager-binding"]
    assert binding.at("roleRef.kind") == "Role"
    assert binding.at("roleRef.name") == "cortex-mcp-manager"
    assert binding.at("subjects") == SUBJECT


def test_without_cortex_mcp_there_is_no_manager_of_it() -> None:
    assert managed(["cortex-system"]).of("Role") == {}


def test_secrets_are_read_by_name_and_never_listed() -> None:
    recording = managed(readableSecrets={"cortex-mcp": ["talos-config"]})
    role = recording.of("Role")["cortex-mcp/cortex-resource-manager-secrets"]
    assert role.at("rules") == [
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["talos-config"], "verbs": ["get"]}
    ]
    assert recording.of("RoleBinding")["cortex-mcp/cortex-resource-manager-secrets"].at("subjects") == SUBJECT


def test_commands_in_pods_have_a_role_of_their_own() -> None:
    recording = managed(execIn=["cortex-system"])
    role = recording.of("Role")["cortex-system/cortex-resource-manager-exec"]
    assert role.at("rules") == [{"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["get", "create"]}]
    assert "cortex-mcp/cortex-resource-manager-exec" not in recording.of("Role")


def test_bound_token_needs_no_secret() -> None:
    assert managed().of("Secret") == {}


def test_legacy_token_is_a_secret_of_the_account() -> None:
    recording = managed(token="legacy")
    secret = recording.of("Secret")["cortex-system/cortex-resource-manager-token"]
    assert secret.at("type") == "kubernetes.io/service-account-token"
    assert secret.at("metadata.annotations") == {"kubernetes.io/service-account.name": "cortex-resource-manager"}
    (account,) = secret.depends_on
    assert account.endswith(":ServiceAccount::cortex-resource-manager")


@pytest.mark.parametrize("scope", ["namespaces", "cluster"])
def test_object_names_are_unique_by_kind(scope: str) -> None:
    recording = managed(scope=scope, execIn=["cortex-mcp"], readableSecrets={"cortex-mcp": ["a"]}, token="legacy")
    found = [(resource.type, resource.name) for resource in recording.resources]
    assert len(set(found)) == len(found)
