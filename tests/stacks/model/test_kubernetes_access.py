"""Faults in the permissions of a server, and what the defaults grant."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from stacks.model.kubernetes_access import KubernetesAccess
from tests.stacks.wrong import Wrong, ids, refused

PODS = {"resources": ["pods"], "verbs": ["get"]}
HERE = "servers.clock.kubernetes"
WRONG: Wrong = [
    ({HERE: {}}, f"{HERE}: is granted nowhere: give namespaces, or everywhere: true"),
    (
        {HERE: {"namespaces": ["cortex-mcp"], "everywhere": True}},
        f"{HERE}: has namespaces and everywhere: give one of the two",
    ),
    (
        {HERE: {"clusterRole": "view", "clusterRoles": ["edit"], "everywhere": True}},
        f"{HERE}: has clusterRole and clusterRoles: name all of them in clusterRoles",
    ),
    (
        {HERE: {"clusterRoles": ["view", "view"], "everywhere": True}},
        f"{HERE}: clusterRoles has the same entry twice: remove one",
    ),
    (
        {HERE: {"clusterRules": [PODS], "everywhere": True}},
        f"{HERE}: grants nothing but clusterRules, which need neither namespaces nor everywhere: remove it",
    ),
    (
        {HERE: {"rules": [{"resources": ["nodes"], "verbs": ["get"]}], "namespaces": ["cortex-mcp"]}},
        f"{HERE}: rules have nodes, which no namespace has: move the rule to clusterRules",
    ),
    (
        {HERE: {"rules": [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}], "namespaces": ["cortex-mcp"]}},
        f"{HERE}: rules have nonResourceURLs, which no namespace has: move the rule to clusterRules",
    ),
    (
        {HERE: {"clusterRules": [{"verbs": ["get"]}]}},
        f"{HERE}.clusterRules.0: give resources or nonResourceURLs: one of the two",
    ),
    (
        {HERE: {"clusterRules": [{"nonResourceURLs": ["/x"], "apiGroups": ["apps"], "verbs": ["get"]}]}},
        f"{HERE}.clusterRules.0: has nonResourceURLs, which have no apiGroups and no resourceNames: remove those",
    ),
    (
        {HERE: {"clusterRules": [{"apiGroups": ["apps/v1"], "resources": ["deployments"], "verbs": ["get"]}]}},
        f"{HERE}.clusterRules.0.apiGroups.0: 'apps/v1' is not an API group: write for instance apps, without a "
        "version, or '' for pods, Services and others of v1",
    ),
    (
        {HERE: {"clusterRules": [{"resources": ["Pod"], "verbs": ["get"]}]}},
        f"{HERE}.clusterRules.0.resources.0: 'Pod' is not a resource: write the plural in small letters, "
        "for instance pods or pods/log",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]


@pytest.mark.parametrize(
    ("settings", "roles"),
    [
        ({"namespaces": ["a"]}, ("view",)),
        ({"everywhere": True}, ("view",)),
        ({"clusterRole": "edit", "namespaces": ["a"]}, ("edit",)),
        ({"clusterRoles": ["view", "flux"], "namespaces": ["a"]}, ("view", "flux")),
        ({"rules": [PODS], "namespaces": ["a"]}, ()),
        ({"clusterRules": [PODS]}, ()),
        ({"clusterRules": [PODS], "clusterRole": "view", "namespaces": ["a"]}, ("view",)),
    ],
)
def test_view_is_granted_if_nothing_else_is(settings: Mapping[str, object], roles: tuple[str, ...]) -> None:
    access = KubernetesAccess.model_validate(settings)
    assert access.existing_roles() == roles
    published = access.model_dump(mode="json", by_alias=True)
    assert KubernetesAccess.model_validate(published) == access, "the in-cluster verifier reads the same"


def test_what_could_be_declared_before_is_published_as_before() -> None:
    access = KubernetesAccess.model_validate({"namespaces": ["cortex-mcp"]})
    assert access.model_dump(mode="json", by_alias=True) == {"clusterRole": "view", "namespaces": ["cortex-mcp"]}
